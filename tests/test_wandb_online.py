"""A whole run recorded online, by W&B's client in a double of its server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.fakes.wandb_person import IMPATIENT
from tests.fakes.wandb_server import KEY, Fault, WandbServer
from tests.test_wandb_sync import whole

QUICK = ("python", "main.py", "experiment=quick")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WandbServer]:
    with WandbServer(tmp_path / "server") as server:
        yield server


def online(server: WandbServer, project: Project) -> dict[str, str]:
    service = {"WANDB_MODE": "online", "WANDB_BASE_URL": server.url, "WANDB_API_KEY": KEY}
    return service | IMPATIENT | {"WANDB_CONFIG_DIR": str(project.root.parent / "config")}


def test_a_whole_run_with_its_lineage(fresh: Project, server: WandbServer) -> None:
    done = fresh.run(*QUICK, **online(server, fresh))
    assert done.status == 0, done.out + done.err
    whole(server, fresh)
    assert KEY not in done.out + done.err + (fresh.root / "ml_pipeline.log").read_text()


@pytest.mark.parametrize(
    "fault", [Fault(status=401), Fault(status=500, on="CommitArtifact"), Fault(drop=True, on="PUT")]
)
def test_what_the_server_does_not_take_is_said_and_kept(
    fresh: Project, server: WandbServer, fault: Fault
) -> None:
    server.fail(fault)
    words = ("main.steps=get_data",)
    done = fresh.run(*QUICK, *words, **online(server, fresh))
    assert done.status == 1
    last = done.err.splitlines()[-1]
    assert last.startswith("error: step get_data failed: W&B ")
    assert "WANDB_MODE=offline or disabled does without the service" in last
    assert "Traceback" not in done.out + done.err
    assert KEY not in done.out + done.err
    assert fresh.manifest("raw_data.parquet:v0")["metadata"]["rows"] == 5000  # not lost
