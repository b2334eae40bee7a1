"""Corners where two things that differ once passed for the same, or the same for different."""

import json
import math
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.cache import code_digests, step_key
from pipeline.cache.external_files import local_file
from pipeline.cache.history import History
from pipeline.replay import compare
from pipeline.store.artifacts import Store
from pipeline.store.digests import Digests
from pipeline.tables import table_files

NAN = math.nan


def key_of(folder: Path, config: object) -> step_key.StepKey:
    step = folder / "step"
    step.mkdir(exist_ok=True)
    (step / "MLproject").write_text("entry_points: {main: {command: run}}")
    digests = Digests(folder / "digests.json")
    return step_key.step_key(step, folder, {"config": config}, {}, digests, "local")


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ({"a.b": 1}, {"a": {"b": 1}}, 'config["a.b"] 1 → none'),
        ({"1": "x"}, {1: "x"}, 'config[1] none → "x"'),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "config has its keys in another order"),
    ],
)
def test_configs_that_are_not_the_same(
    one: object, other: object, said: str, tmp_path: Path
) -> None:
    before, now = key_of(tmp_path, one), key_of(tmp_path, other)
    assert before.digest != now.digest
    assert said in list(step_key.differences(now, before))


def test_a_default_of_the_mlproject_counts(tmp_path: Path) -> None:
    before = key_of(tmp_path, 1)
    text = "entry_points: {main: {command: run, parameters: {a: {default: 1, help: text}}}}"
    (tmp_path / "step" / "MLproject").write_text(text)
    digests = Digests(tmp_path / "digests.json")
    now = step_key.step_key(tmp_path / "step", tmp_path, {"config": 1}, {}, digests, "local")
    assert list(step_key.differences(now, before)) == ["command changed"]


def test_a_module_beside_a_folder_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "helper").mkdir()
    (tmp_path / "helper.py").write_text("x = 1")
    (tmp_path / "step").mkdir()
    (tmp_path / "step" / "run.py").write_text("import helper")
    files, foreign = code_digests.of_step(tmp_path / "step", tmp_path)
    assert sorted(files) == ["helper.py", "step/run.py"]
    assert foreign == set()


@pytest.mark.parametrize("text", ["x = 0x" + "f" * 5000, "x = 1\0"])
def test_code_that_cannot_be_read_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "step").mkdir()
    (tmp_path / "step" / "run.py").write_text(text)
    with pytest.raises(SyntaxError) as caught:
        code_digests.of_step(tmp_path / "step", tmp_path)
    assert str(caught.value.filename).endswith("run.py")


@pytest.mark.parametrize("value", ["~nobody-of-that-name/y", "http://[x", "a\0b", "x" * 5000])
def test_what_is_no_path(value: str, tmp_path: Path) -> None:
    assert local_file(value, tmp_path) is None


@pytest.mark.parametrize("text", ["null", "3", '"x"', "[]", "{}"])
def test_damaged_memories_are_none(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "steps" / "split"
    folder.mkdir(parents=True)
    (folder / "last").write_text("a" * 64)
    (folder / f"{'a' * 64}.json").write_text(text)
    assert History(Store(tmp_path)).last("split") is None
    (folder / "last").write_text("../x\n")
    assert History(Store(tmp_path)).last("split") is None
    (tmp_path / "digests.json").write_text(text)
    assert len(Digests(tmp_path / "digests.json").sha256(folder / "last")) == 64


def compared(folder: Path, old: pa.Table, new: pa.Table) -> tuple[str, str]:
    paths = folder / "old.parquet", folder / "new.csv"
    return compare.tables(
        *paths, table_files.write(old, paths[0]), table_files.write(new, paths[1])
    )


@pytest.mark.parametrize(
    ("old", "new", "verdict", "said"),
    [
        ([NAN, 1.0], [NAN, 1.0], "equal", "the same table"),
        ([NAN, 1.0], [2.0, 1.0], "differs", "row 0: nan → 2.0; 1 rows differ"),
        ([2.0, 1.0], [NAN, 3.0], "differs", "at most by 2"),
        ([2.0, 1.0], [3.0, NAN], "differs", "at most by 1"),
    ],
)
def test_tables_with_nan(
    old: list[float], new: list[float], verdict: str, said: str, tmp_path: Path
) -> None:
    found, detail = compared(tmp_path, pa.table({"a": old}), pa.table({"a": new}))
    assert found == verdict
    assert said in detail


def test_tables_that_differ_in_what_may_be_missing(tmp_path: Path) -> None:
    strict = pa.schema([pa.field("a", pa.int64(), nullable=False)])
    found = compared(tmp_path, pa.table({"a": [1]}), pa.table({"a": [1]}, schema=strict))
    assert found == ("differs", "the same values in a schema that differs in what may be missing")


def test_a_file_that_only_one_has(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("1")
    assert compare.files(tmp_path / "a.json", tmp_path / "b.json")[0] == "differs"


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [({"a": 1}, {"a": True}, "differs"), ({"a": NAN, "b": 1}, {"b": 1, "a": NAN}, "equal")],
)
def test_json(old: object, new: object, verdict: str, tmp_path: Path) -> None:
    for name, content in (("a.json", old), ("b.json", new)):
        (tmp_path / name).write_text(json.dumps(content))
    assert compare.files(tmp_path / "a.json", tmp_path / "b.json")[0] == verdict


def test_metrics_and_keys_with_nan() -> None:
    step = {"step": "s", "metrics": {"m": NAN}, "tables": {}, "pictures": {}}
    assert [f.verdict for f in compare.compare_records(step, step | {"metrics": {"m": NAN}})] == [
        "identical"]  # fmt: skip
    assert compare.first_key({"a": NAN, "b": 1}, {"a": NAN, "b": 2}) == "b: 1 → 2"
