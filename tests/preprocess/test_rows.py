"""Values that are mapped, filled in, read as dates, made finite; rows that are not wanted."""

import datetime
from typing import Any

import pyarrow as pa
import pytest

from pipeline.errors import InputError
from preprocess import aggregate, clean
from preprocess.rows import Rows
from preprocess.said import done, many_dropped

INF = float("inf")
DATE = {"format": None, "parts": []}
PEOPLE = pa.table({
    "sex": ["m", "f", "?", None, "m"],
    "age": [30, -1, 50, None, 30],
    "size": [1.5, INF, -INF, None, 2.5],
    "born": ["31.12.2020", "1.2.2021", None, "29.2.2020", "31.12.2020"],
    "code": [20200131, 20211224, 20200131, None, 20200229],
    "kind": ["a", "a", None, "b", "c"],
})  # fmt: skip


def made(config: dict[str, Any], table: pa.Table = PEOPLE) -> tuple[pa.Table, dict[str, float]]:
    """Clean a table in pieces; as in one piece."""
    plain = {"drop_duplicates": False, "duplicates": {"by": [], "keep": "first", "mean": []}}
    config = plain | config
    whole, counts = clean.preprocess(table, config)
    pieces = [table.slice(start, 2) for start in range(0, len(table), 2)]
    schema, same, rows = clean._clean(lambda: pieces, table.schema, config)
    found = pa.concat_tables(rows)
    assert found.equals(whole)
    assert (counts, found.schema) == (same, schema)
    return found, counts


def column(name: str, config: dict[str, Any]) -> list[Any]:
    return made(config)[0][name].to_pylist()


@pytest.mark.parametrize(
    ("name", "mapping", "expected"),
    [
        ("sex", {"m": "male", "?": None}, ["male", "f", None, None, "male"]),
        ("sex", {"m": 1, "f": 0, "?": None}, [1, 0, None, None, 1]),
        ("sex", {"m": 1.5, "f": 0, "?": 2}, [1.5, 0.0, 2.0, None, 1.5]),
        ("sex", {"m": True, "f": False, "?": None}, [True, False, None, None, True]),
        ("age", {"-1": None}, [30, None, 50, None, 30]),
        ("age", {"-1": "unknown"}, ["30", "unknown", "50", None, "30"]),
        ("age", {"30": 0.5, "-1": 2}, [0.5, 2.0, 50.0, None, 0.5]),
        ("size", {"1.5": 2}, [2.0, INF, -INF, None, 2.5]),
    ],
)
def test_values_become_others(name: str, mapping: dict[str, Any], expected: list[Any]) -> None:
    table, counts = made({"map": {name: mapping}})
    assert table[name].to_pylist() == expected
    assert counts["values_mapped"] == sum(str(v) in mapping for v in PEOPLE[name].to_pylist())


def test_missing_values_are_filled_in_or_their_rows_dropped() -> None:
    table, counts = made({"fill": {"kind": "none", "age": 0, "size": 1}})
    assert table["kind"].to_pylist() == ["a", "a", "none", "b", "c"]
    assert table["age"].to_pylist() == [30, -1, 50, 0, 30]
    assert table["size"].to_pylist()[3] == 1.0
    assert counts["values_filled"] == 3
    table, counts = made({"map": {"sex": {"?": None}}, "drop_missing": ["kind", "sex"]})
    assert table["kind"].to_pylist() == ["a", "a", "c"]
    assert counts | {"rows_in": 5, "rows_out": 3, "rows_without_value": 2} == counts
    nan = pa.table({"n": [1.0, float("nan"), None]})
    assert made({"drop_missing": ["n"]}, nan)[0].num_rows == 1
    assert made({"fill": {"n": 2}}, nan)[0]["n"].to_pylist() == [1, 2, 2]


def test_dates_and_their_parts() -> None:
    parts = ["year", "month", "day", "weekday", "hour"]
    dates = {"born": {"format": "%d.%m.%Y", "parts": parts},
             "code": {"format": "%Y%m%d", "parts": ["day"]}}  # fmt: skip
    table, counts = made({"dates": dates})
    assert table["born"].type == pa.date32()
    assert table["born"].to_pylist()[1] == datetime.date(2021, 2, 1)
    assert [table[f"born_{part}"][0].as_py() for part in parts] == [2020, 12, 31, 3, 0]
    assert table["born_month"].to_pylist() == [12, 2, None, 2, 12]
    assert table["code_day"].to_pylist() == [31, 24, 31, None, 29]
    assert counts["values_dates"] == 8
    iso = pa.table({"t": ["2020-01-31", "2020-02-01 23:10:00"]})
    found, _ = made({"dates": {"t": {"format": None, "parts": ["hour"]}}}, iso)
    assert found["t_hour"].to_pylist() == [0, 23]
    typed = pa.table({"t": pa.array([18000, 18001], pa.date32())})
    dates = {"t": DATE | {"parts": ["weekday"]}}
    assert made({"dates": dates}, typed)[0]["t_weekday"].to_pylist() == [6, 0]  # 14 April 2019


def test_infinite_values() -> None:
    assert column("size", {"infinite": "keep"}) == PEOPLE["size"].to_pylist()
    assert column("size", {"infinite": "missing"}) == [1.5, None, None, None, 2.5]
    assert column("size", {"infinite": "clip"}) == [1.5, 2.5, 1.5, None, 2.5]
    table, counts = made({"infinite": "drop"})
    assert table["size"].to_pylist() == [1.5, None, 2.5]
    assert counts["rows_infinite"] == 2
    endless = pa.table({"n": [INF, -INF], "m": [1, 2]})
    assert made({"infinite": "clip"}, endless)[0]["n"].to_pylist() == [None, None]


def test_rare_values() -> None:
    rare = {"kind": {"below": 2, "name": "other"}}
    assert column("kind", {"rare": rare}) == ["a", "a", None, "other", "other"]
    table, counts = made({"rare": {"kind": {"below": 2, "name": None}}})
    assert table["kind"].to_pylist() == ["a", "a", None]
    assert counts["rows_rare"] == 2
    assert column("age", {"rare": {"age": {"below": 2, "name": 0}}}) == [30, 0, 0, None, 30]


def test_equal_rows_are_looked_for_afterwards() -> None:
    table = pa.table({"a": ["x", "X", "y"], "n": [1.0, 1.0, INF]})
    config = {"map": {"a": {"X": "x", "y": "x"}}, "infinite": "clip", "drop_duplicates": True}
    found, counts = made(config, table)
    assert found.to_pylist() == [{"a": "x", "n": 1.0}]
    assert counts["duplicates"] == 2


VISITS = pa.table({
    "who": ["b", "a", "b", "a", "b", None],
    "pulse": [60.0, 70.0, None, 72.0, 62.0, 1.0],
    "count": [1, 2, 1, 3, 4, 5],
    "mood": ["good", "bad", "bad", "bad", "good", "bad"],
    "note": [None, None, None, "x", None, "y"],
})  # fmt: skip


def by(keep: str, mean: tuple[str, ...] = ()) -> dict[str, Any]:
    equal = {"by": ["who"], "keep": keep, "mean": list(mean)}
    return {"drop_duplicates": True, "duplicates": equal}


def test_rows_that_are_equal_in_some_columns() -> None:
    found, counts = made(by("first"), VISITS)
    assert found["pulse"].to_pylist() == [60.0, 70.0, 1.0]
    assert (counts["duplicates"], counts["rows_out"]) == (3, 3)
    assert "equal others in who and are dropped" in str(many_dropped(counts, ["who"]))


def test_rows_that_are_equal_become_one(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [
        {"who": "b", "pulse": 61.0, "count": 1, "mood": "good", "note": None},
        {"who": "a", "pulse": 71.0, "count": 2, "mood": "bad", "note": "x"},
        {"who": None, "pulse": 1.0, "count": 5, "mood": "bad", "note": "y"},
    ]
    for at_once in (1, 3, 1000):  # however few rows are in memory
        monkeypatch.setattr(aggregate, "AT_ONCE", at_once)
        assert made(by("aggregate"), VISITS)[0].to_pylist() == expected
    assert made(by("aggregate", ("count",)), VISITS)[0]["count"].to_pylist() == [2.0, 2.5, 5.0]


def test_what_is_done_is_said() -> None:
    _, counts = made({"map": {"sex": {"m": "x"}}, "infinite": "drop", "drop_missing": ["kind"]})
    assert done(counts) == (
        "2 values mapped, 1 rows without a needed value dropped, 1 rows with infinite values "
        "dropped"
    )
    assert done(clean.preprocess(PEOPLE, {})[1]) == ""


REFUSED = [
    ({"map": {"sx": {}}}, "preprocess.map: the table has no column 'sx'; did you mean 'sex'?"),
    ({"map": {"age": {"x": 1}}}, "preprocess.map.age: the column is int64; one of x is no value"),
    ({"map": {"sex": {"m": 1}}}, "preprocess.map.sex: the new values are int64, and a value"),
    ({"map": {"sex": {"m": 1, "f": "x"}}}, "give new values of one type, texts or numbers, not 1"),
    ({"fill": {"kind": 1}}, "preprocess.fill.kind=1: the column is string; give a text"),
    ({"fill": {"age": 1.5}}, "preprocess.fill.age=1.5: the column is int64; give a whole number"),
    ({"fill": {"age": True}}, "preprocess.fill.age=True: the column is int64"),
    ({"dates": {"born": DATE}}, "'31.12.2020' is no ISO date, as 2020-12-31; correct data.prep"),
    ({"dates": {"born": DATE | {"format": "%m.%d.%Y"}}}, "'31.12.2020' is no %m.%d.%Y"),
    ({"dates": {"age": DATE}}, "the column is int64, no dates; say in format how they are"),
    ({"dates": {"size": DATE}}, "preprocess.dates.size: the column is double, no dates"),
    ({"drop_missing": ["x"]}, "preprocess.drop_missing: the table has no column 'x'"),
    ({"rare": {"kind": {"below": 2, "name": 1}}}, "preprocess.rare.kind.name=1: the column is"),
    ({"rare": {"kind": {"below": 99, "name": None}}, "drop_missing": ["kind"]}, "no row is left"),
    ({"drop_duplicates": True, "duplicates": {"by": ["x"], "keep": "first", "mean": []}},
     "preprocess.duplicates.by: the table has no column 'x'"),
    (by("aggregate") | {"duplicates": {"by": [], "keep": "aggregate", "mean": ["sex"]}},
     "preprocess.duplicates.mean: 'sex' is string, it has no mean"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "text"), REFUSED)
def test_a_setting_that_does_not_suit_is_one_line(config: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError) as caught:
        made(config)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_part_that_is_there_already() -> None:
    table = pa.table({"t": ["2020-01-01"], "t_day": [1]})
    with pytest.raises(InputError, match="already has a column 't_day'"):
        Rows(table.schema, {"dates": {"t": DATE | {"parts": ["day"]}}})


def test_the_counts_are_of_one_pass() -> None:
    rows = Rows(PEOPLE.schema, {"map": {"sex": {"m": "x"}}})
    assert rows.made(PEOPLE)[1] == rows.made(PEOPLE)[1] == {"values_mapped": 2}
