"""From somebody's file to a config: what is proposed, and that the table then passes its checks."""

import random
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.commands import column_roles
from pipeline.commands.infer import bounds, meanings, page, proposals
from pipeline.config import schema
from pipeline.config.loader import load
from pipeline.config.preprocess import Preprocess
from pipeline.models.build import build_pipeline
from pipeline.models.features import labels
from pipeline.tables.external_chunks import read_foreign
from preprocess import clean
from tests.commands.test_column_roles import FACTS, TABLE, failed, loaded
from tests.zoo import FOREST
from train_random_forest import train

ROWS = 200
Inferred = tuple[proposals.Proposal, schema.Data, pa.Table]


def infer(table: pa.Table, target: str, folder: Path) -> Inferred:
    """Return what infer_checks proposes, its config as a run has it, and the prepared table."""
    found = proposals.proposed(table, target)
    config = asdict(load(Preprocess, found.settings, "data.preprocess"))
    ready, _ = clean.preprocess(table, config)
    text = column_roles.config(ready, FACTS, target, proposal=found)
    data = loaded(text, folder)
    assert failed(ready, data) == []
    assert asdict(data.preprocess) == config
    return found, data, ready


def fits(ready: pa.Table, data: schema.Data) -> None:
    """A model is fitted on it as it is."""
    from pipeline.config.model import Model

    frame = ready.to_pandas()
    forest = build_pipeline(data.features, Model(estimator=FOREST), 1)
    train.fit(forest, frame, data.target)
    assert labels(frame, data.target) is not None


def lines(header: str, row: Any, sep: str = ",") -> str:
    return "\n".join([header, *(sep.join(map(str, row(n))) for n in range(ROWS))]) + "\n"


def kind(n: int) -> str:
    return ["yes", "no", "no"][n % 3]


DECIMALS = [  # separators and decimal marks
    (
        "alpha;beta;city;kind",
        ";",
        lambda n: [f"{n / 7:.3f}".replace(".", ","), n % 5, "Köln", kind(n)],
    ),
    ("alpha\tbeta\tcity\tkind", "\t", lambda n: [f"{n / 7:.3f}", n % 5, "Łódź", kind(n)]),
    ("alpha|beta|city|kind", "|", lambda n: [f"{n / 7:.3f}", n % 5, "Ulm", kind(n)]),
]  # fmt: skip


@pytest.mark.parametrize(("header", "sep", "row"), DECIMALS)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_how_a_file_is_written(
    header: str, sep: str, row: Any, encoding: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(lines(header, row, sep).replace("Łódź", "Lodz"), encoding=encoding)
    _, data, ready = infer(read_foreign(path, "t.csv"), "kind", tmp_path)
    assert data.features.numeric == ["alpha"]
    assert data.features.categorical == ["beta"]
    assert ready["alpha"][7].as_py() == 1.0
    fits(ready, data)


@pytest.mark.parametrize(
    "row",
    [
        lambda n: ["mf"[n % 2], ["yes", "no"][n % 3 > 0], ["ja", "nein"][n % 5 > 1]],
        lambda n: [n % 4, n % 2, "ab"[n % 3 > 1]],
        lambda n: ["1st", ["adults", "child"][n % 7 == 0], ["yes", "no"][n % 3 == 0]],
    ],
)
def test_few_coarse_columns_keep_their_equal_rows(row: Any, tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    path.write_text(lines("sex,smokes,answer", row))
    found, data, ready = infer(read_foreign(path, "t"), "answer", tmp_path)
    assert found.settings == {"drop_duplicates": False}
    assert "distinct rows of 200: equal rows are kept" in found.reasons["drop_duplicates"][0]
    assert len(ready) == ROWS
    fits(ready, data)


@pytest.mark.parametrize("word", ["NA", "n.a.", "?"])
def test_what_means_missing_in_texts_and_in_the_target(word: str, tmp_path: Path) -> None:
    path = tmp_path / "nas.csv"
    row = lambda n: [n / 3, [word, "red", "blue"][n % 3], word if n % 20 == 0 else kind(n)]  # noqa: E731
    path.write_text(lines("alpha,colour,kind", row))
    found, data, ready = infer(read_foreign(path, "t"), "kind", tmp_path)
    assert found.settings["map"] == {"colour": {word: None}, "kind": {word: None}}
    assert found.settings["drop_missing"] == ["kind"]
    assert "missing in 10 of 200 rows" in found.reasons["drop_missing"][0]
    assert set(ready["kind"].to_pylist()) == {"yes", "no"}
    assert data.checks.columns["colour"].allowed == ["blue", "red"]
    fits(ready, data)


def test_na_among_codes_of_countries_stays(tmp_path: Path) -> None:
    table = pa.table({"state": ["NA", "DE", "FR", "ZA"] * 10, "x": [n / 3 for n in range(40)],
                      "t": ["a", "b"] * 20})  # fmt: skip
    found, data, _ = infer(table, "t", tmp_path)
    assert "map" not in found.settings
    assert "NA' in 10 rows, a code like the others" in found.said[0]
    assert "NA" in (data.checks.columns["state"].allowed or [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", lambda n: 18446744073709551616 + n),
        ("zip", lambda n: f"{n + 1:05}"),
        ("customer", lambda n: f"C-{n:04}"),
    ],
)
def test_names_of_rows_lose_nothing_and_are_no_features(
    name: str, value: Any, tmp_path: Path
) -> None:
    path = tmp_path / "ids.csv"
    path.write_text(lines(f"{name},x,kind", lambda n: [value(n), n % 50, kind(n)]))
    _, data, ready = infer(read_foreign(path, "t"), "kind", tmp_path)
    assert ready[name].to_pylist() == [str(value(n)) for n in range(ROWS)]
    assert data.features.columns == ["x"]


@pytest.mark.parametrize("spelled", ["inf", "-inf", "Infinity"])
def test_infinite_values_become_missing(spelled: str, tmp_path: Path) -> None:
    path = tmp_path / "inf.csv"
    path.write_text(lines("a,b,kind", lambda n: [spelled if n < 3 else n / 3, n % 50, kind(n)]))
    found, data, ready = infer(read_foreign(path, "t"), "kind", tmp_path)
    assert found.settings["infinite"] == "missing"
    assert ready["a"].null_count == 3
    assert "a" in data.features.numeric
    fits(ready, data)


@pytest.mark.parametrize("values", [[1, 2], {"a": 1}, [{"b": "x"}]])
def test_what_is_no_plain_value_is_text(values: Any, tmp_path: Path) -> None:
    path = tmp_path / "nested.parquet"
    rows = pa.table({"x": [n / 3 for n in range(60)], "n": [values] * 60, "t": ["a", "b"] * 30})
    pq.write_table(rows, path)
    _, data, ready = infer(read_foreign(path, path.name), "t", tmp_path)
    assert data.features.columns == ["x"]
    fits(ready, data)


def test_rare_classes(tmp_path: Path) -> None:
    few = pa.table({"x": [n / 3 for n in range(100)], "t": ["a"] * 50 + ["b"] * 43 + ["c"] * 3
                    + ["d"] * 3 + ["e"]})  # fmt: skip
    found, _, ready = infer(few, "t", tmp_path)
    assert found.settings["rare"] == {"t": {"below": 5, "name": "other"}}
    assert ready["t"].to_pylist().count("other") == 7
    found, _, ready = infer(few.slice(0, 96), "t", tmp_path)
    assert found.settings["rare"] == {"t": {"below": 5, "name": None}}
    assert len(ready) == 93
    alone = pa.table({"x": [n / 3 for n in range(1000)], "t": ["pos"] + ["neg"] * 999})
    found, _, _ = infer(alone, "t", tmp_path)
    assert found.settings == {}
    assert found.said == ["too few rows of pos (1) to learn and to judge them"]
    quantity = pa.table({"x": [n % 7 for n in range(100)], "t": [n / 3 for n in range(100)]})
    assert infer(quantity, "t", tmp_path)[0].settings == {}


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([f"{n % 28 + 1}.{n % 12 + 1}.2020" for n in range(60)], "%d.%m.%Y"),
        ([f"2020-01-{n % 28 + 1:02}" for n in range(60)], None),
        ([20200101 + n % 28 for n in range(60)], "%Y%m%d"),
        ([f"{n % 28 + 1:02}/{['Jan', 'Feb'][n % 2]}/2020".replace("/", "-") for n in range(60)],
         "%d-%b-%Y"),
    ],
)  # fmt: skip
def test_texts_and_numbers_that_are_dates(values: list[Any], form: str, tmp_path: Path) -> None:
    table = pa.table({"day": values, "x": [n / 3 for n in range(60)], "t": ["a", "b"] * 30})
    found, data, ready = infer(table, "t", tmp_path)
    assert found.settings["dates"]["day"].get("format") == form
    assert "day_weekday" in data.features.columns
    assert "day" not in data.features.columns
    fits(ready, data)


def test_dates_that_nobody_can_tell_are_asked_for(tmp_path: Path) -> None:
    table = pa.table({"day": ["01/02/2020", "03/04/2020"] * 30, "t": ["a", "b"] * 30})
    found, _, _ = infer(table, "t", tmp_path)
    assert "dates" not in found.settings
    assert (
        "'day' holds dates, %d/%m/%Y or %m/%d/%Y: say which with data.preprocess." in found.said[0]
    )


def test_groups_behind_an_id(tmp_path: Path) -> None:
    random.seed(1)
    x = [random.random() for _ in range(ROWS)]
    for name in ("patient_id", "subject", "userID", "household_no"):
        table = pa.table({name: [n // 5 for n in range(ROWS)], "x": x, "t": ["a", "b"] * 100})
        _, data, _ = infer(table, "t", tmp_path)
        assert (data.group_by, data.features.columns) == ([name], ["x"])
        assert data.checks.labels.key == []
    few = pa.table({"ID": [float(n - n % 13 // 12) for n in range(ROWS)], "x": x,
                    "t": [1.0, 0.0] * 100})  # fmt: skip
    _, data, _ = infer(few, "t", tmp_path)  # 185 of 200, and whole numbers as floats
    assert (data.group_by, data.features.columns) == (["ID"], ["x"])
    assert meanings.task_of(few["t"]).startswith("classification, 2 classes")
    coded = {"who": [f"P{n // 5:02}" for n in range(ROWS)],
             "zip": [f"{n % 40:05}" for n in range(ROWS)]}  # fmt: skip
    roles = {n: meanings.meaning_of(n, pa.chunked_array([v])).role for n, v in coded.items()}
    assert roles == {"who": "group", "zip": "categorical"}
    assert meanings.meaning_of("age", pa.chunked_array([[n // 5 for n in range(ROWS)]])).is_feature


def test_prose_with_gaps_and_in_two_columns_is_one_feature(tmp_path: Path) -> None:
    prose = [f"the patient said that it was number {n}" if n % 4 else None for n in range(60)]
    other = [f"nothing else to report here, as in {n}" for n in range(60)]
    table = pa.table({"said": prose, "note": other, "city": [f"c{n % 25}" for n in range(60)],
                      "x": [n / 3 for n in range(60)], "t": ["a", "b"] * 30})  # fmt: skip
    found, data, ready = infer(table, "t", tmp_path)
    assert found.settings["text"] == {"name": "text_feature", "columns": ["said", "note"]}
    assert data.features.text == "text_feature"
    assert "said" not in data.features.columns
    fits(ready, data)


def test_bounds_leave_room() -> None:
    assert bounds.room(3, 20) == (0, 37)
    assert bounds.room(-5, 5) == (-15, 15)
    assert bounds.room(0, 1) == (0, 1)
    assert bounds.room(100, 339) == (0, 580)
    assert bounds.room(0.05, 0.163) == (0.0, 0.28)
    assert bounds.room(-1.5, -1.5) == (-3.0, 0.0)
    assert bounds.room(2**60, 2**60 + 7)[1] > 2**60
    assert bounds.room(1.0, float("inf")) == (1.0, float("inf"))
    assert bounds.room(-1e308, 1e308) == (-float("inf"), float("inf"))


def test_a_table_of_every_type(tmp_path: Path) -> None:
    infer(TABLE, "label", tmp_path)


def test_the_page_says_what_is_done_and_escapes_all() -> None:
    table = pa.table({"<i>": ["NA", "x", "z"] * 20, "t": ["a<u>", "b"] * 30})
    found = proposals.proposed(table, "t")
    text = page.render(table, "<s>", "t", found, ["separator '<'"])
    assert not {"<i>", "<u>", "<s>", "'<'", "<script"} & {*re.findall("<i>|<u>|<s>|'<'|<scr", text)}
    assert "&#39;NA&#39; in 20 rows read as missing" in text
    assert "classification, 2 classes: &#39;a&lt;u&gt;&#39; 30" in text
    assert "No target yet" in page.render(table, "t", None, found, [])
