"""JSON, workbooks, Feather and folders of Parquet are tables; nothing in them is lost unsaid."""

import datetime as dt
import importlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from pipeline.config.preprocess import Read
from pipeline.errors import InputError
from pipeline.tables.external_chunks import ForeignSource, TypedSource

TWO = {"a": [1, 2], "b": ["x", "007"]}
ROWS = [dict(zip(TWO, row, strict=True)) for row in zip(*TWO.values(), strict=True)]
LINES = "\n".join(map(json.dumps, ROWS))
BEYOND = 2**64 + 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.jsonl", LINES),
        ("T.NDJSON", f"{LINES}\n\n"),
        ("t.json", json.dumps(ROWS)),
        ("t.json", LINES),
        ("t.json", json.dumps(TWO)),
        ("t.json", json.dumps({"rows": ROWS})),
        ("t.json", json.dumps({"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "007"}})),
    ],
)
def test_json(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    source = TypedSource(tmp_path / name, name)
    assert source.rows == 2
    assert source.read().to_pydict() == TWO
    assert source.said == []
    assert [piece.to_pydict() for piece in ForeignSource(tmp_path / name, name).pieces()] == [TWO]


def test_json_of_several_types(tmp_path: Path) -> None:
    rows = [
        {"id": BEYOND, "n": 1, "mix": 1, "l": [1], "na": "?", "t": "NA"},
        {"id": 1, "n": 1.5, "mix": "x", "l": {"k": "é"}, "na": 2, "late": True},
        {"id": None, "n": None, "mix": True, "t": "y"},
    ]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    source = TypedSource(tmp_path / "t.jsonl", "t.jsonl")
    assert source.read().to_pydict() == {
        "id": [str(BEYOND), "1", None],
        "n": [1.0, 1.5, None],
        "mix": ["1", "x", "true"],
        "l": ["[1]", '{"k": "é"}', None],
        "na": [None, 2, None],
        "t": ["NA", None, "y"],
        "late": [None, True, None],
    }
    assert source.said == [
        "'id' kept as text, whole numbers beyond 64 bits",
        "'mix' kept as text, values of several types: bool, int, str",
        "'l' kept as text, in JSON",
        "'na' with the usual spellings of missing values taken for such",
    ]
    missing = TypedSource(tmp_path / "t.jsonl", "t.jsonl", Read(missing=["NA", "x"])).read()
    assert missing["t"].to_pylist() == [None, None, "y"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.json", '{"a":1', "delimiter"),
        ("t.json", "3", "it holds no list of objects"),
        ("t.json", '{"a": [1, 2], "b": [1]}', "it holds no list of objects"),
        ("t.json", "[]", "no columns"),
        ("t.jsonl", '{"a":1}\n{"a":', "line 2: "),
        ("t.jsonl", "[1]\n", "line 1 is no object"),
        ("t.feather", "a,b\n1,2\n", "cannot be read as a table"),
    ],
)
def test_what_is_no_table(name: str, content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=rf"^{name} .*{message}"):
        TypedSource(tmp_path / name, name).read()


@pytest.mark.parametrize("name", ["t.feather", "t.arrow"])
def test_feather(name: str, tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2], "b": pa.array(["x", "007"]).dictionary_encode(), "c": [[1], []]})
    pyarrow.feather.write_feather(table, tmp_path / name)
    source = TypedSource(tmp_path / name, name)
    assert source.read().to_pydict() == TWO | {"c": ["[1]", "[]"]}
    assert source.said == ["'c' kept as text, in JSON"]


def test_a_folder_of_parquet_files(tmp_path: Path) -> None:
    for year, columns in ((2020, {"a": [1, 2]}), (2021, {"a": [1.5], "c": ["z"]})):
        (tmp_path / f"year={year}").mkdir()
        pq.write_table(pa.table(columns), tmp_path / f"year={year}" / "p.parquet")
    (tmp_path / "_SUCCESS").touch()
    source = TypedSource(tmp_path, "parts/")
    assert source.read().to_pydict() == {
        "a": [1.0, 2.0, 1.5], "year": [2020, 2020, 2021], "c": [None, None, "z"]
    }  # fmt: skip


def test_packed_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table(TWO), tmp_path / "t.parquet")
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as packed:
        packed.write(tmp_path / "t.parquet", "t.parquet")
    assert TypedSource(tmp_path / "t.zip", "t.zip").read().to_pydict() == TWO


class Workbooks:
    """Stands for python-calamine: the cells of its sheets, as it gives them."""

    class CalamineError(Exception):
        pass

    class CalamineWorkbook:
        sheet_names = ("Sales", "Empty")
        cells: tuple[list[Any], ...] = (
            ["Sales", "", "", "", ""],
            ["", "", "", "", ""],
            ["id", "zip", "x", "day", "when"],
            [1.0, "007", 1.5, dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4)],
            [2.0, "12", "n/a", "", dt.date(2020, 1, 3)],
            ["Total", "", 1.5, "", ""],
        )

        @classmethod
        def from_filelike(cls, file: Any) -> "Workbooks.CalamineWorkbook":
            if file.read() != b"PK":
                raise Workbooks.CalamineError("no sheets")
            return cls()

        def __enter__(self) -> "Workbooks.CalamineWorkbook":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def get_sheet_by_name(self, name: str) -> "Workbooks.CalamineWorkbook":
            self.cells = self.cells if name == "Sales" else ()
            return self

        def to_python(self) -> list[list[Any]]:
            return list(self.cells)


def book(folder: Path, monkeypatch: pytest.MonkeyPatch, **read: Any) -> TypedSource:
    monkeypatch.setattr(importlib, "import_module", lambda _: Workbooks)
    (folder / "t.xlsx").write_bytes(b"PK")
    return TypedSource(folder / "t.xlsx", "t.xlsx", Read(**read))


def test_a_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = book(tmp_path, monkeypatch, skip=2, footer=1)
    assert source.read().to_pydict() == {
        "id": [1, 2],
        "zip": ["007", "12"],
        "x": [1.5, None],
        "day": [dt.date(2020, 1, 2), None],
        "when": [dt.datetime(2020, 1, 2, 3, 4), dt.datetime(2020, 1, 3)],
    }
    assert source.said == ["'x' with the usual spellings of missing values taken for such"]
    whole = book(tmp_path, monkeypatch, skip=2)
    assert whole.read()["id"].to_pylist() == ["1", "2", "Total"]
    assert whole.said[0] == "'id' kept as text, values of several types: int, str"
    named = book(tmp_path, monkeypatch, skip=3, names=[*"abcde"])
    assert named.schema.names == [*"abcde"]


def test_workbooks_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"no 'Costs'; it has Sales, Empty"):
        book(tmp_path, monkeypatch, sheet="Costs")
    with pytest.raises(InputError, match="no columns"):
        book(tmp_path, monkeypatch, sheet="Empty")
    (tmp_path / "bad.xlsx").write_bytes(b"x")
    with pytest.raises(InputError, match=r"^bad\.xlsx is no workbook .*: no sheets; get it again"):
        TypedSource(tmp_path / "bad.xlsx", "bad.xlsx")

    def absent(_: str) -> None:
        raise ModuleNotFoundError

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(InputError, match=r"uv sync --extra excel"):
        TypedSource(tmp_path / "t.xlsx", "t.xlsx")
