"""Runs as the trees that queries read."""

import json
from functools import partial
from typing import Any

from tests.fakes.wandb_server import artifact_tree as artifacts
from tests.fakes.wandb_server.artifact_tree import Tree, page
from tests.fakes.wandb_server.state import Run, State, now

HISTORY, EVENTS = "wandb-history.jsonl", "wandb-events.jsonl"


def run_tree(state: State, run: Run | None) -> Any:
    """Return a run with what can be asked of it; None for none."""
    if run is None:
        return None
    return {
        "__typename": "Run",
        "id": run.id,
        "name": run.name,
        "displayName": run.display_name or run.name,
        "description": "",
        "config": run.config,
        "summaryMetrics": run.summary,
        "sweepName": None,
        "state": run.state,
        "jobType": run.job_type,
        "group": run.group,
        "tags": run.tags,
        "notes": run.notes,
        "commit": None,
        "readOnly": False,
        "stopped": False,
        "createdAt": run.created,
        "heartbeatAt": now(),
        "user": {"__typename": "User", "name": run.user, "username": run.user},
        "project": lambda: _project(state, run),
        "projectId": "1",
        "wandbConfig": lambda keys: _internal_config(run, keys),
        "systemMetrics": "{}",
        **_streams(state, run),
        "fileCount": lambda: len(state.blobs.names(f"runs/{run.key}")),
        "files": partial(_files, state, run),
        "inputArtifacts": lambda **_: page(
            [artifacts.artifact_tree(state, state.artifacts[one]) for one in run.inputs]),
        "outputArtifacts": lambda **_: page(
            [artifacts.artifact_tree(state, state.artifacts[one]) for one in run.outputs]),
    }  # fmt: skip


def _streams(state: State, run: Run) -> Tree:
    """What can be asked of the lines that a run has streamed."""
    counts = {"historyLineCount": HISTORY, "eventsLineCount": EVENTS, "logLineCount": "output.log"}
    return {
        "historyKeys": lambda: {"lastStep": _count(state, run, HISTORY) - 1, "keys": {}},
        "historyTail": lambda: json.dumps(lines(state, run, HISTORY)[-1:]),
        "eventsTail": lambda: json.dumps(lines(state, run, EVENTS)[-1:]),
        **{name: partial(_count, state, run, file) for name, file in counts.items()},
        "history": lambda **_: lines(state, run, HISTORY),
        "events": lambda **_: lines(state, run, EVENTS),
        "parquetHistory": lambda **_: {
            "__typename": "ParquetHistory",
            "parquetUrls": [],  # of rows that the service has already compacted
            "liveData": [json.loads(line) for line in lines(state, run, HISTORY)],
        },
        "sampledHistory": lambda specs: [_sampled(state, run, json.loads(one)) for one in specs],
    }


def _project(state: State, run: Run) -> Tree:
    from tests.fakes.wandb_server.project_tree import project_tree  # each names the other

    return project_tree(state, run.entity, run.project)


def lines(state: State, run: Run, file: str) -> list[str]:
    """Return the lines that a run has streamed into one of its files."""
    return state.blobs.read(f"runs/{run.key}/{file}").decode().splitlines()


def _internal_config(run: Run, keys: list[str]) -> str:
    """Return what the client noted for itself; a run without "t" cannot be resumed."""
    noted = json.loads(run.config).get("_wandb", {}).get("value", {})
    return json.dumps({key: noted[key] for key in keys if key in noted})


def _count(state: State, run: Run, file: str) -> int:
    return len(lines(state, run, file))


def _sampled(state: State, run: Run, wanted: Tree) -> list[Tree]:
    """Return the history's rows that have all the keys asked for, with no others."""
    rows = [json.loads(line) for line in lines(state, run, HISTORY)]
    keys = wanted.get("keys") or []
    return [{key: row[key] for key in keys} for row in rows if all(key in row for key in keys)]


def _link(state: State, path: str, **_: Any) -> str:
    return state.link(path)


def _files(state: State, run: Run, names: Any = None, **_: Any) -> Tree:
    folder = f"runs/{run.key}"
    nodes = [
        {
            "__typename": "File",
            "id": name,
            "name": name,
            "url": partial(_link, state, f"{folder}/{name}"),
            "directUrl": state.link(f"{folder}/{name}"),
            "sizeBytes": state.blobs.path(f"{folder}/{name}").stat().st_size,
            "mimetype": "",
            "updatedAt": now(),
            "md5": "",
        }
        for name in state.blobs.names(folder)
        if not names or name in names
    ]
    return page(nodes)
