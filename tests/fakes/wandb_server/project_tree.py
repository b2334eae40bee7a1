"""Projects as the trees that queries read: their runs and their artifacts."""

import json
from functools import partial

from tests.fakes.wandb_server import artifact_tree as artifacts
from tests.fakes.wandb_server.artifact_tree import Tree, page
from tests.fakes.wandb_server.graphql import QueryError
from tests.fakes.wandb_server.run_tree import run_tree
from tests.fakes.wandb_server.state import Run, State, now

FILTERS = {"group": "group", "jobType": "job_type", "state": "state", "name": "name",
           "displayName": "display_name", "display_name": "display_name"}  # fmt: skip


def project_tree(state: State, entity: str, name: str) -> Tree:
    """Return a project with what can be asked of it."""
    prefix = f"{entity}/{name}/"
    numbers = sorted({(one.entity, one.project) for one in state.runs.values()} | {(entity, name)})
    return {
        "__typename": "Project",
        "id": f"Project:{entity}/{name}",
        "internalId": f"ProjectInternalId:{numbers.index((entity, name)) + 1}",
        "name": name,
        "entityName": entity,
        "entity": entity_tree(entity),
        "createdAt": now(),
        "isBenchmark": False,
        "readOnly": False,
        "user": None,
        "run": lambda name: run_tree(state, state.runs.get(prefix + name)),
        "bucket": lambda name, **_: run_tree(state, state.runs.get(prefix + name)),
        "runs": lambda filters=None, **_: page(
            [run_tree(state, one) for one in _runs(state, prefix, filters)]),
        "runCount": lambda filters=None: len(_runs(state, prefix, filters)),
        **_artifacts(state, prefix),
    }  # fmt: skip


def entity_tree(name: str) -> Tree:
    """Return a user or a team, which belong to no organization here."""
    return {"__typename": "Entity", "id": f"Entity:{name}", "name": name, "organization": None,
            "user": None, "xxhashDigestsEnabled": False}  # fmt: skip


def _runs(state: State, prefix: str, filters: str | None) -> list[Run]:
    """Return a project's runs, the newest first; filters are equalities of a few fields."""
    wanted = json.loads(filters or "{}") or {}
    if strange := [n for n, v in wanted.items() if n not in FILTERS or isinstance(v, dict)]:
        raise QueryError(f"runs filtered by {strange}: the double does not know this")
    found = [run for key, run in state.runs.items() if key.startswith(prefix)]
    return [
        run for run in reversed(found)
        if all(getattr(run, FILTERS[name]) == value for name, value in wanted.items())
    ]  # fmt: skip


def _artifacts(state: State, prefix: str) -> Tree:
    """What can be asked of the artifacts of a project."""

    def version(name: str) -> Tree:
        collection, _, reference = name.partition(":")
        known = artifacts.found(state, prefix + collection, reference or "latest")
        return {"key": prefix + collection, "artifact": known}

    def membership(name: str) -> Tree | None:
        place = version(name)
        collection = state.collections.get(place["key"])
        return artifacts.membership_tree(state, collection, place["artifact"])

    def collection(name: str) -> Tree | None:
        known = state.collections.get(prefix + name)
        return artifacts.collection_tree(state, known) if known else None

    return {
        "artifact": lambda name, **_: artifacts.artifact_tree(state, version(name)["artifact"]),
        "artifactCollectionMembership": membership,
        "artifactCollection": collection,
        "artifactCollections": lambda **_: page(_collections(state, prefix)),
        "artifactType": partial(_type, state, prefix),
        "artifactTypes": lambda **_: page(
            [_type(state, prefix, name) for name in _types(state, prefix)]),
    }  # fmt: skip


def _collections(state: State, prefix: str, kind: str | None = None) -> list[Tree]:
    return [
        artifacts.collection_tree(state, one)
        for key, one in state.collections.items()
        if key.startswith(prefix) and kind in (None, one.type)
    ]


def _types(state: State, prefix: str) -> list[str]:
    return sorted({c.type for key, c in state.collections.items() if key.startswith(prefix)})


def _type(state: State, prefix: str, name: str) -> Tree | None:
    if name not in _types(state, prefix):
        return None

    def collection(name: str, kind: str = name) -> Tree | None:
        known = state.collections.get(prefix + name)
        return artifacts.collection_tree(state, known) if known and known.type == kind else None

    return {
        "__typename": "ArtifactType",
        "id": f"ArtifactType:{name}",
        "name": name,
        "description": None,
        "createdAt": now(),
        "artifactCollection": collection,
        "artifactCollections": lambda **_: page(_collections(state, prefix, name)),
    }
