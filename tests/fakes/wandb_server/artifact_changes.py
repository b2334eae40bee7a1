"""What clients do to artifacts: create, upload, commit, alias, describe, use."""

import json
import re
import uuid
from typing import Any

from tests.fakes.wandb_server.artifact_tree import Tree, artifact_tree, manifest_tree
from tests.fakes.wandb_server.blobs import object_name
from tests.fakes.wandb_server.graphql import QueryError
from tests.fakes.wandb_server.state import Artifact, Collection, State, new_id, now

Input = dict[str, Any]


def create_artifact(state: State, user: str, given: Input) -> Tree:
    """Begin a version, or find the one with this content.

    Content that is there already makes no new version: the aliases move to it. A version that
    somebody began and has not committed is gone on with, whoever began it, so that two writers of
    the same content, or a client that was killed and comes again, end with one version.
    """
    names = given.get("artifactCollectionNames") or [given.get("artifactCollectionName")]
    entity = given.get("entityName") or user
    collection = _collection(state, entity, given["projectName"], names[0], given)
    latest = collection.aliases.get("latest")
    artifact = _with_digest(state, collection, given["digest"]) or _new(state, collection, given)
    aliases = ["latest", *(one["alias"] for one in given.get("aliases") or [])]
    if artifact.state == "COMMITTED":
        for alias in aliases:
            set_alias(collection, alias, artifact)
    else:
        artifact.wanted_aliases = list(dict.fromkeys(artifact.wanted_aliases + aliases))
    _note_output(state, f"{entity}/{given['projectName']}/{given.get('runName')}", artifact)
    state.clients[given.get("clientID") or ""] = artifact.id
    state.clients[given.get("sequenceClientID") or ""] = collection.id
    tree = artifact_tree(state, artifact) or {}
    previous = artifact_tree(state, state.artifacts.get(latest or ""))
    tree["artifactSequence"] = tree["artifactSequence"] | {"latestArtifact": previous}
    return {"__typename": "CreateArtifactPayload", "artifact": tree}


def _collection(state: State, entity: str, project: str, name: str, given: Input) -> Collection:
    kind = given["artifactTypeName"]
    made = Collection(new_id("ArtifactCollection"), entity, project, name, kind, now())
    known = state.collections.setdefault(made.key, made)
    if known.type != kind:
        raise QueryError(f"artifact collection {name} already has type {known.type}, not {kind}")
    return known


def _with_digest(state: State, collection: Collection, digest: str) -> Artifact | None:
    same = [
        a for a in state.artifacts.values() if (a.collection, a.digest) == (collection.key, digest)
    ]
    return min(same, key=lambda a: a.state) if same else None  # COMMITTED before PENDING


def _new(state: State, collection: Collection, given: Input) -> Artifact:
    run = f"{collection.entity}/{collection.project}/{given.get('runName')}"
    made = Artifact(
        new_id("Artifact"), collection.key, collection.type, given["digest"], now(),
        run=run if run in state.runs else None, description=given.get("description"),
        metadata=given.get("metadata"), algorithm=given.get("digestAlgorithm"),
    )  # fmt: skip
    state.artifacts[made.id] = made
    return made


def _note_output(state: State, key: str, artifact: Artifact) -> None:
    run = state.runs.get(key)
    if run and artifact.id not in run.outputs:
        run.outputs.append(artifact.id)


def set_alias(collection: Collection, alias: str, artifact: Artifact) -> None:
    """Let an alias mean this version; vN is no alias."""
    if not re.fullmatch(r"v\d+", alias):
        collection.aliases[alias] = artifact.id


def create_manifest(state: State, user: str, given: Input) -> Tree:
    """Give the manifest of a version a place."""
    identity = new_id("ArtifactManifest")
    path = f"manifests/{uuid.uuid4().hex}/wandb_manifest.json"
    state.manifests[identity] = path
    known(state, given["artifactID"]).manifest = identity
    return {"artifactManifest": manifest_tree(state, identity, path)}


def create_files(state: State, user: str, given: Input) -> Tree:
    """Say for each file where its bytes go; bytes that are there already go nowhere."""
    edges = []
    for file in given["artifactFiles"]:
        name = object_name(file["md5"])
        upload = None if state.blobs.has(name) else state.link(name)
        node = {"__typename": "File", "id": new_id("File"), "name": file["name"]}
        node |= {"displayName": file["name"], "storagePath": name, "uploadUrl": upload}
        node |= {"uploadHeaders": [], "uploadMultipartUrls": None}
        node["artifact"] = {"__typename": "Artifact", "id": file["artifactID"]}
        edges.append({"node": node})
    return {"files": {"edges": edges}}


def commit_artifact(state: State, user: str, given: Input) -> Tree:
    """Make a begun version the newest of its collection.

    Raises:
        QueryError: its manifest, or bytes that the manifest names, have not arrived.
    """
    artifact = known(state, given["artifactID"])
    collection = state.collections[artifact.collection]
    if artifact.state != "COMMITTED":
        artifact.files = _manifest_files(state, artifact)
        artifact.state, artifact.version = "COMMITTED", len(collection.versions)
        collection.versions.append(artifact.id)
        for alias in artifact.wanted_aliases:
            set_alias(collection, alias, artifact)
    return {"artifact": artifact_tree(state, artifact)}


def _manifest_files(state: State, artifact: Artifact) -> dict[str, Input]:
    content = state.blobs.read(state.manifests.get(artifact.manifest or "", "none"))
    if not content:
        raise QueryError(f"artifact {artifact.collection} has no manifest yet")
    files = {}
    for path, entry in json.loads(content)["contents"].items():
        if "ref" in entry:
            raise QueryError("the double of the W&B server does not know references")
        files[path] = {"size": entry.get("size") or 0, "md5": entry["digest"]}
        if not state.blobs.has(object_name(entry["digest"])):
            raise QueryError(f"the bytes of {path} of {artifact.collection} have not arrived")
    return files


def known(state: State, identity: str) -> Artifact:
    """Return the version with this id.

    Raises:
        QueryError: there is none.
    """
    if identity not in state.artifacts:
        raise QueryError(f"artifact {identity} not found")
    return state.artifacts[identity]


def use_artifact(state: State, user: str, given: Input) -> Tree:
    """Note that a run, which may have ended long ago, has used a version."""
    artifact = known(state, given["artifactID"])
    key = f"{given.get('entityName') or user}/{given['projectName']}/{given['runName']}"
    if key not in state.runs:
        raise QueryError(f"run {key} not found")
    if key not in artifact.used_by:
        artifact.used_by.append(key)
        state.runs[key].inputs.append(artifact.id)
    return {"artifact": artifact_tree(state, artifact)}


def add_aliases(state: State, user: str, given: Input) -> Tree:
    """Let aliases mean a version."""
    artifact = known(state, given["artifactID"])
    for one in given["aliases"]:
        set_alias(_named(state, user, one), one["alias"], artifact)
    return {"success": True}


def delete_aliases(state: State, user: str, given: Input) -> Tree:
    """Take aliases from a version; one that means another version by now stays."""
    for one in given["aliases"]:
        aliases = _named(state, user, one).aliases
        if aliases.get(one["alias"]) == given["artifactID"]:
            del aliases[one["alias"]]
    return {"success": True}


def _named(state: State, user: str, alias: Input) -> Collection:
    entity, project = alias.get("entityName") or user, alias["projectName"]
    return state.collections[f"{entity}/{project}/{alias['artifactCollectionName']}"]


def update_artifact(state: State, user: str, given: Input) -> Tree:
    """Change what is said about a version."""
    artifact = known(state, given["artifactID"])
    other = {name for name, value in given.items() if value} - {"artifactID", "description"}
    if strange := other - {"metadata", "ttlDurationSeconds"}:
        raise QueryError(f"updateArtifact with {sorted(strange)}: the double does not know this")
    for name in ("description", "metadata"):
        if given.get(name) is not None:
            setattr(artifact, name, given[name])
    return {"artifact": artifact_tree(state, artifact)}
