"""Several runs in one process: nothing of one is left for the next."""

import json

import pytest

from tests.conftest import Project


@pytest.mark.thorough
def test_two_runs_with_different_configs_and_stores(fresh: Project) -> None:
    done = fresh.run("python", "tests/programs/two_runs.py")
    assert done.status == 0, done.out + done.err
    said = json.loads(done.out.splitlines()[-1])
    assert said["left"] == []
    total = fresh.manifest("preprocessed_data.csv:latest", "one")["metadata"]["rows"]
    assert said["rows"]["one"] == -(-total * 2 // 10)
    assert said["rows"]["two"] == -(-total * 4 // 10)
    parents = [run for run in fresh.runs() if "mlflow.parentRunId" not in run["tags"]]
    assert [run["status"] for run in parents] == ["FINISHED", "FINISHED"]
