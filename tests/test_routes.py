"""Every way to say the same thing gives the same config, in the same stores."""

import re

import pytest

from pipeline.config.schema import ACTIONS
from tests.conftest import ROOT, Project

ROUTES = {
    "-P": ["mlflow", "run", ".", "--env-manager", "local", "-P", "steps=segregate,get_data",
           "-P", "data.test_size=0.2", "-P", "main.experiment_name=two words",
           "-P", "main.force=[segregate]"],
    "hydra_options": ["mlflow", "run", ".", "--env-manager", "local", "-P",
                      "hydra_options=main.steps=segregate,get_data data.test_size=0.2 "
                      "main.experiment_name='two words' main.force=[segregate]"],
    "python": ["python", "main.py", "main.steps=segregate,get_data", "data.test_size=0.2",
               "main.experiment_name=two words", "main.force=[segregate]"],
    "list": ["python", "main.py", "+main.steps=segregate,get_data", "data.segregate.test_size=0.2",
             "data.test_size=0.2", "main.experiment_name='two words'", "main.force=[segregate]"],
}  # fmt: skip


@pytest.fixture(scope="module")
def versions() -> set[int]:
    """The versions that the routes gave."""
    return set()


@pytest.mark.parametrize(
    "route",
    [pytest.param(route, marks=pytest.mark.thorough if route == "list" else pytest.mark.slow)
     for route in ROUTES],
)  # fmt: skip
def test_same_config_same_artifacts(project: Project, route: str, versions: set[int]) -> None:
    done = project.run(*ROUTES[route])
    assert done.status == 0, done.out + done.err
    config = project.last_config()
    assert config["main"]["steps"] == "segregate,get_data"
    assert config["main"]["experiment_name"] == "two words"
    assert config["data"]["test_size"] == 0.2
    assert config["steps"]["segregate"]["test_size"] == 0.2
    assert "[1/2] get_data" in done.out  # the pipeline's order, not the list's
    assert "[2/2] segregate" in done.out
    made = project.manifest("data_test.csv:latest")
    assert made["metadata"]["rows"] == 971
    versions.add(made["version"])  # the first route makes a version, the others find the content
    assert len(versions) == 1


NASTY = {
    "everything": 'two  spaces, it\'s "quoted"; touch pwned $(touch pwned) `touch pwned` && touch'
    " pwned | cat > pwned * ? [a] {x} %s \\n a=b übermäßig 音楽 🎵 ",
    "dash and newline": "-rf\nsecond line",
    "empty": "",
}


@pytest.mark.parametrize(
    "value",
    [pytest.param(value, id=name, marks=pytest.mark.slow if name == "everything" else
                  pytest.mark.thorough) for name, value in NASTY.items()],
)  # fmt: skip
def test_any_text_arrives_intact(project: Project, value: str) -> None:
    """-P → MLflow → bash → main.py → Hydra → MLflow → bash → run.py → the record."""
    store = f"store_{abs(hash(value))}"
    done = project.run(
        "mlflow", "run", ".", "--env-manager", "local", "-P", "steps=get_data",
        "-P", f"data.description={value}", "-P", f"main.artifact_store={store}",
    )  # fmt: skip
    assert done.status == 0, done.out + done.err
    assert project.manifest("raw_data.parquet:v0", store)["description"] == value
    assert not list(project.root.rglob("pwned"))


@pytest.mark.slow
def test_seed_command_in_the_step_folder(project: Project) -> None:
    words = ["input_artifact=preprocessed_data.csv:v0", "artifact_root=seed"]
    words += ["artifact_type=segregated_data", "test_size=0.3", "random_state=42", "stratify=genre"]
    options = [option for word in words for option in ("-P", word)]
    command = ["mlflow", "run", ".", "--env-manager", "local", *options]
    done = project.run(*command, cwd="segregate")
    assert done.status == 0, done.out + done.err
    alone = project.manifest("seed_test.csv:v0")
    assert alone["digest"] != project.manifest("data_train.csv:v0")["digest"]
    assert alone["files"][0]["sha256"] == project.manifest("data_test.csv:v0")["files"][0]["sha256"]
    # It lands in the stores of the whole, not in the step's folder.
    run = next(r for r in project.runs() if r["id"] == alone["run_ids"]["mlflow"])
    assert run["status"] == "FINISHED"
    assert run["metrics"]["rows_test"] == 1457
    assert run["params"]["stratify"] == "genre"
    made, ours = (
        {path.name for path in (root / "segregate").iterdir() if not path.is_symlink()}
        for root in (project.root, ROOT)
    )
    assert made - {"__pycache__"} == ours - {"__pycache__"}


@pytest.mark.slow
def test_first_ever_run_may_be_a_step_alone(fresh: Project) -> None:
    command = ["mlflow", "run", ".", "--env-manager", "local"]
    done = fresh.run(*command, "-P", "file_url=assets/songs_sample.parquet", cwd="get_data")
    assert done.status == 0, done.out + done.err
    assert (fresh.root / "mlflow.db").exists()
    assert not (fresh.root / "mlflow.db").is_symlink()


def test_help_fits_one_screen(project: Project) -> None:
    done = project.run("python", "main.py", "--help")
    lines = done.out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert "data/segregate: group, hash, random, stratified, time" in lines
    named = set(re.findall(r"\w+", done.out))
    assert set(ACTIONS) - {"run"} <= named
    for page in re.findall(r"docs/\S+", done.out):
        assert (ROOT / page).exists()


@pytest.mark.parametrize("words", [["--cfg", "job"], ["--cfg", "job", "--resolve"]])
def test_hydra_own_options(project: Project, words: list[str]) -> None:
    done = project.run("python", "main.py", *words)
    assert done.status == 0, done.err
    assert "test_size: 0.3" in done.out


@pytest.mark.slow
def test_hydra_options_that_are_none(project: Project) -> None:
    command = ["mlflow", "run", ".", "--env-manager", "local", "-P", "hydra_options=--cfg x"]
    done = project.run(*command)
    assert done.status == 1
    assert "error: hydra_options: '--cfg' is not a Hydra override" in done.err
