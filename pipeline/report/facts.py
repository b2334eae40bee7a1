"""All that the report of a run says, gathered from its manifest, the artifacts and other runs."""

import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.report.masking import masked
from pipeline.report.profile import Profile, profile
from pipeline.store.artifacts import Store, Version
from pipeline.tracking.record import reference

LARGEST = 100_000_000  # bytes of a table that is still read for its profile
KINDS = ("evaluation", "certificate", "gate")  # types of artifacts that a report reads
Artifact = Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """A run as its report shows it; secrets are masked.

    Attributes:
        recorded: the manifest.
        previous: the manifest of the run that it is compared with.
        contents: type of an artifact (of KINDS) → its content.
        profile: of the table that was divided.
        lacks: what could not be had → why, in one sentence.
    """

    recorded: dict[str, Any]
    previous: dict[str, Any] | None = None
    contents: dict[str, Any] = field(default_factory=dict)
    profile: Profile | None = None
    lacks: dict[str, str] = field(default_factory=dict)


def gather(recorded: Any, earlier: Iterable[Any], location: str) -> Facts:
    """Gather what is known of a run.

    Args:
        recorded: its manifest.
        earlier: the manifests of the runs before it, the newest first.
        location: the folder or URL of the store of its artifacts.
    """
    contents: dict[str, Any] = {}
    lacks: dict[str, str] = {}
    catalogs = dict.fromkeys(["", *(step.get("catalog") or "" for step in recorded["steps"])])
    stores = [Store(location, catalog) for catalog in catalogs]
    for kind in KINDS:
        if made := output(recorded, kind):
            try:
                contents[kind] = masked(_json(stores, made))
            except InputError as error:
                lacks[kind] = f"{reference(made)} cannot be read: {masked(str(error))}."
    previous = comparable(recorded, earlier)
    described = None
    try:
        described = _profile(recorded, stores)
    except InputError as error:
        lacks["profile"] = f"{masked(str(error))}."
    return Facts(masked(_slim(recorded)), previous and masked(_slim(previous)), contents, described,
                 lacks)  # fmt: skip


def _slim(recorded: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest without what no report shows; of the patch the names and a digest."""
    patch = str(recorded["code"]["patch"])
    heads = [line for line in patch.splitlines() if line.startswith("diff --git ")]
    digest = [sha256(patch.encode("utf-8", "surrogatepass")).hexdigest()] if patch else []
    code = recorded["code"] | {"patch": "\n".join([*heads, *digest])}
    steps = [step | {"facts": {}, "parameters": {}} for step in recorded["steps"]]
    return recorded | {"code": code, "steps": steps}


def output(recorded: Mapping[str, Any], kind: str) -> Artifact | None:
    """Return the artifact of a type that a run made last, None without one."""
    made = [a for step in recorded["steps"] for a in step["outputs"]]
    found = [a for a in made if kind in (a["type"], a["name"].removesuffix(".json"))]
    return found[-1] if found else None


def comparable(
    recorded: dict[str, Any], earlier: Iterable[dict[str, Any]]
) -> dict[str, Any] | None:
    """Return the newest earlier run on the same target that ended well and has all our steps."""
    ours = {step["step"] for step in recorded["steps"]}
    target = recorded["config"]["data"].get("target")
    for other in earlier:
        if other["config"]["data"].get("target") != target:
            continue
        ended = {s["step"] for s in other["steps"] if s["status"] in ("finished", "cached")}
        if ours and ours <= ended and len(ended) == len(other["steps"]):
            return other
    return None


def divided(recorded: Mapping[str, Any]) -> Artifact | None:
    """Return the table to describe: what the step read that divided the rows, else the last made.

    Tables of predictions do not count.
    """
    for step in recorded["steps"]:
        if any(a["type"] == "certificate" for a in step["outputs"]) and step["inputs"]:
            return dict(step["inputs"][0])
    steps = reversed(recorded["steps"])
    tables = [a for s in steps for a in (*s["outputs"], *s["inputs"]) if _is_table(a)]
    return tables[0] if tables else None


def _is_table(artifact: Artifact) -> bool:
    named_so = re.search(r"\.(csv|parquet)$", artifact["name"])
    return bool(named_so) and artifact["type"] != "predictions"


def _found(stores: Sequence[Store], artifact: Artifact) -> Version:
    """Return the version with an artifact's content, whatever its number in the catalogs."""
    for store in stores:
        if version := store.same(artifact["name"], artifact["digest"]):
            return version
    raise InputError(f"{reference(artifact)} is gone from {stores[0].url}")


def _json(stores: Sequence[Store], artifact: Artifact) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        file = stores[0].download(_found(stores, artifact), Path(folder))
        return json.loads(file.read_text(encoding="utf-8"))


def _profile(recorded: Mapping[str, Any], stores: Sequence[Store]) -> Profile | None:
    from pipeline.tables import table_files

    artifact = divided(recorded)
    if artifact is None:
        return None
    version = _found(stores, artifact)
    size = sum(file.size for file in version.files)
    if size > LARGEST:
        raise InputError(
            f"{reference(artifact)} has {size / 1e6:,.0f} MB; tables above {LARGEST / 1e6:,.0f} MB "
            "are not read for a report"
        )
    with tempfile.TemporaryDirectory() as folder:
        file = stores[0].download(version, Path(folder))
        return profile(table_files.read(file, version.metadata), masked(reference(artifact)))
