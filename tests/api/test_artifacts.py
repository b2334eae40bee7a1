"""Artifacts and steps from Python, on a store of their own."""

import signal
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from pipeline import api, paths
from pipeline.files import write_json
from pipeline.store.artifacts import Store
from pipeline.store.drafts import Draft, Provenance
from pipeline.store.verdicts import alias
from pipeline.tables import table_files
from tests.conftest import ROOT
from tests.fakes.recorded import manifest, step

TABLE = pa.table({
    "x": [0.5, None, 3.0] * 20, "n": [1, 2, None] * 20, "genre": ["a", "b"] * 30,
    "when": pa.array(range(60), pa.timestamp("s")),
})  # fmt: skip


@pytest.fixture
def store(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The artifact store of a repository in which a table was made."""
    monkeypatch.setenv("WANDB_MODE", "disabled")
    (root / "config.yaml").write_text(
        f"main: {{artifact_store: {tmp_path / 'store'}, project_name: p}}\n"
        "tracking: {wandb: disabled, timeout: 1, upload_timeout: 1}\n"
    )
    for name in ("MLRUNS", "WORK", "LOG_FILE"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    made = Store(tmp_path / "store")
    table(made, tmp_path, "raw.csv", TABLE)
    table(made, tmp_path, "preprocessed_data.csv", TABLE, "raw.csv")
    return made


def table(
    store: Store, folder: Path, name: str, content: pa.Table, made_from: str | None = None
) -> None:
    """Publish a table, as a step does that has read another one."""
    metadata = table_files.write(content, folder / name)
    inputs = [store.get(made_from)] if made_from else []
    store.publish([Draft(name, folder / name, "data", "", metadata)], inputs, Provenance("made"))


def test_a_table_comes_with_the_types_that_steps_see(store: Store) -> None:
    frame = api.load("preprocessed_data.csv:v0")
    pd.testing.assert_frame_equal(frame, TABLE.to_pandas())


def test_other_artifacts_are_paths(store: Store, root: Path, tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text("{}")
    store.put("facts.json", tmp_path / "facts.json", "facts")
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("MLmodel", "model.skops"):
        (folder / name).write_text(name)
    store.put("model_export", folder, "model")
    assert api.load("facts.json:latest") == root / "outputs/facts.json-v0/facts.json"
    assert api.load("model_export:v0") == root / "outputs/model_export-v0"


def test_what_is_not_there_is_said_in_one_line(store: Store) -> None:
    with pytest.raises(api.InputError, match=r"did you mean 'preprocessed_data\.csv'"):
        api.load("preprocesed_data.csv")
    with pytest.raises(api.InputError, match="there is no champion yet"):
        api.load_model()


def recorded(root: Path, store: Store) -> None:
    """Record a run in which segregate was given the table."""
    given = {
        "input_artifact": "preprocessed_data.csv:v0", "artifact_root": "data",
        "artifact_type": "segregated_data", "test_size": 0.3, "random_state": 1,
        "stratify": "genre", "checks_artifact": "checks.json",
    }  # fmt: skip
    version = store.get("preprocessed_data.csv:v0")
    read: Any = {"name": version.name, "version": 0, "digest": version.digest}
    place = root / "outputs/2026-01-01/10-00-00"
    place.mkdir(parents=True)
    write_json(
        place / "manifest.json", manifest([step("segregate", parameters=given, inputs=[read])])
    )


@pytest.fixture
def project(store: Store, root: Path) -> Path:
    """The repository with a run of segregate and the code of the steps."""
    (root / "segregate").symlink_to(ROOT / "segregate")
    recorded(root, store)
    return root


def files(*folders: Path) -> set[Path]:
    return {path for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_a_step_runs_on_its_very_inputs_and_leaves_no_trace(
    store: Store, project: Path, tmp_path: Path
) -> None:
    before = files(tmp_path / "store", project)
    hook, stop = sys.excepthook, signal.getsignal(signal.SIGTERM)
    inputs = api.step_inputs("segregate", run="latest")
    assert inputs.args.test_size == 0.3
    assert (
        inputs.paths["input_artifact"].read_bytes()
        == (tmp_path / "preprocessed_data.csv").read_bytes()
    )
    record = inputs.go()
    assert [made["name"] for made in record.outputs] == [
        "data_train.csv", "data_test.csv", "data_certificate.json",
    ]  # fmt: skip
    assert record.notes == ["preprocessed_data.csv:v0 was never checked; check_data does"]
    from segregate.run import go

    inputs.args.test_size = 0.5
    with inputs.apart():
        go(inputs.args)
    assert files(tmp_path / "store", project) == before
    assert (sys.excepthook, signal.getsignal(signal.SIGTERM)) == (hook, stop)
    (work,) = paths.WORK.iterdir()
    del inputs
    assert not work.exists()


def test_a_verdict_on_what_it_was_made_from_is_known_and_the_step_s_refusal_is_raised(
    store: Store, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "checks.json").write_text("[]")
    digest = store.get("raw.csv").digest
    facts = {"table": digest, "reason": "3 of 9 checks failed", "override": None}
    store.put("checks.json", tmp_path / "checks.json", "checks", "", facts, [alias(digest)])
    with pytest.raises(api.InputError, match=r"check_data refused raw\.csv:v0: 3 of 9"):
        api.step_inputs("segregate", run="latest").go()


def test_what_a_step_cannot_be_given_is_said_before_anything_is_copied(
    store: Store, project: Path
) -> None:
    with pytest.raises(api.InputError, match="no step 'segregat' is in run aaaaaaaa: did you mean"):
        api.step_inputs("segregat", run="latest")
    with pytest.raises(api.InputError, match=r"give run=latest or overrides, not both"):
        api.step_inputs("segregate", ["data.test_size=0.2"], run="latest")
    store.remove(store.get("preprocessed_data.csv"))
    with pytest.raises(api.InputError, match=r"segregate reads preprocessed_data\.csv:v0, which"):
        api.step_inputs("segregate", run="latest")
    assert not paths.WORK.exists()
