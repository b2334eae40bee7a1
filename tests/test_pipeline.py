"""The whole pipeline, as a person runs it: what it leaves behind."""

import json
import os
import re
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.tables import table_files
from tests import wandb_files
from tests.conftest import STEPS, Project, copy_project

OUTPUTS = {
    "raw_data.parquet": "get_data",
    "preprocessed_data.csv": "preprocess",
    "checks.json": "check_data",
    "data_train.csv": "segregate",
    "data_test.csv": "segregate",
    "data_certificate.json": "segregate",
    "validation_predictions.parquet": "train_random_forest",
    "model_export": "train_random_forest",
    "predictions.parquet": "evaluate",
    "evaluation.json": "evaluate",
    "gate.json": "evaluate",
}


def test_every_artifact_is_there_with_its_lineage(project: Project) -> None:
    for name, step in OUTPUTS.items():
        manifest = project.manifest(f"{name}:v0")
        assert manifest["step"] == step
        assert manifest["description"]
        assert set(manifest["run_ids"]) == {"mlflow", "wandb"}
    inputs = project.manifest("predictions.parquet:v0")["inputs"]
    assert [(i["name"], i["version"]) for i in inputs] == [
        ("model_export", 0),
        ("data_test.csv", 0),
    ]
    for i in inputs:
        assert i["digest"] == project.manifest(f"{i['name']}:v{i['version']}")["digest"]


def test_children_are_nested_under_the_parent_and_named_by_step(project: Project) -> None:
    runs = project.whole_run()
    parent = runs.pop("parent")
    assert sorted(runs) == sorted(STEPS)
    assert {run["status"] for run in [parent, *runs.values()]} == {"FINISHED"}
    assert {run["tags"]["mlflow.parentRunId"] for run in runs.values()} == {parent["id"]}
    assert parent["metrics"]["evaluate/auc"] == runs["evaluate"]["metrics"]["auc"]


def test_mlflow_has_metrics_pictures_tables_and_references(project: Project) -> None:
    runs = project.whole_run()
    evaluate = runs["evaluate"]
    assert 0.9 < evaluate["metrics"]["auc"] < 0.95
    assert 0.55 < evaluate["metrics"]["f1"] < 0.67
    assert "f1/Pop" in evaluate["metrics"]
    low, high = (evaluate["metrics"][f"interval/auc_{bound}"] for bound in ("low", "high"))
    assert low < evaluate["metrics"]["auc"] < high < low + 0.03
    assert not [name for name in runs["parent"]["metrics"] if "interval" in name]
    assert evaluate["tags"]["pipeline.inputs"] == "model_export:v0, data_test.csv:v0"
    assert (
        evaluate["tags"]["pipeline.outputs"]
        == "predictions.parquet:v0, evaluation.json:v0, gate.json:v0"
    )
    files = {path.name for path in Path(evaluate["artifacts"].removeprefix("file://")).iterdir()}
    pictures = {"confusion_matrix.png", "roc.png", "precision_recall.png", "feature_importance.png"}
    tables = {"per_class.md", "intervals.md", "slices.md", "importances.md"}
    assert pictures | tables | {"calibration.png", "record.json"} <= files
    checks = Path(runs["check_data"]["artifacts"].removeprefix("file://")) / "checks.md"
    assert "| range | loudness |" in checks.read_text()
    assert runs["segregate"]["params"]["data.test_size"] == "0.3"


def test_mlflow_tells_runs_apart(project: Project) -> None:
    runs = project.whole_run()
    parent, fitted = runs["parent"], runs["train_random_forest"]
    assert parent["name"] == "random_forest · songs_sample"
    assert {"dataset": "songs_sample", "model": "random_forest"}.items() <= fitted["tags"].items()
    assert parent["tags"]["champion"] == "model_export:v0"
    note = parent["tags"]["mlflow.note.content"]
    assert note.startswith("**The model passed the gate and is the champion now.** auc 0.9")
    assert f"`python main.py main.action=verify main.run={parent['id'][:8]}`" in note
    assert parent["params"]["model.estimator.max_depth"] == "13"
    # What a step was given, under the names of the config; no path of a file of this machine.
    assert fitted["params"]["model.estimator.max_depth"] == "13"
    assert fitted["params"]["data.features.categorical"] == "[key, time_signature]"
    assert fitted["params"]["train_data"] == "data_train.csv:v0"
    told = [value for run in runs.values() for value in run["params"].values()]
    assert not [value for value in told if str(project.root) in value]
    assert fitted["metrics"]["system/cpu_seconds"] > 0


def test_mlflow_knows_tables_and_models(project: Project) -> None:
    runs, client = project.whole_run(), project.mlflow()
    parent, evaluate = runs["parent"], runs["evaluate"]
    assert client.get_experiment(parent["experiment"]).name == "reproducible_ml_pipeline"
    assert set(parent["datasets"]) == {"raw", "preprocessed", "training", "test"}
    table = evaluate["datasets"]["test"]
    digest = project.manifest("data_test.csv:v0")["digest"]
    assert (table.name, table.digest) == ("songs_sample/data_test.csv", digest[:12])
    assert json.loads(table.profile)["num_rows"] == 1457
    columns = json.loads(table.schema)["mlflow_colspec"]
    assert {"name": "key", "type": "long", "required": False} in columns
    assert parent["params"]["data.digest"] == parent["datasets"]["raw"].digest
    (used,) = client.get_run(evaluate["id"]).inputs.model_inputs
    model = client.get_logged_model(used.model_id)
    assert model.source_run_id == runs["train_random_forest"]["id"]
    assert model.params["model.estimator.n_estimators"] == "100"
    auc = {metric.dataset_name: metric.value for metric in model.metrics if metric.key == "auc"}
    assert auc == {
        "songs_sample/data_train.csv": runs["train_random_forest"]["metrics"]["auc"],
        "songs_sample/data_test.csv": evaluate["metrics"]["auc"],
    }
    name = "reproducible_ml_pipeline-songs_sample-genre"
    registered = client.get_registered_model(name)
    assert registered.description.startswith("Models that predict `genre` of the dataset `songs_s")
    version = client.get_model_version_by_alias(name, "champion")
    assert (version.run_id, version.source) == (model.source_run_id, f"models:/{model.model_id}")
    assert "auc 0.9" in version.description
    assert json.loads(model.tags["mlflow.modelVersions"]) == [{"name": name, "version": 1}]


def test_inputs_are_pinned_inside_a_run(project: Project) -> None:
    runs = project.whole_run()
    assert runs["segregate"]["params"]["input_artifact"] == "preprocessed_data.csv:v0"
    assert runs["evaluate"]["params"]["test_data"] == "data_test.csv:v0"


def test_wandb_has_an_offline_run_for_each_step(project: Project) -> None:
    """What the seed writes, step by step, as W&B's own files say."""
    files = (project.root / "wandb").glob("offline-*/*.wandb")
    decoded = [wandb_files.parsed(path) for path in files]
    runs = {wandb_files.started(found).job_type: found for found in decoded}
    group = f"dev-{project.whole_run()['parent']['id'][:8]}"
    for step in STEPS:
        run = wandb_files.started(runs[step])  # wandb.init
        assert (run.project, run.run_group) == ("reproducible_ml_pipeline", group)
        assert f"INFO    {step}: wrote " in wandb_files.lines(runs[step])
        assert wandb_files.summary(runs[step])["seconds"] > 0
        made = {name for name, owner in OUTPUTS.items() if owner == step}
        logged = wandb_files.artifacts(runs[step])  # log_artifact
        assert made <= {name.partition(":")[2] for name in logged}
    config = wandb_files.config(runs["segregate"])  # config.update
    assert (config["test_size"], config["inputs"]) == (0.3, ["preprocessed_data.csv:v0"])
    fitted = wandb_files.config(runs["train_random_forest"])  # by their names in ours
    assert (fitted["model"]["estimator"]["max_depth"], fitted["random_seed"]) == (13, 42)
    assert fitted["data"]["features"]["categorical"] == ["key", "time_signature"]
    assert str(project.root) not in json.dumps(fitted)  # no path of a YAML file
    assert list(wandb_files.started(runs["evaluate"]).tags) == ["songs_sample", "random_forest"]
    staged = list((project.root / "wandb" / "data").rglob("*"))
    assert staged, "what `wandb sync` sends later is kept inside the project"


def test_the_fit_is_a_chart_in_both_trackers(project: Project) -> None:
    run = project.whole_run()["train_random_forest"]
    (file,) = (project.root / "wandb").glob(
        f"*/*{run['tags']['pipeline.tracking.wandb_run']}.wandb"
    )
    found = wandb_files.parsed(file)
    loss = "fitting/validation_log_loss"
    rows = [row for row in wandb_files.history(found).items() if loss in row[1]]
    assert [step for step, _ in rows] == [row["trees"] for _, row in rows]
    assert (len(rows), rows[0][0], rows[-1][0]) == (20, 1, 100)
    assert rows[0][1][loss] > rows[-1][1][loss]
    assert wandb_files.metrics(found)[loss] == "trees"
    client = MlflowClient(f"sqlite:///{project.root / 'mlflow.db'}")
    points = client.get_metric_history(run["id"], loss)
    assert [(p.step, p.value) for p in points] == [(step, row[loss]) for step, row in rows]
    assert "confusion_matrix/_type" in wandb_files.history(found)[100]  # log of images


def test_the_log_has_every_step(project: Project) -> None:
    log = (project.root / "ml_pipeline.log").read_text()
    for step in STEPS:
        assert re.search(rf"^\d{{4}}-\d\d-\d\d \S+ INFO    {step}: done in", log, re.MULTILINE)
    assert "5,000 rows in, 146 exact duplicates dropped, 4,854 rows out" in log


def test_predictions_follow_the_test_rows(project: Project) -> None:
    def read(name: str):
        return table_files.read(
            project.file(f"{name}:v0"), project.manifest(f"{name}:v0")["metadata"]
        )

    test, predictions = read("data_test.csv"), read("predictions.parquet")
    assert predictions["truth"].to_pylist() == test["genre"].to_pylist()
    assert predictions.num_columns == 2 + 15


def test_the_evaluation_is_of_the_same_rows_as_the_metrics(project: Project) -> None:
    found = json.loads(project.file("evaluation.json:v0").read_text())
    metrics = project.whole_run()["evaluate"]["metrics"]
    assert {row["metric"]: row["value"] for row in found["overall"]} == {
        name: metrics[name] for name in (row["metric"] for row in found["overall"])
    }
    assert found["rows"] == sum(map(sum, found["confusion"])) == 1457
    assert {row["column"] for row in found["slices"]} == {"duration_ms", "loudness"}
    assert len(found["importances"]) == 13


def test_nothing_lands_outside_the_ignored_places(project: Project) -> None:
    made = {path.name for path in project.root.iterdir()} - {
        path.name for path in copy_of_nothing(project).iterdir()
    }
    allowed = {"mlflow.db", "mlruns", "wandb", "artifacts", "outputs", ".runs", "ml_pipeline.log"}
    assert made <= allowed | {"__pycache__"}


def copy_of_nothing(project: Project) -> Path:
    target = project.root.parent / "untouched"
    if not target.exists():
        copy_project(target)
    return target


def test_from_another_folder(project: Project, tmp_path: Path) -> None:
    main = str(project.root / "main.py")
    done = project.run("python", main, "main.steps=get_data", cwd=str(tmp_path))
    assert done.status == 0, done.out + done.err
    assert "raw_data.parquet:v0" in done.out  # same content, no new version
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_failed_step_stops_the_run(project: Project) -> None:
    # Other tests may have left tables of their own.
    table = project.run("python", "main.py", "main.steps=:preprocess")
    assert table.status == 0, table.out + table.err
    words = ["main.steps=check_data:segregate", "main.experiment_name=fails"]
    done = project.run("python", "main.py", *words, "data.checks.columns.tempo.max=100")
    assert done.status == 1
    last = done.err.splitlines()[-1]
    assert last.startswith(
        "error: check_data refuses preprocessed_data.csv:v0: 1 of 70 checks failed (range tempo:"
    )
    assert "Traceback" not in done.out + done.err
    assert "segregate ·" not in done.out
    parent = next(run for run in project.runs() if " · fails · " in run["name"])
    (child,) = (r for r in project.runs() if r["tags"].get("mlflow.parentRunId") == parent["id"])
    assert (parent["status"], child["status"]) == ("FAILED", "FAILED")
    assert child["name"] == "check_data"
    assert "1 of 70 checks failed" in child["tags"]["pipeline.refused"]
    # The way round: the table is there, and `latest`, but it is not used.
    later = project.run("python", "main.py", "main.steps=segregate:evaluate")
    assert later.status == 1
    assert "check_data refused preprocessed_data.csv:v0: 1 of 70 checks" in later.err
    assert "evaluate ·" not in later.out
    # The checks of the config again: an earlier execution serves, and the table is a good one.
    assert project.run("python", "main.py", "main.steps=:check_data").status == 0


@pytest.mark.thorough
def test_another_dataset(project: Project) -> None:
    """A table with another target, no text and no categories, that needs no download."""
    done = project.run("python", "main.py", "data=wine", "main.artifact_store=wine_artifacts")
    assert done.status == 0, done.out + done.err
    predictions = project.manifest("predictions.parquet:latest", "wine_artifacts")
    assert predictions["metadata"]["rows"] == 54
    (auc,) = re.findall(r"^evaluate .* auc ([\d.]+),", done.out, re.MULTILINE)
    assert float(auc) > 0.95


@pytest.mark.slow
@pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA names no real table")
def test_reference_figures_on_the_real_table(project: Project) -> None:
    url = f"data.file_url={os.environ['REAL_DATA']}"
    words = ["data=songs", url, "main.experiment_name=real", "main.artifact_store=real_artifacts"]
    done = project.run("python", "main.py", *words)
    assert done.status == 0, done.out + done.err
    (run,) = (r for r in project.runs() if " · real · " in r["name"])
    rows = [f"{n:,}" for n in (20567, 8815, 12593)]
    assert f"fitting {rows[0]} rows, {rows[1]} to validate" in done.out
    assert f"test: {rows[2]} rows" in done.out
    assert "23.3% of the test rows: rows equal in the key (12 columns)" in done.out
    assert "17.9% of the test rows: rows equal in the key, validation rows aside" in done.out
    expected = {"auc": 0.95325, "accuracy": 0.68848, "f1": 0.66547}
    for name, value in expected.items():
        assert run["metrics"][f"evaluate/{name}"] == pytest.approx(value, abs=0.0005)


@pytest.mark.thorough
@pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA names no real table")
def test_songs_that_stay_together_on_the_real_table(project: Project) -> None:
    words = ["data=songs", f"data.file_url={os.environ['REAL_DATA']}", "data/segregate=group"]
    words += ["main.experiment_name=grouped", "main.artifact_store=real_artifacts"]
    done = project.run("python", "main.py", *words)
    assert done.status == 0, done.out + done.err
    (run,) = (r for r in project.runs() if " · grouped · " in r["name"])
    assert run["metrics"]["evaluate/auc"] == pytest.approx(0.954, abs=0.002)
    assert run["metrics"]["segregate/leak"] == 0
    assert "of the test rows" not in done.out
    names = ["data_train.csv:latest", "data_test.csv:latest"]
    keys = []
    for name in names:
        made = project.manifest(name, "real_artifacts")
        table = table_files.read(project.file(name, "real_artifacts"), made["metadata"])
        columns = project.last_config()["data"]["group_by"]
        keys.append({tuple(row.values()) for row in table.select(columns).to_pylist()})
    assert not keys[0] & keys[1]


@pytest.mark.thorough
@pytest.mark.parametrize(("method", "suffix"), [("group", "csv"), ("hash", "parquet")])
def test_another_way_to_divide_and_to_keep_tables(
    project: Project, method: str, suffix: str
) -> None:
    words = [f"data/segregate={method}", f"data.format={suffix}", "experiment=quick"]
    words += ["main.artifact_store=methods"]
    done = project.run("python", "main.py", *words)
    assert done.status == 0, done.out + done.err
    train, test = (project.manifest(f"data_{part}.{suffix}:latest", "methods")["metadata"]["rows"]
                   for part in ("train", "test"))  # fmt: skip
    assert train + test == 4854
    assert test == pytest.approx(0.3 * 4854, abs=120)
