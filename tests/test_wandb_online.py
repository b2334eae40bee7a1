"""Whole runs recorded online, by W&B's client in a double of its server."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project, copy_project
from tests.fakes.wandb_person import Person
from tests.fakes.wandb_server import KEY, WandbServer
from tests.test_wandb_sync import OUTPUTS, account, whole

pytestmark = pytest.mark.slow
QUICK = ("python", "main.py", "experiment=quick")
MIRROR = "artifacts/wandb/tester/reproducible_ml_pipeline"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WandbServer]:
    with WandbServer(tmp_path / "server") as server:
        yield server


def lineage(server: WandbServer, folder: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    """Everything that W&B's public API says, to somebody who was never here."""
    somebody = Person(folder / "somebody", server.url)
    done = somebody.run("wandb_versions.py", "tester/reproducible_ml_pipeline", *names)
    assert done.status == 0, done.err
    return dict(json.loads(done.out))


def ran(project: Project, *words: str, **environment: str) -> str:
    done = project.run(*QUICK, *words, **environment)
    assert done.status == 0, done.out + done.err
    assert "Traceback" not in done.out + done.err
    return done.out


def test_a_run_then_the_same_by_somebody_else(tmp_path: Path, server: WandbServer) -> None:
    """Each at a machine of their own, with nothing that does not come from the server."""
    first, second = (copy_project(tmp_path / name / "repository") for name in ("one", "two"))
    ran(first, "main.report=true", **account(server, first))
    for folder in ("wandb", "outputs", "mlruns", "artifacts"):
        for file in (first.root / folder).rglob("*"):
            assert file.is_dir() or KEY.encode() not in file.read_bytes(), file
    whole(server, first, MIRROR)
    sent = server.traffic()["uploaded_bytes"]
    ran(second, **account(server, second))
    again = server.traffic()["uploaded_bytes"] - sent  # pictures, config and logs: no artifact
    held = [f["size"] for a in server.artifacts() for f in a["files"].values()
            if not a["collection"].startswith("run-")]  # fmt: skip
    assert again < sent - 0.98 * sum(held)
    known = lineage(server, tmp_path, OUTPUTS)
    assert sorted(known) == [f"{name}:v0" for name in OUTPUTS]  # the same content: no new version
    verdict = known["checks.json:v0"].pop("aliases")
    assert sorted(alias.split("-")[0] for alias in verdict) == ["latest", "table"]
    assert {tuple(facts.get("aliases", ["latest"])) for facts in known.values()} == {("latest",)}
    used = {name: (facts["logged_by"], facts["used_by"]) for name, facts in known.items()}
    assert used == {
        "raw_data.parquet:v0": ("get_data", ["preprocess"] * 2),
        "preprocessed_data.csv:v0": ("preprocess", ["check_data"] * 2 + ["segregate"] * 2),
        "checks.json:v0": ("check_data", []),
        "data_train.csv:v0": ("segregate", ["train_random_forest"] * 2),
        "data_test.csv:v0": ("segregate", ["evaluate"] * 2),
        "data_certificate.json:v0": ("segregate", []),
        "validation_predictions.parquet:v0": ("train_random_forest", []),
        "model_export:v0": ("train_random_forest", ["evaluate"] * 2),
        "predictions.parquet:v0": ("evaluate", []),
        "evaluation.json:v0": ("evaluate", []),
        "gate.json:v0": ("evaluate", []),
    }


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WandbServer, Project]]:
    """A server that holds the artifacts of the first four steps, and who made them."""
    folder = tmp_path_factory.mktemp("shared")
    with WandbServer(folder / "server") as server:
        made = copy_project(folder / "repository")
        ran(made, "main.steps=get_data:segregate", **account(server, made))
        yield server, made


def test_another_machine_goes_on_from_any_step(
    shared: tuple[WandbServer, Project], tmp_path: Path
) -> None:
    server, _ = shared
    other = copy_project(tmp_path / "repository")
    ran(other, "main.steps=train_random_forest", **account(server, other))
    words = ["python", "segregate/run.py", "--input_artifact", "preprocessed_data.csv:v0",
             "--artifact_root", "data", "--artifact_type", "segregated_data", "--test_size", "0.25",
             "--random_state", "42", "--stratify", "genre"]  # fmt: skip
    done = other.run(*words, **account(server, other))
    assert done.status == 0, done.out + done.err
    known = lineage(server, tmp_path, ["data_test.csv", "model_export", "preprocessed_data.csv"])
    assert known["model_export:v0"]["logged_by"] == "train_random_forest"
    assert known["data_test.csv:v1"]["aliases"] == ["latest"]
    assert known["preprocessed_data.csv:v0"]["used_by"].count("segregate") == 2


def test_a_hit_asks_whether_the_service_still_has_the_version(
    shared: tuple[WandbServer, Project],
) -> None:
    server, made = shared
    server.remove("raw_data.parquet", 0)
    out = ran(made, "main.steps=get_data,preprocess", **account(server, made))
    assert re.search(r"^\[1/2\] get_data  run: output raw_data.parquet:v0 is gone from W&B project "
                     r"tester/reproducible_ml_pipeline$", out, re.MULTILINE)  # fmt: skip
    assert "hit" not in out.partition("[2/2]")[0]
    again = ran(made, "main.steps=get_data,preprocess", **account(server, made))
    assert len(re.findall(r"  hit: ", again)) == 2


@pytest.mark.thorough
def test_somebody_elses_latest_is_not_taken_for_ours(
    shared: tuple[WandbServer, Project], tmp_path: Path
) -> None:
    """While a run goes on, `latest` is moved to another split."""
    server, made = shared
    known = account(server, made)
    ran(made, "main.steps=segregate", "data.test_size=0.4", **known)
    with made.start(*QUICK, "main.steps=segregate:evaluate", "data.test_size=0.35",
                    **known) as running:  # fmt: skip
        while True:
            held = [a for a in server.artifacts() if a["collection"] == "data_test.csv"]
            held = [a for a in held if a["state"] == "COMMITTED"]
            newest = max(a["version"] for a in held)
            if newest == len(held) - 1 and held[-1]["metadata"]["rows"] == round(4854 * 0.35):
                break
            assert running.poll() is None
        server.control.aim("data_test.csv", "latest", newest - 1)
        out, _ = running.communicate(timeout=120)
    assert running.returncode == 0, out
    facts = lineage(server, tmp_path, ["data_test.csv"])
    assert "evaluate" in facts[f"data_test.csv:v{newest}"]["used_by"]
    assert "evaluate" not in facts[f"data_test.csv:v{newest - 1}"]["used_by"]


def test_the_reference_is_set_in_the_project(
    shared: tuple[WandbServer, Project], tmp_path: Path
) -> None:
    server, made = shared
    done = made.run("python", "main.py", "main.action=set_reference", **account(server, made))
    assert done.out == "preprocessed_data.csv:reference-songs_sample was not there, is v0\n"
    known = lineage(server, tmp_path, ["preprocessed_data.csv"])
    assert known["preprocessed_data.csv:v0"]["aliases"] == ["latest", "reference-songs_sample"]


@pytest.mark.thorough
def test_the_same_bytes_with_other_types_are_another_version(tmp_path: Path) -> None:
    """As in the artifact store: for W&B alone they would be the same."""
    table = tmp_path / "numbers.csv"
    table.write_text("n,genre\n" + "".join(f"{i % 7},{'ab'[i % 2]}\n" for i in range(60)))
    with WandbServer(tmp_path / "server") as server:
        project = copy_project(tmp_path / "repository")
        program = ("python", "tests/programs/write_numbers.py")
        known = account(server, project) | {"PYTHONPATH": str(project.root)}
        for kind, version in (("int64", 0), ("int32", 1), ("int64", 0), ("int32", 1)):
            done = project.run(*program, kind, **known)
            assert done.status == 0, done.out + done.err
            assert f"wrote n.csv:v{version}" in done.out
