"""What a step did: kept as a file, shown as a table, and told to a real MLflow store."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.store.versions import Version
from pipeline.tracking import mlflow_log, mlflow_runs, record
from pipeline.tracking.record import Record

if TYPE_CHECKING:
    from mlflow import MlflowClient


def artifact(name: str, version: int) -> dict[str, Any]:
    facts = Version(name, version, "table", "d1", files=(), metadata={"rows": 3}, step="split")
    return record.artifact_facts(facts)


def made(**rest: Any) -> Record:
    return Record("split", {"size": 0.3, "column": None}, "2024-01-01T00:00:00+00:00", **rest)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    whole = made(
        status="failed", error="no „x“", seconds=1.5, tracking=0.5, inputs=[artifact("raw.csv", 0)],
        outputs=[artifact("a.csv", 1)], metrics={"f1": 0.5, "f1/ü": 1e-9}, pictures={"a.png": "ab"},
        tables={"t": [{"a": 1, "b": None}]}, local_files={"a.csv": "a"}, mlflow_run="m",
        wandb_run="w", series={"trees": [{"trees": 1, "a": 0.5}]},
    )  # fmt: skip
    for one in (whole, made()):
        one.write(tmp_path)
        assert record.read_record(tmp_path) == one


def test_a_step_that_died_before_left_no_record(tmp_path: Path) -> None:
    assert record.read_record(tmp_path) is None


def test_the_headline_leaves_out_the_details_of_one_class_and_one_fold() -> None:
    whole = {"f1": 0.5, "rows": 3.0, "cv_f1": 0.4, "cv_f1_std": 0.1, "cv_folds_done": 2}
    details = {"f1/Pop": 0.25, "auc/a/b": 1.0, "cv_f1_fold_1": 0.4, "cv_f1_fold_12": 0.4}
    assert made(metrics=whole | details).headline() == whole


def test_after_which_steps_a_run_does_not_go_on() -> None:
    assert made().obstacle(last=False) is None
    assert made(refused="too bad").obstacle(last=True) == "too bad"
    stopped = made(stopped="stopped after fold 1 of 3")
    assert stopped.obstacle(last=True) is None
    said = str(stopped.obstacle(last=False))
    assert said.startswith("stopped after fold 1 of 3; there is no model for the steps after it")
    assert "main.steps=:split" in said


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([], ""),
        ([{"a": 1}], "| a |\n| --- |\n| 1 |\n"),
        (
            [{"class": "R|B", "f|1": 0.5}, {"class": "", "f|1": None}],
            "| class | f\\|1 |\n| --- | --- |\n| R\\|B | 0.5 |\n|  | None |\n",
        ),
    ],
)
def test_markdown(rows: list[dict[str, Any]], text: str, tmp_path: Path) -> None:
    assert record.markdown(rows) == text
    record.write_table("t", rows, tmp_path)
    assert (tmp_path / "t.md").read_text(encoding="utf-8") == text
    assert json.loads((tmp_path / "t.json").read_text(encoding="utf-8")) == rows


def test_tags() -> None:
    assert mlflow_log.tags(made()) == {"pipeline.step": "split"}  # what there is not has no tag
    inputs, outputs = [artifact("raw.csv", 12)], [artifact("a.csv", 0), artifact("b.csv", 3)]
    facts = made(inputs=inputs, outputs=outputs, error="no x", wandb_run="f00")
    assert mlflow_log.tags(facts) == {
        "pipeline.step": "split",
        "pipeline.inputs": "raw.csv:v12",
        "pipeline.outputs": "a.csv:v0, b.csv:v3",
        "pipeline.error": "no x",
        "pipeline.tracking.wandb_run": "f00",
    }


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator["MlflowClient"]:
    """Return the client of an MLflow store of these tests alone: SQLite, files in a folder."""
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as environment:
        for name in [n for n in os.environ if n.startswith(("MLFLOW_", "_MLFLOW_"))]:
            environment.delenv(name)
        environment.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        environment.setenv("_MLFLOW_SERVER_ARTIFACT_ROOT", str(folder / "files"))
        environment.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow import MlflowClient

        yield MlflowClient()


def written(client: "MlflowClient", facts: Record, folder: Path) -> Any:
    """Write the record to a new run and return what that run then holds."""
    run = client.create_run("0")
    mlflow_log.to_mlflow(facts, folder, run.info.run_id)
    return client.get_run(run.info.run_id)


@pytest.mark.slow
def test_metrics_tags_and_files_arrive(client: "MlflowClient", tmp_path: Path) -> None:
    facts = made(metrics={"rows": 3, "f1": 0.5, "f1/R&B": 0.25, "f1/Zoë, (a)": 1.0, "a-b._ :c": 2})
    facts.outputs.append(artifact("a.csv", 0))
    facts.write(tmp_path)
    record.write_table("classes", [{"class": "R&B"}], tmp_path)
    run = written(client, facts, tmp_path)
    plain = {"rows": 3, "f1": 0.5, "f1/R_B": 0.25, "f1/Zoë_ _a_": 1.0, "a-b._ :c": 2}
    assert run.data.metrics == plain
    assert mlflow_log.tags(facts).items() <= run.data.tags.items()
    files = Path(client.download_artifacts(run.info.run_id, ""))
    assert {f.name for f in files.iterdir()} == {"record.json", "classes.json", "classes.md"}
    assert record.read_record(files) == facts


def test_series_are_charts(client: "MlflowClient", tmp_path: Path) -> None:
    facts = made(metrics={"auc": 0.5}, mlflow_run="a" * 32)
    facts.series = {"trees": [{"trees": 1, "fitting/loss": 0.5}, {"trees": 9, "fitting/loss": 0.1}]}
    run = written(client, facts, tmp_path)
    served = client.create_run("0").info.run_id
    origin = mlflow_log.cached_from(facts, "an earlier run", "hit", "0")
    mlflow_log.to_mlflow(facts, None, served, origin=origin)
    cached = client.get_run(served)
    assert cached.data.tags["pipeline.cached_from_step"] == "a" * 32
    assert f"#/experiments/0/runs/{'a' * 32}" in cached.data.tags["mlflow.note.content"]
    for known in (run, cached):
        points = client.get_metric_history(known.info.run_id, "fitting/loss")
        assert [(point.step, point.value) for point in points] == [(1, 0.5), (9, 0.1)]
        assert set(known.data.metrics) == {"auc", "fitting/loss"}


def test_no_class_name_is_lost_or_refused(client: "MlflowClient", tmp_path: Path) -> None:
    labels = ["R&B", "R+B", "R B", ".", "..", "", "a/", "a//b", "a", "x" * 300, "x" * 301]
    run = written(client, made(metrics={f"f1/{n}": i for i, n in enumerate(labels)}), tmp_path)
    assert sorted(run.data.metrics.values()) == list(range(len(labels)))
    assert run.data.metrics["f1/R_B"] == 0
    assert run.data.metrics["f1/R_B_2"] == 1


@pytest.mark.parametrize("length", [4999, 5000, 5001, 20000])
def test_a_long_error_is_cut(client: "MlflowClient", tmp_path: Path, length: int) -> None:
    run = written(client, made(error="x" * length), tmp_path)
    assert run.data.tags["pipeline.error"] == "x" * min(length, 5000)


@pytest.mark.parametrize(
    ("status", "ended"), [("finished", "FINISHED"), ("failed", "FAILED"), ("running", "FAILED")]
)
def test_a_step_alone_makes_its_own_run(
    client: "MlflowClient", tmp_path: Path, status: str, ended: str
) -> None:
    facts = made(status=status, metrics={"f1": 0.5})
    facts.write(tmp_path)
    facts.parameters["config"] = {"text": {"columns": ["a", "b"]}, "size": None}
    mlflow_log.alone_to_mlflow(facts, tmp_path, "", "0")
    run = client.get_run(str(facts.mlflow_run))
    assert (run.info.status, run.info.run_name) == (ended, "split")
    flat = {"config.text.columns": "[a, b]", "config.size": "null"}
    assert run.data.params == {"size": "0.3", "column": "null"} | flat
    assert run.data.metrics == {"f1": 0.5}
    (file,) = Path(client.download_artifacts(run.info.run_id, "")).iterdir()
    kept = record.read_record(file.parent)
    assert kept
    assert kept.mlflow_run == facts.mlflow_run


def test_a_step_alone_writes_to_the_run_it_was_given(
    client: "MlflowClient", tmp_path: Path
) -> None:
    given = str(client.create_run("0").info.run_id)
    count = len(client.search_runs(["0"]))
    facts = made(status="finished", metrics={"f1": 0.5}, mlflow_run=given)
    facts.parameters["config"] = {"seed": 1}
    mlflow_log.alone_to_mlflow(facts, tmp_path, "", "0")
    run = client.get_run(given)
    assert run.data.metrics == {"f1": 0.5}
    assert run.data.params == {"config.seed": "1"}  # `mlflow run` wrote the others
    assert run.info.status == "RUNNING"  # who made it ends it
    assert facts.mlflow_run == given
    assert len(client.search_runs(["0"])) == count


def test_a_run_that_is_stopped_ends_those_of_its_steps(client: "MlflowClient") -> None:
    whole, other = (client.create_run("0").info.run_id for _ in range(2))
    below = {"mlflow.parentRunId": whole}
    left, done = (client.create_run("0", tags=below).info.run_id for _ in range(2))
    client.set_terminated(done)
    mlflow_runs.end_children(whole, "0")
    status = [client.get_run(run).info.status for run in (left, done, whole, other)]
    assert status == ["KILLED", "FINISHED", "RUNNING", "RUNNING"]
