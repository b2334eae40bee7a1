"""What a certificate says of a split, and what an audit finds in two tables."""

import datetime
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.config import segregate as settings
from pipeline.config.preprocess import Features
from pipeline.splits.division import Division
from pipeline.splits.keys import Keys
from pipeline.tables import table_files
from pipeline.tables.numbers import to_arrow
from segregate import audit as audits
from segregate import certificate_text, telling
from segregate.audit import Audit
from segregate.certificate import Certificate, Leak, Overlap, certify
from segregate.look import look
from segregate.split import split

TRAIN = pa.table({"n": [1.0, 2.0, None, 4.0], "t": ["Abc", "d-e", None, "x"], "c": list("pqpq")})


def found(
    train: pa.Table, test: pa.Table, target: str | None = "c", cut: int = 2, **wanted: Any
) -> dict[tuple[str, str], Leak]:
    with TemporaryDirectory() as folder:
        rows = (len(train), len(test))
        asked = settings.Audit(target=target, **wanted)
        audit = Audit(train.schema, rows, asked, Path(folder))
        for part, table in enumerate((train, test)):
            for block in (table.slice(0, cut), table.slice(cut)):
                audit.add(part, look(block, audit.asked(part, len(block)), audit.columns))
        return {(leak.check, leak.columns): leak for leak in audit.leaks()}


def test_equal_rows_equal_keys_and_near_duplicate_text() -> None:
    test = pa.table(
        {"n": [1.0, 2.0, None, 9.0], "t": ["Abc", "D E!", None, "new"], "c": list("qqpp")}
    )
    leaks = found(TRAIN, test, key=["n"])
    assert leaks["rows equal in all features", ""].share == 0.5  # the target does not count
    assert leaks["rows equal in the key", "n"].share == 0.75  # missing is a value
    other = leaks["equal in the key, only with another target", "n"]
    assert (other.share, other.suspicious) == (0.25, False)  # 1.0 is p in train, q in test
    assert leaks["near-duplicate text", "t"].share == 0.5  # no text is no duplicate
    assert not leaks["near-duplicate text", "t"].suspicious


def test_rows_are_equal_by_what_the_model_sees() -> None:
    """An id makes no row another one, a column that the model does not see tells it nothing."""
    table = pa.table({"id": range(8), "n": [1, 2, 3, 4] * 2, "c_code": list("pqpq") * 2,
                      "c": list("pqpq") * 2})  # fmt: skip
    halves = table.slice(0, 4), table.slice(4)
    assert found(*halves)["rows equal in all features", ""].share == 0
    assert ("named like the target", "c_code") in found(*halves)
    leaks = found(*halves, features=Features(numeric=["n", "made_later"]))
    assert leaks["rows equal in all features", ""].share == 1
    assert [columns for check, columns in leaks if "target" in check] == ["n"]
    assert found(*halves, features=Features(["made_later"])) == found(*halves)


def test_nothing_in_common() -> None:
    test = pa.table({"n": [7.0, 8.0], "t": ["new", "newer"], "c": ["p", "q"]})
    assert [leak.share for leak in found(TRAIN, test, key=["n"]).values()] == [0, 0, 0, 0]
    assert not any(leak.suspicious for leak in found(TRAIN, test, key=["n"]).values())


def table_with_signs(rows: int = 2000) -> pa.Table:
    """Three features tell the class: a code, a number that rises with it, half of it; one not."""
    random = np.random.RandomState(0)
    classes = random.randint(0, 4, rows)
    return pa.table({
        "code": [f"k{c}" for c in classes],
        "rising": classes + random.rand(rows) * 0.9,
        "half": classes // 2,
        "noise": random.rand(rows),
        "the_class_id": random.rand(rows),
        "genre": [f"g{c}" for c in classes],
    })  # fmt: skip


def test_features_that_tell_the_target() -> None:
    table = table_with_signs()
    leaks = found(table.slice(0, 1400), table.slice(1400), "genre")
    alone = {columns for check, columns in leaks if check == "predicts the target alone"}
    assert alone == {"code", "rising"}
    assert found(table.slice(0, 1400), table.slice(1400), None).keys() == {
        ("rows equal in all features", ""), ("near-duplicate text", "code"),
        ("near-duplicate text", "genre")}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "said"), [("genre_2", True), ("Label", True), ("y", True), ("year", False)]
)
def test_features_named_like_the_target(name: str, said: bool) -> None:
    table = pa.table({name: [1, 2, 3, 4], "genre": list("abab")})
    leaks = found(table.slice(0, 2), table.slice(2), "genre")
    assert (("named like the target", name) in leaks) is said


def certified(table: pa.Table, how: Division, **audit: Any) -> Certificate:
    with TemporaryDirectory() as place:
        path = Path(place, "t.parquet")
        source = table_files.Source(path, table_files.write(table, path))
        paths = [Path(place, name) for name in ("train.parquet", "test.parquet")]
        with (
            table_files.Writer(paths[0], source.schema) as a,
            table_files.Writer(paths[1], source.schema) as b,
        ):
            made = split(source, how, (a, b), Path(place), settings.Audit(**audit))
        assert json.loads(made.as_json())["assignment"] == made.assignment
        return made


def test_a_stratified_split() -> None:
    table = table_with_signs()
    made = certified(table, Division(0.3, 1, stratify="genre"), key=["half"], val_size=0.3)
    assert made.rows == {"train": 1400, "test": 600, "neither": 0}
    assert sum(c["test"] for c in made.classes or ()) == 600
    assert made.largest_deviation < 0.002
    assert certificate_text.worst(made) == 1
    checks = [leak.check for leak in made.leaks]
    assert checks[-1] == "rows equal in the key, validation rows aside"
    lines = certificate_text.warnings(made)
    assert lines[0] == ("100.0% of the test rows: rows equal in the key (half); "
                        "data/segregate=group keeps such rows together")  # fmt: skip
    assert any(line.startswith("a feature predicts the target alone (code)") for line in lines)
    assert certificate_text.summary(made)[0]["verdict"] == "look at it"


def test_the_assignment_is_that_of_the_rows() -> None:
    table = table_with_signs()
    one, again, other = (
        certified(table, Division(0.3, seed, stratify="genre")).assignment for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other


def test_a_split_by_groups_and_one_by_time() -> None:
    table = table_with_signs().append_column("group", pa.array(np.arange(2000) // 4))
    made = certified(
        table, Division(0.3, 1, method="group", stratify="genre", group_by=["group"]), key=["group"]
    )
    assert made.group_by == ["group"]
    assert certificate_text.worst(made) == 0
    made = certified(table, Division(0.3, 1, method="time", time_column="group", gap=5.0))
    assert made.rows == {"train": 1380, "test": 600, "neither": 20}
    assert made.time == Overlap("group", ["0", "344"], ["350", "499"], 0.0, 5.0)
    assert json.loads(made.as_json())["time"]["gap"] == 5
    assert "classes" not in json.loads(made.as_json())


def test_overlap_in_time_of_another_split() -> None:
    days = pa.array([None, *(datetime.date(2026, 1, 1 + n) for n in range(9))])
    table = pa.table({"day": days, "n": list(range(10))})
    made = certified(table, Division(0.3, 1, method="random"), time="day")
    assert made.time.overlap == pytest.approx(2 / 3)  # the three: day 2, day 6, the last
    assert made.time.train == ["2026-01-01", "2026-01-08"]
    assert made.time.test[1] == "2026-01-09"


def test_of_many_rows_a_part_is_looked_at_for_features_that_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table, seen = table_with_signs(), []
    monkeypatch.setattr(audits, "SAMPLE", (300, 100))
    monkeypatch.setattr(telling, "features", lambda *tables: seen.extend(tables[:2]) or [])
    found(table.slice(0, 1400), table.slice(1400), "genre", cut=7)
    assert seen[0].equals(table.slice(0, 1400).take(to_arrow(np.arange(0, 1400, 5))))
    assert seen[1].equals(table.slice(1400).take(to_arrow(np.arange(0, 600, 6))))


def test_a_leak_is_a_row_of_the_summary() -> None:
    how, rows = Division(0.5, 0), np.arange(4)
    made = certify(how, Keys(4), (rows[:2], rows[2:]))
    made = replace(made, leaks=[Leak("near-duplicate text", "t", 0.5, False)])
    (row,) = certificate_text.summary(made)
    assert list(row.values()) == ["near-duplicate text", "t", "50.0%", "known"]
    assert certificate_text.warnings(made) == []
    assert certificate_text.worst(made) == 0


def test_leaks_that_are_not_looked_for() -> None:
    table = table_with_signs()
    how = Division(0.3, 1, stratify="genre")
    looked = certified(table, how, key=["half"], val_size=0.3)
    made = certified(table, how, key=["half"], val_size=0.3, leaks=False)
    assert made == replace(looked, leaks=None)
    assert (certificate_text.worst(made), certificate_text.warnings(made)) == (0, [])
    assert certificate_text.summary(made) == []


def test_the_target_of_a_split_that_is_not_stratified() -> None:
    table = table_with_signs()
    made = certified(table, Division(0.3, 1, method="random"), target="genre")
    columns = {leak.columns for leak in made.leaks if "alone" in leak.check}
    assert columns == {"code", "rising"}


@pytest.mark.parametrize("leaks", [True, False])
def test_a_class_of_one_row_is_said_to_be_in_the_train_table(leaks: bool) -> None:
    table = pa.table({"x": range(41), "c": [*["a", "b"] * 20, "rare"]})
    made = certified(table, Division(0.3, 1, stratify="c"), leaks=leaks)
    assert json.loads(made.as_json())["one_sided"] == [{"class": "rare", "train": 1, "test": 0}]
    assert list(certificate_text.one_sided(made)) == [
        "in the train table only: class rare (1 row); no test row judges what is said of that"
    ]


def test_a_class_that_is_new_at_the_end_of_time_is_said() -> None:
    table = pa.table({"t": range(40), "c": [*["a", "b"] * 16, *["new", "newer"] * 4]})
    made = certified(table, Division(0.3, 1, method="time", time_column="t"), target="c")
    (line,) = certificate_text.one_sided(made)
    assert line.startswith(
        "in the test table only: classes new (4 rows) and newer (4 rows); no model knows that"
    )


def test_a_target_of_many_values_has_no_classes() -> None:
    table = pa.table({"x": range(400), "c": range(400)})
    made = certified(table, Division(0.3, 1, method="random"), target="c")
    assert (made.one_sided, "one_sided" in made.as_json()) == (None, False)
