"""What clients do to runs: begin, describe, stream lines into their files, end."""

import json
import uuid
from typing import Any

from tests.fakes.wandb_server.artifact_tree import Tree
from tests.fakes.wandb_server.run_tree import lines, run_tree
from tests.fakes.wandb_server.state import Run, State, new_id, now

# what upsertBucket calls it → the run's field
FIELDS = {"displayName": "display_name", "config": "config", "jobType": "job_type",
          "groupName": "group", "notes": "notes", "tags": "tags", "state": "state",
          "summaryMetrics": "summary"}  # fmt: skip


def upsert_run(state: State, user: str, given: dict[str, Any]) -> Tree:
    """Begin a run, go on with one (by name), or change what is said about one (by id)."""
    run = next((one for one in state.runs.values() if one.id == given.get("id")), None)
    inserted = False
    if run is None:
        entity, project = given.get("entityName") or user, given.get("modelName")
        name = given.get("name") or uuid.uuid4().hex[:8]
        made = Run(new_id("Run"), entity, project or "uncategorized", name, user, now())
        inserted = made.key not in state.runs
        run = state.runs.setdefault(made.key, made)
        run.state, run.exit_code = "running", None
    for name, attribute in FIELDS.items():
        if given.get(name) is not None:
            setattr(run, attribute, given[name])
    return {"bucket": run_tree(state, run), "inserted": inserted}


def create_run_files(state: State, user: str, given: dict[str, Any]) -> Tree:
    """Say where the files of a run go."""
    folder = f"runs/{given.get('entityName') or user}/{given['projectName']}/{given['runName']}"
    files = [{"name": name, "uploadUrl": state.link(f"{folder}/{name}")} for name in given["files"]]
    return {"runID": given["runName"], "uploadHeaders": [], "files": files}


def stream(state: State, key: str, body: dict[str, Any]) -> bool:
    """Take lines of a run's files, and its end; False when there is no such run.

    Lines come with their number, so that lines which are sent again are not there twice.
    """
    run = state.runs.get(key)
    if run is None:
        return False
    for name, part in (body.get("files") or {}).items():
        content = [line.rstrip("\n") for line in part.get("content") or []]
        if name == "wandb-summary.json":
            run.summary = content[-1] if content else run.summary
            continue
        known, offset = lines(state, run, name), part.get("offset") or 0
        known[offset : offset + len(content)] = content
        text = "".join(f"{line}\n" for line in known)
        state.blobs.write(f"runs/{key}/{name}", text.encode())
    if body.get("complete"):
        run.exit_code = int(body.get("exitcode") or 0)
        run.state = "failed" if run.exit_code else "finished"
    return True


def plain_config(run: Run) -> dict[str, Any]:
    """Return a run's config as its user gave it."""
    entries = json.loads(run.config).items()
    return {
        name: entry["value"] if isinstance(entry, dict) and "value" in entry else entry
        for name, entry in entries
        if not name.startswith("_")
    }
