"""What steps have done before: comes back whole, or is taken as never done."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.cache.history import Execution, History
from pipeline.cache.step_key import StepKey
from pipeline.store.artifacts import Store
from pipeline.tracking.record import Record


def execution(size: str = "0.3", step: str = "split", **rest: Any) -> Execution:
    key = StepKey({"parameter size": size, "input a": "d1"}, {"input a": "ü.csv v3"})
    record = Record(step, {"size": 0.3, "column": None}, "2024-01-01T00:00:00+00:00", **rest)
    return Execution(key, record, 1_700_000_000.123456, "f00d")


FULL = execution(
    status="finished", reason="„first time“", seconds=1.5, tracking=0.1,
    inputs=[{"name": "a", "version": 0, "digest": "d1"}],
    outputs=[{"name": "b", "digest": "d2", "metadata": {"rows": 3}}],
    metrics={"f1": 1 / 3, "f1/ü": 1e-300}, pictures={"a.png": "ab"},
    tables={"t": [{"a": 1, "b": None}]}, local_files={"b": "x"}, mlflow_run="m", wandb_run="w",
)  # fmt: skip


def entry(folder: Path, made: Execution) -> Path:
    return folder / "steps" / made.record.step / f"{made.key.digest}.json"


@pytest.mark.parametrize("made", [execution(), FULL])
@pytest.mark.parametrize("url", [False, True])
def test_an_execution_comes_back(made: Execution, url: bool, tmp_path: Path) -> None:
    location = (tmp_path / "a store").as_uri() if url else str(tmp_path / "a store")
    History(Store(location)).add(made)
    assert History(Store(location)).find("split", made.key.digest) == made
    assert History(Store(location)).last("split") == made
    assert entry(tmp_path / "a store", made).is_file()


def test_what_was_never_done_is_none(tmp_path: Path) -> None:
    history, made = History(Store(tmp_path / "absent")), execution()
    assert history.find("split", made.key.digest) is None
    assert history.last("split") is None
    assert not (tmp_path / "absent").exists()  # asking makes nothing
    history.add(made)
    assert history.find("split", execution("0.4").key.digest) is None
    assert history.find("train", made.key.digest) is None
    assert history.last("train") is None


def test_each_key_keeps_its_newest_execution(tmp_path: Path) -> None:
    history, first, other = History(Store(tmp_path)), execution("0.3"), execution("0.4")
    again = replace(first, run="beef", finished=first.finished + 1)
    for made in (first, other, again):
        history.add(made)
        assert history.last("split") == made
    assert history.find("split", first.key.digest) == again
    assert history.find("split", other.key.digest) == other


def test_a_hit_is_the_newest_execution(tmp_path: Path) -> None:
    history, first, second = History(Store(tmp_path)), execution("0.3"), execution("0.4")
    elsewhere = execution("0.5", step="train")
    for made in (first, second, elsewhere):
        history.add(made)
    history.point("split", first.key.digest)
    assert history.last("split") == first
    assert history.find("split", second.key.digest) == second
    assert history.last("train") == elsewhere


def test_a_half_written_entry_is_none(tmp_path: Path) -> None:
    history = History(Store(tmp_path))
    history.add(FULL)
    path = entry(tmp_path, FULL)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert history.find("split", FULL.key.digest) is None
    assert history.last("split") is None
    history.add(FULL)
    assert history.last("split") == FULL


@pytest.mark.parametrize("content", [b"[]", b"{}", b"\xff\xfe", b'{"key": 1, "record": 2}'])
def test_a_damaged_entry_is_none(content: bytes, tmp_path: Path) -> None:
    history = History(Store(tmp_path))
    history.add(FULL)
    entry(tmp_path, FULL).write_bytes(content)
    assert history.find("split", FULL.key.digest) is None
    assert history.last("split") is None


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        (None, {"new": 1}),
        (None, {"finished": ...}),
        (None, {"key": ...}),
        (None, {"record": ...}),
        ("key", {"new": 1}),
        ("key", {"facts": ...}),
        ("record", {"new": 1}),
        ("record", {"step": ...}),
    ],
)
def test_an_entry_of_another_release_is_none(
    part: str | None, changes: dict[str, Any], tmp_path: Path
) -> None:
    history = History(Store(tmp_path))
    history.add(FULL)
    content = json.loads(entry(tmp_path, FULL).read_text(encoding="utf-8"))
    changed = content[part] if part else content
    for name, value in changes.items():
        if value is ...:
            del changed[name]
        else:
            changed[name] = value
    entry(tmp_path, FULL).write_text(json.dumps(content))
    assert history.find("split", FULL.key.digest) is None


@pytest.mark.parametrize("content", [b"", b"0" * 64, b"\xff\xfe"])
def test_a_last_that_leads_nowhere_is_none(content: bytes, tmp_path: Path) -> None:
    history = History(Store(tmp_path))
    history.add(FULL)
    (tmp_path / "steps" / "split" / "last").write_bytes(content)
    assert history.last("split") is None
    assert history.find("split", FULL.key.digest) == FULL


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("key", "facts", {"parameter size": "0.4"}),  # that of another key
        ("record", "step", "train"),
        ("record", "outputs", [{"name": ["b"], "digest": "d2"}]),
        ("record", "inputs", [{"name": "a"}]),
        ("record", "outputs", 5),
    ],
)
def test_an_entry_that_is_not_that_of_its_key_is_none(
    part: str, name: str, value: object, tmp_path: Path
) -> None:
    history = History(Store(tmp_path))
    history.add(FULL)
    content = json.loads(entry(tmp_path, FULL).read_text(encoding="utf-8"))
    content[part][name] = value
    entry(tmp_path, FULL).write_text(json.dumps(content))
    assert history.find("split", FULL.key.digest) is None
    assert history.last("split") is None
