"""What is said in several places is said the same way."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf

from assets import draw_pipeline, make_conda_yaml
from pipeline.config import root_config, wiring

ROOT = Path(__file__).resolve().parents[1]
CONFIG = OmegaConf.to_container(root_config.load(ROOT))


@pytest.mark.parametrize("step", list(CONFIG["steps"]))
def test_config_and_mlproject_name_the_same_parameters(step: str) -> None:
    project = yaml.safe_load((ROOT / step / "MLproject").read_text())
    main = project["entry_points"]["main"]
    assert project["conda_env"] == "conda.yaml"
    assert list(main["parameters"]) == list(CONFIG["steps"][step])
    words = main["command"].split()
    assert words == ["exec", "python", "run.py", *(f"--{p}={{{p}}}" for p in main["parameters"])]
    for declared in main["parameters"].values():
        assert declared["type"] in ("string", "float", "int")
        assert declared["help"]
        schema = declared.get("schema", "columns")
        assert schema == "columns" or schema in (ROOT / step / "run.py").read_text()


def test_conda_yaml_is_what_the_lock_wants() -> None:
    assert make_conda_yaml.drifted() == []
    assert len({path.read_bytes() for path in make_conda_yaml.places()}) == 1


def test_pictures_are_up_to_date() -> None:
    for path, content in draw_pipeline.pictures().items():
        assert path.read_bytes() == content, f"run python assets/draw_pipeline.py ({path.name})"


def test_wiring_of_an_added_step() -> None:
    steps = {"a": {"artifact_name": "t.csv"}, "b": {"x": "t.csv:latest", "y": "other:v1", "z": 3}}
    found = wiring.steps_of({"steps": steps}, {"b": "does b"})
    assert found[0] == wiring.Step("a", "", (), ("t.csv",))
    assert found[1] == wiring.Step("b", "does b", ("t.csv", "other"), ())
    assert wiring.external(found) == ["other"]


def test_rooms_do_not_know_what_they_must_not() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
