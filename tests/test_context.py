"""What a run hands to its steps: made from the config, handed on, and gone afterwards."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import context, paths
from pipeline.context import HANDED, RunContext
from pipeline.errors import InputError

MAIN = {"artifact_store": "artifacts", "project_name": "songs", "workers": 1}
TRACKING = {"wandb": "auto", "timeout": 3, "upload_timeout": 8}


@pytest.fixture(autouse=True)
def _plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which nobody is logged in and no run is under way."""
    for name in list(os.environ):
        if name.startswith(context.OWN):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path))


def test_the_config_says_what_the_environment_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = RunContext.of(MAIN, TRACKING)
    assert plain.artifact_store == str(paths.ROOT / "artifacts")
    assert (plain.wandb, plain.wandb_mode, plain.project) == ("auto", "offline", "songs")
    assert (plain.timeout, plain.upload_timeout, plain.mlflow_run) == (3, 8, None)
    for name, value in {"MODE": "online", "PROJECT": "p", "RUN_GROUP": "g", "NOTES": "n"}.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    given = RunContext.of(MAIN | {"artifact_store": "s3://b/p", "workers": 3}, TRACKING)
    assert given.artifact_store == "s3://b/p"
    assert (plain.workers, given.workers) == (1, 3)
    assert (given.wandb, given.wandb_mode) == ("online", "online")
    assert (given.project, given.group, given.notes) == ("p", "g", "n")


def test_an_unknown_mode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "onlin")
    with pytest.raises(InputError, match=r"'onlin' is unknown: did you mean 'online'\?"):
        RunContext.of(MAIN, TRACKING)


def test_a_step_finds_what_it_was_handed(monkeypatch: pytest.MonkeyPatch) -> None:
    handed = replace(
        RunContext.of(MAIN, TRACKING), group="dev-1", recorder="/tmp/x", record_folder="/r"
    )
    for name, value in handed.to_environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WANDB_MODE", "online")  # main.py has looked at it, and knew better
    assert RunContext.from_environ() == handed
    monkeypatch.setenv("MLFLOW_RUN_ID", "f00d")
    assert RunContext.from_environ() == replace(handed, mlflow_run="f00d")


def test_a_step_alone_reads_the_config() -> None:
    alone = RunContext.from_environ()
    assert alone.project == "reproducible_ml_pipeline"
    assert alone.record_folder is None


def test_trackers_find_their_files_in_the_repository_unless_the_user_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://team")
    settings = RunContext.of(MAIN, TRACKING).to_environ()
    assert settings["MLFLOW_TRACKING_URI"] == "http://team"
    assert settings["WANDB_DIR"] == str(paths.ROOT)
    assert settings["WANDB_MODE"] == "offline"


def test_what_is_applied_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_PROJECT", "mine")
    before = dict(os.environ)
    outer = RunContext.of(MAIN, TRACKING)
    with outer.applied():
        assert RunContext.from_environ() == outer
        with replace(outer, record_folder="/r").applied():
            assert RunContext.from_environ().record_folder == "/r"
        assert RunContext.from_environ() == outer
    with pytest.raises(ZeroDivisionError), outer.applied():
        _ = 1 / 0
    assert dict(os.environ) == before
    assert HANDED not in os.environ
