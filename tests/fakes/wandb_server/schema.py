"""The root of what can be asked and done, and the way from a request's text to its answer."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.fakes.wandb_server import artifact_changes, run_changes
from tests.fakes.wandb_server.answer import answer
from tests.fakes.wandb_server.artifact_tree import Tree, artifact_tree, collection_tree, page
from tests.fakes.wandb_server.graphql import Operation, QueryError
from tests.fakes.wandb_server.project_tree import entity_tree, project_tree
from tests.fakes.wandb_server.state import State

CHANGES: dict[str, Callable[[State, str, Tree], Tree]] = {
    "upsertBucket": run_changes.upsert_run,
    "createRunFiles": run_changes.create_run_files,
    "createArtifact": artifact_changes.create_artifact,
    "createArtifactManifest": artifact_changes.create_manifest,
    "createArtifactFiles": artifact_changes.create_files,
    "commitArtifact": artifact_changes.commit_artifact,
    "useArtifact": artifact_changes.use_artifact,
    "addAliases": artifact_changes.add_aliases,
    "deleteAliases": artifact_changes.delete_aliases,
    "updateArtifact": artifact_changes.update_artifact,
    "notifyScriptableRunAlert": lambda state, user, given: {"success": True},
}


def execute(state: State, user: str, operation: Operation, variables: Tree) -> Tree:
    """Answer an operation of a user: GraphQL's {"data": ...} or {"errors": ...}."""
    with state.lock:
        try:
            data = answer(operation, _queries(state, user) | _changes(state, user), variables)
        except QueryError as error:
            return {"errors": [{"message": str(error)}]}
        if any(one.name in CHANGES for one in operation.selections):
            state.save()
    return {"data": data}


def _changes(state: State, user: str) -> Tree:
    def called(change: Callable[[State, str, Tree], Tree], **arguments: Any) -> Tree:
        return change(state, user, arguments.get("input", arguments))

    return {name: partial(called, change) for name, change in CHANGES.items()}


def _queries(state: State, user: str) -> Tree:
    def project(**given: Any) -> Tree | None:
        place = given.get("entityName") or user, given.get("name") or ""
        return project_tree(state, *place) if state.has_project(*place) else None

    def collection(**given: Any) -> Tree | None:
        every = state.collections.values()
        return next((collection_tree(state, one) for one in every if one.id == given["id"]), None)

    return {
        "viewer": partial(_viewer, state, user),
        "serverInfo": _server_info(),
        "project": project,
        "model": project,  # the older name
        "entity": lambda name: entity_tree(name),
        "artifact": lambda **given: artifact_tree(state, state.artifacts.get(given["id"])),
        "artifactCollection": collection,
        "clientIDMapping": lambda **given: {"serverID": state.clients.get(given["clientID"], "")},
    }


def _viewer(state: State, user: str) -> Tree:
    entities = sorted({run.entity for run in state.runs.values()} | {user})
    return {
        "__typename": "User",
        "id": f"User:{user}",
        "entity": user,
        "username": user,
        "name": user,
        "email": f"{user}@example.org",
        "admin": False,
        "flags": "{}",
        "deletedAt": None,
        "apiKeys": page([]),
        "teams": page([entity_tree(name) for name in entities]),
    }


def _server_info() -> Tree:
    return {
        "__typename": "ServerInfo",
        "features": [{"name": "ARTIFACT_DIGEST_ALGORITHM", "isEnabled": True}],
        "cliVersionInfo": {"max_cli_version": "99", "min_cli_version": "0.10.0"},
        "latestLocalVersionInfo": None,
    }
