"""Text files as people have them are read as they are meant, and what was found out is said."""

import bz2
import datetime as dt
import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.config.preprocess import Read
from pipeline.errors import InputError
from pipeline.tables import chunks, csv_types
from pipeline.tables.external_chunks import ForeignSource, TypedSource, read_foreign
from pipeline.tables.reading import sniff

TWO = {"a": [1, 2], "b": ["x", "y"]}
SOME = {"a": [1.5, 2.25], "b": ["x", "y"]}
DAYS = [dt.date(2020, 12, 31), dt.date(2021, 2, 1)]
TIMES = [dt.datetime(2020, 12, 31, 23, 59), dt.datetime(2021, 2, 1, 0, 5)]


def source(content: str | bytes, folder: Path, name: str = "t.csv", **read: Any) -> TypedSource:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return TypedSource(path, name, Read(**read))


CASES: dict[str, tuple[str | bytes, dict[str, list[Any]], list[str]]] = {
    "tabs": ("a\tb\n1\tx\n2\ty\n", TWO, ["separator tab"]),
    "pipes": ("a|b\n1|x\n2|y\n", TWO, ["separator '|'"]),
    "semicolons": ("a;b\n1;x\n2;y\n", TWO, ["separator ';'"]),
    "decimal commas": ("a;b\n1,5;x\n2,25;y\n", SOME, ["separator ';'", "decimal mark ','"]),
    "decimal commas, no header": (
        "1,5;2,5;x\n2,5;3,5;y\n", {"f0": [1.5, 2.5], "f1": [2.5, 3.5], "f2": ["x", "y"]},
        ["separator ';'", "decimal mark ','", "no header"],
    ),
    "three decimals": ("a;b\n0,549;x\n1,123;y\n", {"a": [0.549, 1.123], "b": ["x", "y"]},
                       ["separator ';'", "decimal mark ','"]),
    "lists in a field": ('a,b\n1,"x;y"\n2,x;z\n', {"a": [1, 2], "b": ["x;y", "x;z"]}, []),
    "thousands": ('a,b\n"1,234",x\n12,y\n', {"a": [1234, 12], "b": ["x", "y"]},
                  ["thousands mark ','", "'a' read as whole number"]),
    "German thousands": ("a;b\n1.234,5;x\n12;y\n", {"a": [1234.5, 12.0], "b": ["x", "y"]},
                         ["separator ';'", "decimal mark ','", "thousands mark '.'",
                          "'a' read as number"]),
    "French thousands": ("a;b\n1\u202f234,5;x\n12,0;y\n", {"a": [1234.5, 12.0], "b": ["x", "y"]},
                         ["separator ';'", "decimal mark ','", "thousands mark ' '",
                          "'a' read as number"]),
    "millions": ("a;b\n-1.234.567;x\n12;y\n", {"a": [-1234567, 12], "b": ["x", "y"]},
                 ["separator ';'", "decimal mark ','", "thousands mark '.'",
                  "'a' read as whole number"]),
    "both decimal marks": (
        "a;b\n1,5;0.5\n2,5;1.5\n", {"a": ["1,5", "2,5"], "b": [0.5, 1.5]},
        ["separator ';'", "'a' kept as text: numbers with other marks, as '1,5'"],
    ),
    "thousands and points": ("a;b\n1.234;0.5\n2.5;1.5\n", {"a": [1.234, 2.5], "b": [0.5, 1.5]},
                             ["separator ';'"]),
    "UTF-16": ("a,b\n1,é\n".encode("utf-16"), {"a": [1], "b": ["é"]}, ["encoding utf-16"]),
    "UTF-16 without mark": ("a,b\n1,é\n".encode("utf-16-be"), {"a": [1], "b": ["é"]},
                            ["encoding utf-16-be"]),
    "Windows": ("a,b\n1,Köln – 5 €\n".encode("cp1252"), {"a": [1], "b": ["Köln – 5 €"]},
                ["encoding cp1252"]),
    "Polish": ("a,b\n1,Wałbrzych\n2,Częstochowa\n".encode("cp1250"),
               {"a": [1, 2], "b": ["Wałbrzych", "Częstochowa"]}, ["encoding cp1250"]),
    "Russian": ("имя,город\nИван,Москва\nАнна,Казань\n".encode("cp1251"),
                {"имя": ["Иван", "Анна"], "город": ["Москва", "Казань"]}, ["encoding cp1251"]),
    "a mark before comments": ("\ufeff# c\na,b\n1,x\n2,y\n", TWO,
                               ["lines that begin with '#' left out"]),
    "comments": ("# c\n# d, e, f\na,b\n1,x\n# g\n2,y\n", TWO,
                 ["lines that begin with '#' left out"]),
    "a header like a comment": ("#id,b\n1,x\n2,y\n", {"#id": [1, 2], "b": ["x", "y"]}, []),
    "a header like a comment, over texts": (
        "% fat,b\nlow,x\nhigh,y\n", {"% fat": ["low", "high"], "b": ["x", "y"]}, []),
    "values like comments": ("a,b\n#1,x\n#2,y\n", {"a": ["#1", "#2"], "b": ["x", "y"]}, []),
    "a comment in quotes": ('# c\na,b\n1,"x\n# y"\n', {"a": [1], "b": ["x\n# y"]},
                            ["lines that begin with '#' left out"]),
    "a title": ("Sales 2020\n\na;b\n1;x\n2;y\n", TWO,
                ["separator ';'", "2 lines at the beginning left out"]),
    "titles with separators": ("Source,W,\n\nUpdated,,\n\na,b,c,d,\n1,x,3,4,\n2,y,5,6,\n",
        {"a": [1, 2], "b": ["x", "y"], "c": [3, 5], "d": [4, 6], "": [None, None]},
        ["4 lines at the beginning left out"]),
    "a line of Excel's": ("sep=;\na;b\n1;x\n2;y\n", TWO,
                          ["separator ';'", "1 line at the beginning left out"]),
    "columns without names": ("a;b;;\n1;x;;\n2;y;;\n", TWO | {"f2": [None] * 2, "f3": [None] * 2},
                              ["separator ';'", "columns called 'a', 'b', 'f2', 'f3'"]),
    "no header": ("5.1,3.5,A\n4.9,3.0,A\n", {"f0": [5.1, 4.9], "f1": [3.5, 3.0], "f2": ["A", "A"]},
                  ["no header"]),
    "years as names": ("land,2019,2020\nDE,1.5,2\nFR,3,4\n",
                       {"land": ["DE", "FR"], "2019": [1.5, 3.0], "2020": [2, 4]}, []),
    "numbers as names": ("0,1,2\n7,8,9\n1,2,3\n", {"0": [7, 1], "1": [8, 2], "2": [9, 3]}, []),
    "backslashes": ('a,b\n1,"x \\"y\\" z"\n2,"y"\n', {"a": [1, 2], "b": ['x "y" z', "y"]},
                    ["escape \\"]),
    "single quotes": ("a,b\n1,'x, y'\n2,'z'\n", {"a": [1, 2], "b": ["x, y", "z"]}, ["quotes '"]),
    "apostrophes": ("a,b\n1,it's\n2,'tis\n", {"a": [1, 2], "b": ["it's", "'tis"]}, []),
    "blanks after commas": ('a, b\n1, x\n2, "y, z"\n', {"a": [1, 2], "b": ["x", "y, z"]},
                            ["blanks after separators left out"]),
    "dates d.m.y": ("a,d\n1,31.12.2020\n2,1.2.2021\n", {"a": [1, 2], "d": DAYS},
                    ["'d' read as %d.%m.%Y"]),
    "dates m/d/y": ("a,d\n1,12/31/2020\n2,2/1/2021\n", {"a": [1, 2], "d": DAYS},
                    ["'d' read as %m/%d/%Y"]),
    "dates y/m/d": ("a,d\n1,2020/12/31\n2,\n", {"a": [1, 2], "d": [DAYS[0], None]},
                    ["'d' read as %Y/%m/%d"]),
    "months by name": ("a,d\n1,31-Dec-2020\n2,1-Feb-2021\n", {"a": [1, 2], "d": DAYS},
                       ["'d' read as %d-%b-%Y"]),
    "times": ("a,d\n1,12/31/2020 11:59 PM\n2,2/1/2021 12:05 AM\n", {"a": [1, 2], "d": TIMES},
              ["'d' read as %m/%d/%Y %I:%M %p"]),
    "no dates": ("a,d\n1,31.12.20\n2,30.2.2021\n", {"a": [1, 2], "d": ["31.12.20", "30.2.2021"]},
                 []),
    "versions": ("a,d\n1,1.2.20\n2,3.4.10\n", {"a": [1, 2], "d": ["1.2.20", "3.4.10"]}, []),
    "NA spellings": ("a,b,c\n1,?,?\n-,x,2020-12-31\n2,y,2021-02-01\n",
                     {"a": [1, None, 2], "b": ["?", "x", "y"], "c": [None, *DAYS]},
                     ["missing where other values are no text: '?', '-'",
                      "a value, unless data.read.missing=[?] says so: '?' in 'b'"]),
    "leading zeros": ("zip,x\n00001,5\n12345,NA\nNA,6\n",
                      {"zip": ["00001", "12345", None], "x": [5, None, 6]},
                      ["'zip' kept as text: leading zeros"]),
    "leading zeros before points": ("icd,x\n001.9,5\n12.5,6\n",
                                    {"icd": ["001.9", "12.5"], "x": [5, 6]},
                                    ["'icd' kept as text: leading zeros"]),
    "large whole numbers": ("id,x\n18446744073709551617,1e30\n2,5\n",
                            {"id": ["18446744073709551617", "2"], "x": [1e30, 5.0]},
                            ["'id' kept as text: whole numbers beyond 64 bits"]),
    "two types": ("a,b\n1,x\n2,x\nlots,x\n4,x\n", {"a": ["1", "2", "lots", "4"], "b": ["x"] * 4},
                  ["'a' kept as text: numbers, but 'lots' among them; perhaps data.read.missing or "
                   "data.read.footer"]),
    "infinite": ("a,b\n1,inf\n2,3.5\n", {"a": [1, 2], "b": [float("inf"), 3.5]},
                 ["infinite values in 'b'"]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "table", "said"), CASES.values(), ids=CASES.keys())
def test_how_a_file_is_written_is_found_out_and_said(
    content: str | bytes, table: dict[str, list[Any]], said: list[str], tmp_path: Path
) -> None:
    found = source(content, tmp_path)
    assert found.read().to_pydict() == table
    assert found.said == said


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2]])
def test_what_was_found_out_can_be_set(name: str, tmp_path: Path) -> None:
    content, table, said = CASES[name]
    settings = source(content, tmp_path).settings
    again = source(content, tmp_path, **settings)
    assert again.read().to_pydict() == table
    assert again.said == said


def test_blanks_and_tabs(tmp_path: Path) -> None:
    names = source("full name\tage\n" + "Ada L\t36\n" * 20, tmp_path, "t.tsv")
    assert names.schema.names == ["full name", "age"]
    rows = '18.0   8   307.0\t"chevrolet chevelle"\n15.0   8   ?\t"ford pinto"\n'
    found = source(rows, tmp_path, "auto.data")
    assert found.read().to_pydict() == {
        "f0": [18.0, 15.0], "f1": [8, 8], "f2": [307.0, None],
        "f3": ["chevrolet chevelle", "ford pinto"],
    }  # fmt: skip


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name in names:
            packed.writestr(name, "a;b\n1;x\n2;y\n")
    return file.getvalue()


PACKED = b"a;b\n1;x\n2;y\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv.gz", gzip.compress(PACKED)),
        ("t.gz", gzip.compress(PACKED)),
        ("T.TSV.ZST", pa.Codec("zstd").compress(PACKED).to_pybytes()),
        ("t.txt.bz2", bz2.compress(PACKED)),
        ("t.zip", zipped("in/t.csv", "__MACOSX/._t.csv")),
    ],
)
def test_what_is_packed(name: str, content: bytes, tmp_path: Path) -> None:
    assert source(content, tmp_path, name).read().to_pydict() == TWO


def test_a_zip_of_several_files(tmp_path: Path) -> None:
    content = zipped("t.csv", "u.csv")
    with pytest.raises(InputError, match=r"holds t\.csv, u\.csv: name one with data\.read\.member"):
        source(content, tmp_path, "t.zip")
    with pytest.raises(InputError, match=r"has no v\.csv; it holds t\.csv, u\.csv"):
        source(content, tmp_path, "t.zip", member="v.csv")
    assert source(content, tmp_path, "t.zip", member="u.csv").read().to_pydict() == TWO
    with pytest.raises(InputError, match=r"^t\.zip is no whole \.zip"):
        source(content[:-30], tmp_path, "t.zip")


SET: dict[str, tuple[str, dict[str, Any], dict[str, list[Any]]]] = {
    "blanks": ("a b\n1   x\n 2 y\n", {"separator": " "}, TWO),
    "tab": ("a\tb\n1\tx\n2\ty\n", {"separator": "tab"}, TWO),
    "no thousands": ('a,b\n"1,234",x\n12,y\n', {"thousands": ""},
                     {"a": ["1,234", "12"], "b": ["x", "y"]}),
    "names": ("1,x\n2,y\n", {"names": ["a", "b"]}, TWO),
    "other names": ("u,v\n1,x\n2,y\n", {"names": ["a", "b"], "header": True}, TWO),
    "no header": ("u,v\nw,x\n", {"header": False}, {"f0": ["u", "w"], "f1": ["v", "x"]}),
    "title and footer": ("T\n\nd;x\n31.12.2020;1\n\n1.2.2021;?\nTotal;1\n\n", {"footer": 1},
                         {"d": DAYS, "x": [1, None]}),
    "footer of dates": ("d;x\n31.12.2020;1\n1.2.2021;?\nTotal;1\n\n", {"footer": 1},
                        {"d": DAYS, "x": [1, None]}),
    "footer": ("a,b\n1,x\n2,y\nTotal,\n3 rows\n", {"footer": 2}, TWO),
    "skip": ("u,v\na,b\n1,x\n2,y\n", {"skip": 1}, TWO),
    "missing": ('a,b\n1,NA\n-1,"NA"\n2,y\n', {"missing": ["NA", "-1"]},
                {"a": [1, None, 2], "b": [None, None, "y"]}),
    "dates": ("a,b\n01/02/2020,x\n03/04/2020,y\n", {"dates": ["%d/%m/%Y"]},
              {"a": [dt.date(2020, 2, 1), dt.date(2020, 4, 3)], "b": ["x", "y"]}),
    "dates of digits": ("a,b\n20201231,x\n20210201,y\n", {"dates": ["%Y%m%d"]},
                        {"a": DAYS, "b": ["x", "y"]}),
    "text": ("a,b\n1,x\n2,y\n", {"text": ["a"]}, {"a": ["1", "2"], "b": ["x", "y"]}),
    "comment": ("a,b\n;c\n1,x\n2,y\n", {"comment": ";"}, TWO),
    "no comment": ("# c\na\n1\n", {"comment": ""}, {"# c": ["a", "1"]}),
    "quote": ('a,b\n1,x"\n2,"y\n', {"quote": ""}, {"a": [1, 2], "b": ['x"', '"y']}),
    "encoding": ("a,b\n1,x\n2,y\n", {"encoding": "latin-1"}, TWO),
}  # fmt: skip


@pytest.mark.parametrize(("content", "read", "table"), SET.values(), ids=SET.keys())
def test_what_is_set_is_done(
    content: str, read: dict[str, Any], table: dict[str, list[Any]], tmp_path: Path
) -> None:
    assert source(content, tmp_path, **read).read().to_pydict() == table


def test_dates_that_could_be_two_days_stay_text(tmp_path: Path) -> None:
    found = source("a,d\n1,01/02/2020\n2,03/04/2020\n", tmp_path)
    assert found.read()["d"].type == pa.string()
    assert found.said == ["'d' kept as text: %d/%m/%Y or %m/%d/%Y? say so with data.read.dates"]


def test_what_a_late_row_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sniff, "START", 2000)
    for module in (chunks, csv_types):
        monkeypatch.setattr(module, "FIRST_BLOCK", 4000)
    rows = "".join(f"{n},{n},{n},31.12.2020,{n}\n" for n in range(1000, 2000))
    late = "1,007,9007199254740993,30.2.2021,?\n"
    found = source(
        f"n,zip,big,day,miss\n{rows}1,2,9999999999999999999,1.1.2021,3\n{late}", tmp_path
    )
    last = found.read().slice(1001).to_pylist()
    assert last == [
        {"n": 1, "zip": "007", "big": "9007199254740993", "day": "30.2.2021", "miss": "?"}
    ]
    assert found.said == [
        "'zip' kept as text: leading zeros",
        "'big' kept as text: whole numbers beyond 64 bits",
        "'miss' kept as text: numbers, but '?' among them; perhaps data.read.missing or "
        "data.read.footer",
    ]
    found = source(f"n,zip,big,day,miss\n{rows}{late}", tmp_path, missing=["?"], text=["big"])
    assert found.read()["miss"][-1].as_py() is None


def test_what_cannot_be_done_is_refused_with_what_can(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no column 'c'; it has a, b$"):
        source("a,b\n1,2\n", tmp_path, text=["c"])
    with pytest.raises(InputError, match=r"is not UTF-8 text; say what .* data\.read\.encoding"):
        source("a,b\n1,é\n".encode("latin-1"), tmp_path, encoding="utf-8").read()
    with pytest.raises(InputError, match=r"Expected 2 columns, got 1: Total; check .*footer\)"):
        source("a,b\n1,2\n3,4\n5,6\nTotal\n", tmp_path)


def test_texts_of_numbers_for_a_model(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a;b\n1.234,5;x\n?;y\n", encoding="utf-8")
    found = ForeignSource(path, "t.csv", Read(missing=["?"]))
    (piece,) = found.pieces()
    assert piece.to_pydict() == {"a": ["1.234,5", "?"], "b": ["x", "y"]}
    assert found.number_texts(piece["a"]).to_pylist() == ["1234.5", None]


SIGNED = [  # cells, separator, values, what is said
    (["12%", "7.5%", "-3%"], ",", [12.0, 7.5, -3.0], "number without %"),
    (["$1,234.50", "$12.00", "-$3"], ";", [1234.5, 12.0, -3.0], "number without $"),
    (["1.234,50 €", "12,00 €", "3 €"], ";", [1234.5, 12.0, 3.0], "number without €"),
    (["USD 5", "USD 12", "USD 1"], ",", [5, 12, 1], "whole number without USD"),
    (["5 %", "7", "8 %"], ",", ["5 %", "7", "8 %"], ""),  # who knows what 7 is
    (["$5", "€7", "$8"], ",", ["$5", "€7", "$8"], ""),
    (["100% wool", "5%", "3%"], ",", ["100% wool", "5%", "3%"], ""),
]


@pytest.mark.parametrize(("cells", "separator", "values", "said"), SIGNED)
def test_numbers_with_signs(
    tmp_path: Path, cells: list[str], separator: str, values: list[Any], said: str
) -> None:
    path = tmp_path / "signs.csv"
    path.write_text("\n".join(f"{a}{separator}x" for a in ["n", *cells]), encoding="utf-8")
    source = TypedSource(path, "signs.csv")
    assert source.read()["n"].to_pylist() == values
    told = [line for line in source.said if "without" in line]
    assert told == [f"'n' read as {said}"] * bool(said)
    asked = ForeignSource(path, "signs.csv")  # as predict reads it
    texts = pa.concat_tables(asked.pieces())["n"]
    if said:
        assert asked.number_texts(texts).cast(pa.float64()).to_pylist() == values


def test_columns_of_json_and_excel_that_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('[{"zip": 501, "n": 1, "f": "NA"}, {"zip": 2.5, "n": null, "f": 3}]')
    kept = Read(text=["zip", "f"])
    table = read_foreign(path, "t.json", kept)
    assert table["zip"].to_pylist() == ["501", "2.5"]
    assert table["f"].to_pylist() == ["NA", "3"]
    with pytest.raises(InputError, match=r"data\.read\.text: there is no column 'zap'; it has zip"):
        read_foreign(path, "t.json", Read(text=["zap"]))
