"""The files of assets/team and assets/container, as far as they can be tried without Docker."""

import re
import shlex
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker
import mlflow
import pytest
import yaml
from mlflow.projects import _project_spec

from pipeline.commands import actions
from pipeline.config.schema import Config
from tests import teams
from tests.conftest import ROOT

CONTAINER = ROOT / "assets" / "container"
DOCKERFILE = (CONTAINER / "Dockerfile").read_text(encoding="utf-8")


def instructions() -> list[tuple[str, list[str]]]:
    """Return the Dockerfile's instructions and their words, without options."""
    whole = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in whole.splitlines() if line.strip()]
    return [(name, [w for w in shlex.split(rest) if not w.startswith("--")])
            for name, rest in lines]  # fmt: skip


def test_the_services_of_a_team_name_what_there_is() -> None:
    text = (teams.FOLDER / "compose.yaml").read_text(encoding="utf-8")
    compose, found = yaml.safe_load(text), teams.services()
    assert set(re.findall(r"\$\{(\w+)", text)) == set(teams.example())  # each is needed: `:?`
    assert text.count("${") == text.count(":?}")
    for service in found.values():
        assert set(service.get("depends_on", {})) <= set(found)
        volumes = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert volumes <= set(compose["volumes"])
        if "build" in service:
            context = (teams.FOLDER / service["build"]["context"]).resolve()
            assert context == ROOT
            assert (context / service["build"]["dockerfile"]).is_file()
            assert set(service["build"]["args"]) == set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.M))
    for name, service in found.items():  # who is waited for says when it is ready
        awaited = service.get("depends_on", {}).items()
        healthy = [other for other, how in awaited if how["condition"] == "service_healthy"]
        assert all("healthcheck" in found[other] for other in healthy), name
    assert "@database/" in found["mlflow"]["environment"]["MLFLOW_BACKEND_STORE_URI"]
    assert found["mlflow"]["environment"]["AWS_ENDPOINT_URL"] == "http://store:9000"


def test_a_clone_has_the_keys_of_the_store() -> None:
    lines = (teams.FOLDER / "clone.env").read_text(encoding="utf-8").splitlines()
    clone = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    keys = {name: value for name, value in teams.example().items() if name.startswith("AWS_")}
    assert keys.items() <= clone.items()
    assert clone["MLFLOW_TRACKING_URI"].partition("://")[2] in (
        teams.example()["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
    )


def test_the_image_is_made_of_what_there_is_and_holds_no_secret() -> None:
    steps = instructions()
    copied = [source for name, words in steps if name == "COPY" for source in words[:-1]]
    assert copied == ["pyproject.toml", "uv.lock", "."]
    assert all((ROOT / source).exists() for source in copied)
    users = [words for name, words in steps if name == "USER"]
    assert users[-1] != ["root"]
    (sync,) = (words for name, words in steps if name == "RUN" and words[:2] == ["uv", "sync"])
    assert sync == ["uv", "sync", "$EXTRAS"]
    assert "--locked --no-dev --no-cache --compile-bytecode" in DOCKERFILE
    extras = teams.services()["mlflow"]["build"]["args"]["EXTRAS"].split()[1::2]
    known = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(re.search(rf"^{extra} = \[", known, re.MULTILINE) for extra in extras)
    ignored = (CONTAINER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    of_git = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    names = {line.strip("/") for line in of_git if line and not line.startswith("#")}
    assert names - {"assets/team/.env"} == {line.removeprefix("**/") for line in ignored[1:]} - {
        ".env"
    }
    assert "**/.env" in ignored


def test_the_container_has_the_entry_points_of_the_root() -> None:
    ours, root = (_project_spec.load_project(str(folder)) for folder in (CONTAINER, ROOT))
    assert ours.docker_env == {"image": "reproducible-ml-pipeline"}
    texts = [yaml.safe_load((folder / "MLproject").read_text(encoding="utf-8"))
             for folder in (CONTAINER, ROOT)]  # fmt: skip
    for text in texts:
        text.pop("conda_env", None)
        text.pop("docker_env", None)
    for entry in texts[1]["entry_points"].values():  # `docker run IMAGE` has no shell
        entry["command"] = entry["command"].removeprefix("exec ")
    assert texts[0] == texts[1]
    assert set(ours._entry_points) == set(root._entry_points)


@pytest.mark.slow
def test_mlflow_asks_docker_for_our_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a stand-in for docker, which writes down what it is asked for."""
    tool = tmp_path / "docker"
    tool.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/"$1"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    image = SimpleNamespace(id="1", tags=["reproducible-ml-pipeline:latest"])
    images = SimpleNamespace(list=lambda name: [image], get=lambda name: image)
    monkeypatch.setattr(docker, "from_env", lambda: SimpleNamespace(images=images))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    parameters = {"steps": "get_data", "hydra_options": "data.test_size=0.2 model=svm"}
    ended = mlflow.projects.run(str(CONTAINER), parameters=parameters, experiment_id="0")
    asked = (tmp_path / "run").read_text().splitlines()
    command = asked[asked.index(image.tags[0]) + 1 :]
    assert command == ["python", "main.py", "--steps=get_data",
                       "--hydra-options=data.test_size=0.2 model=svm"]  # fmt: skip
    assert f"MLFLOW_RUN_ID={ended.run_id}" in asked
    job: Any = SimpleNamespace(config=Config.__new__(Config),
                               context=SimpleNamespace(mlflow_run=ended.run_id))  # fmt: skip
    job.config.main = SimpleNamespace(env_manager="auto")
    assert actions.environment(job) == "local"  # main.py is inside of the container


@pytest.mark.slow
def test_the_buckets_are_made_once(bucket: Any) -> None:
    service = teams.services()["buckets"]
    for _ in range(2):
        subprocess.run([*teams.words(service), "bucket"], cwd=ROOT, check=True)
    names = {found["Name"] for found in bucket.list_buckets()["Buckets"]}
    assert names >= {"pipeline", "mlflow"}
    for name in ("pipeline", "mlflow"):
        bucket.delete_bucket(Bucket=name)
