"""The environments that MLflow builds from conda.yaml."""

from pathlib import Path

import pytest

from tests.conftest import Project

pytestmark = pytest.mark.slow
CONDA = Path(__file__).parent / "fakes" / "conda"


def test_conda_is_asked_for_our_conda_yaml(fresh: Project, tmp_path: Path) -> None:
    """With a stand-in for conda (tests/fakes/conda), which writes down what it is asked for."""
    log = tmp_path / "conda.log"
    conda = {"MLFLOW_CONDA_HOME": str(CONDA), "FAKE_CONDA_LOG": str(log)}
    done = fresh.run("mlflow", "run", ".", "-P", "steps=get_data", **conda)
    assert done.status == 0, done.out + done.err
    asked = [line for line in log.read_text().splitlines() if not line.endswith("--help")]
    created = [line for line in asked if line.startswith("env create")]
    assert len(created) == 1  # the step's conda.yaml is the root's: one environment for all
    assert created[0].endswith(f"--file {fresh.root / 'conda.yaml'}")
    name = created[0].split()[3]
    assert asked.count(f"activate {name}") == 2  # for main.py, and handed on to the step


def test_without_conda_mlflow_says_so(fresh: Project) -> None:
    nowhere = {"MLFLOW_CONDA_HOME": str(fresh.root / "nowhere")}
    done = fresh.run("mlflow", "run", ".", "-P", "steps=get_data", **nowhere)
    assert done.status == 1
    assert "Could not find Conda executable" in done.out + done.err


@pytest.mark.thorough
def test_uv_builds_it_from_conda_yaml(project: Project, tmp_path_factory: pytest.TempPathFactory):
    """In a step's folder, with the seed's parameters, then in the root."""
    root = {"MLFLOW_ENV_ROOT": str(tmp_path_factory.mktemp("environments"))}
    words = ["input_artifact=preprocessed_data.csv:v0", "artifact_root=uv", "test_size=0.3"]
    words += ["artifact_type=segregated_data", "random_state=42", "stratify=genre"]
    options = [option for word in words for option in ("-P", word)]
    command = ["mlflow", "run", ".", "--env-manager", "uv"]
    done = project.run(*command, *options, cwd="segregate", **root)
    assert done.status == 0, done.out + done.err
    assert "activate" in done.err  # the step ran in the environment that was built
    ours = project.manifest("uv_test.csv:v0")["files"]
    assert ours[0]["sha256"] == project.manifest("data_test.csv:v0")["files"][0]["sha256"]
    done = project.run(*command, "-P", "steps=get_data", **root)
    assert done.status == 0, done.out + done.err
    assert "already exists" in done.err  # the same environment, for the root and for the step
