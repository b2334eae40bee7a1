"""Artifacts as the trees that queries read: versions, collections, memberships, files."""

import re
from functools import partial
from typing import Any

from tests.fakes.wandb_server.blobs import object_name
from tests.fakes.wandb_server.state import Artifact, Collection, State, now

Tree = dict[str, Any]


def page(nodes: list[Any], **more: Any) -> Tree:
    """Return a list as W&B pages it; the double has everything on one page."""
    return {
        "__typename": "Connection",
        "totalCount": len(nodes),
        "pageInfo": {"__typename": "PageInfo", "endCursor": None, "hasNextPage": False},
        "edges": [{"__typename": "Edge", "cursor": str(n), "node": node} | more
                  for n, node in enumerate(nodes)],
    }  # fmt: skip


def found(state: State, key: str, reference: str) -> Artifact | None:
    """Return the version that vN or an alias means in a collection."""
    collection = state.collections.get(key)
    if collection is None:
        return None
    number = re.fullmatch(r"v(\d+)", reference)
    versions = [state.artifacts[one] for one in collection.versions]
    if number:
        return next((a for a in versions if a.version == int(number[1])), None)
    return state.artifacts.get(collection.aliases.get(reference, ""))


def artifact_tree(state: State, artifact: Artifact | None) -> Tree | None:
    """Return a version with everything that can be asked of it."""
    if artifact is None:
        return None
    collection = state.collections[artifact.collection]
    sequence = collection_tree(state, collection)
    manifest = state.manifests.get(artifact.manifest or "", "")
    return {
        "__typename": "Artifact",
        "id": artifact.id,
        "artifactSequence": sequence,
        "artifactCollection": sequence,
        "versionIndex": artifact.version,
        "artifactType": {"__typename": "ArtifactType", "name": artifact.type},
        "description": artifact.description,
        "metadata": artifact.metadata,
        "ttlDurationSeconds": -2,  # the client's word for: as the collection says
        "ttlIsInherited": True,
        "tags": [],
        "historyStep": None,
        "state": artifact.state,
        "size": artifact.size,
        "digest": artifact.digest,
        "digestAlgorithm": artifact.algorithm or "MANIFEST_MD5",
        "commitHash": None,
        "fileCount": len(artifact.files),
        "createdAt": artifact.created,
        "updatedAt": None,
        "aliases": [
            alias_tree(one) | {"artifactCollection": sequence}
            for one in aliases_of(collection, artifact)
        ],
        "currentManifest": manifest_tree(state, artifact.manifest or "", manifest),
        "filesByManifestEntries": lambda **_: page(file_trees(state, artifact)),
        "createdBy": lambda: state.runs.get(artifact.run or "") and _run(state, artifact.run or ""),
        "usedBy": lambda **_: page([_run(state, key) for key in artifact.used_by]),
    }


def _run(state: State, key: str) -> Any:
    from tests.fakes.wandb_server.run_tree import run_tree  # each names the other

    return run_tree(state, state.runs[key])


def aliases_of(collection: Collection, artifact: Artifact) -> list[str]:
    """Return the aliases that mean this version."""
    return sorted(a for a, target in collection.aliases.items() if target == artifact.id)


def alias_tree(alias: str) -> Tree:
    """Return an alias."""
    return {"__typename": "ArtifactAlias", "id": f"alias-{alias}", "alias": alias}


def manifest_tree(state: State, identity: str, path: str) -> Tree | None:
    """Return a manifest: where its bytes are fetched and uploaded."""
    if not path:
        return None
    link = state.link(path)
    file: Tree = {"__typename": "File", "id": identity, "name": "wandb_manifest.json"}
    file |= {"directUrl": link, "uploadUrl": link, "uploadHeaders": []}
    return {"__typename": "ArtifactManifest", "id": identity, "file": file}


def file_trees(state: State, artifact: Artifact, names: list[str] | None = None) -> list[Tree]:
    """Return an artifact's files, or those of these names."""
    chosen = {n: f for n, f in artifact.files.items() if not names or n in names}
    return [_file_tree(state, name, file) for name, file in chosen.items()]


def _file_tree(state: State, name: str, file: Tree) -> Tree:
    link = state.link(object_name(file["md5"]))
    return {
        "__typename": "File",
        "id": name,
        "name": name,
        "displayName": name,
        "url": link,
        "directUrl": link,
        "sizeBytes": file["size"],
        "storagePath": "",
        "mimetype": "",
        "updatedAt": now(),
        "digest": file["md5"],
        "md5": file["md5"],
    }


def collection_tree(state: State, collection: Collection) -> Tree:
    """Return a collection; its versions are looked up only when asked for."""
    from tests.fakes.wandb_server.project_tree import project_tree

    versions = [state.artifacts[one] for one in collection.versions]
    latest = collection.aliases.get("latest")
    return {
        "__typename": "ArtifactSequence",
        "id": collection.id,
        "name": collection.name,
        "description": None,
        "createdAt": collection.created,
        "updatedAt": None,
        "project": project_tree(state, collection.entity, collection.project),
        "defaultArtifactType": {"__typename": "ArtifactType", "name": collection.type},
        "digestAlgorithm": "MANIFEST_MD5",
        "tags": page([]),
        "latestArtifact": lambda: artifact_tree(state, state.artifacts.get(latest or "")),
        "aliases": lambda **_: page([alias_tree(one) for one in collection.aliases]),
        "artifactMembership": lambda **given: membership_tree(
            state, collection, found(state, collection.key, given["aliasName"])),
        "artifacts": lambda **_: _versions(state, versions),
    }  # fmt: skip


def _versions(state: State, versions: list[Artifact]) -> Tree:
    made = page([artifact_tree(state, one) for one in reversed(versions)])  # the newest first
    for edge, version in zip(made["edges"], reversed(versions), strict=True):
        edge["version"] = f"v{version.version}"
    return made


def membership_tree(
    state: State, collection: Collection | None, artifact: Artifact | None
) -> Tree | None:
    """Return a version's place in a collection."""
    if collection is None or artifact is None:
        return None
    return {
        "__typename": "ArtifactCollectionMembership",
        "id": f"membership-{artifact.id}",
        "createdAt": artifact.created,
        "versionIndex": artifact.version,
        "artifactCollection": collection_tree(state, collection),
        "aliases": [alias_tree(one) for one in aliases_of(collection, artifact)],
        "artifact": artifact_tree(state, artifact),
        "files": partial(_member_files, state, artifact),
    }


def _member_files(state: State, artifact: Artifact, names: Any = None, **_: Any) -> Tree:
    return page(file_trees(state, artifact, names))
