"""A step started by `python run.py` in its folder: same stores, same records as in a whole run."""

from pathlib import Path

import pytest

from tests.conftest import Project, handed, unrecorded

PICTURES = {"confusion_matrix.png", "roc.png", "precision_recall.png", "feature_importance.png"}


def alone(project: Project, step: str, **parameters: object) -> dict:
    """Run a step in its folder and return its MLflow run."""
    before = {run["id"] for run in project.runs()}
    words = [word for name, value in parameters.items() for word in (f"--{name}", str(value))]
    done = project.run("python", "run.py", *words, cwd=step)
    assert done.status == 0, done.out + done.err
    (run,) = (run for run in project.runs() if run["id"] not in before)
    assert run["name"] == step
    assert run["status"] == "FINISHED"
    return run


def files(run: dict) -> set[str]:
    return {path.name for path in Path(run["artifacts"].removeprefix("file://")).iterdir()}


@pytest.mark.slow
def test_preprocess(project: Project) -> None:
    config = min(project.root.glob("outputs/*/*/preprocess.config.yaml"))  # of the first run
    run = alone(project, "preprocess", input_artifact="raw_data.parquet:v0", config=config,
                artifact_name="preprocessed_data.csv")  # fmt: skip
    assert run["metrics"]["duplicates"] == 146
    assert run["tags"]["pipeline.outputs"] == "preprocessed_data.csv:v0"  # the same content
    assert run["params"]["input_artifact"] == "raw_data.parquet:v0"


@pytest.mark.slow
def test_check_data_against_a_reference(project: Project) -> None:
    run = alone(project, "check_data", sample_artifact="data_test.csv:v0",
                reference_artifact="data_train.csv:v0")  # fmt: skip
    counts = {k: v for k, v in run["metrics"].items() if not k.startswith("system/")}
    assert counts == {"passed": 40, "failed": 0, "warned": 0, "skipped": 2}
    assert {"checks.json", "checks.md", "drift.json", "drift.md"} <= files(run)


@pytest.mark.slow
def test_train_and_evaluate(project: Project) -> None:
    config = min(
        project.root.glob("outputs/*/*/train_random_forest.model_config.yaml")
    )  # of the first run
    trained = alone(project, "train_random_forest", train_data="data_train.csv:v0",
                    model_config=config, export_artifact="alone_export", random_seed=42,
                    val_size=0.3, stratify="genre")  # fmt: skip
    judging = config.with_name("evaluate.config.yaml")
    evaluated = alone(project, "evaluate", model_export="alone_export:latest",
                      test_data="data_test.csv:v0", config=judging)  # fmt: skip
    assert files(trained) >= PICTURES
    assert files(evaluated) >= PICTURES
    # The same model as in the whole run, so the same predictions, to the last bit.
    assert (
        evaluated["tags"]["pipeline.outputs"]
        == "predictions.parquet:v0, evaluation.json:v0, gate.json:v0"
    )


@pytest.mark.slow
def test_disabled_wandb_leaves_nothing(project: Project) -> None:
    before = set((project.root / "wandb").iterdir())
    parameters = ["--file_url", "assets/songs_sample.parquet"]
    done = project.run("python", "get_data/run.py", *parameters, WANDB_MODE="disabled")
    assert done.status == 0, done.out + done.err
    assert set((project.root / "wandb").iterdir()) == before


@pytest.mark.parametrize("step", ["get_data", "segregate", "evaluate"])
def test_help(project: Project, step: str) -> None:
    done = project.run("python", f"{step}/run.py", "--help")
    assert done.status == 0
    assert "usage: " + step in done.out


@pytest.mark.parametrize("step", ["get_data", "preprocess", "check_data", "segregate"])
def test_data_steps_import_only_what_they_use(project: Project, step: str, tmp_path: Path) -> None:
    """Imports are most of a step's time: nothing imports what it does not use."""
    parameters = {
        "get_data": ["--file_url=assets/songs_sample.parquet"],
        "preprocess": ["--input_artifact=raw_data.parquet:v0"],
        "check_data": ["--sample_artifact=preprocessed_data.csv:v0"],
        "segregate": ["--input_artifact=preprocessed_data.csv:v0", "--stratify=genre"],
    }[step]
    done = project.run(
        "python", "-X", "importtime", f"{step}/run.py", *parameters,
        **handed(unrecorded(project.root / "artifacts", tmp_path)),
    )  # fmt: skip
    assert done.status == 0, done.err[-2000:]
    imported = {line.split("|")[-1].strip() for line in done.err.splitlines() if "|" in line}
    unused = {"mlflow", "wandb", "hydra", "matplotlib", "skops", "boto3", "requests"}
    if step != "segregate":  # scikit-learn, which splits, imports these itself
        unused |= {"sklearn", "scipy", "rich"}
    if step == "get_data":  # pyarrow's group_by imports it
        unused |= {"pandas"}
    assert sorted(imported & unused) == []
