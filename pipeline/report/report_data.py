"""What a report is made from: the manifest of a run, the artifacts that are kept, other runs."""

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config.model import CARD
from pipeline.errors import InputError
from pipeline.judging.evaluation import Evaluation, GateResult
from pipeline.replay.manifest import Manifest, model, output, table
from pipeline.report.profile import Profile, Shift, profile, shifts
from pipeline.store.artifacts import Store, Version
from pipeline.text.masking import masked
from pipeline.tracking.record import ArtifactFacts, reference

if TYPE_CHECKING:
    import pyarrow as pa

LARGEST = 100_000_000  # bytes of a table that is still read for its profile
KINDS = ("evaluation", "certificate", "gate")  # types of artifacts that a report reads
Certificate = Mapping[str, Any]  # as segregate writes it


@dataclass(frozen=True)
class Shifts:
    """The columns of a table that are not as in its reference; both by their references."""

    table: str
    reference: str
    columns: Sequence[Shift]


@dataclass(frozen=True)
class ReportData:
    """A run as its report shows it; secrets are masked.

    Attributes:
        manifest: of the run.
        previous: the manifest of the run that it is compared with.
        evaluation, certificate, gate: what its artifacts of these types hold.
        profile: of the table that was divided.
        card: of the model, as training wrote it.
        shifts: the columns that check_data found to differ from the reference.
        lacks: what could not be read → why, in one sentence.
    """

    manifest: Manifest
    previous: Manifest | None = None
    evaluation: Evaluation | None = None
    certificate: Certificate | None = None
    gate: GateResult | None = None
    profile: Profile | None = None
    shifts: Shifts | None = None
    card: str | None = None
    lacks: dict[str, str] = field(default_factory=dict)


def gather(manifest: Manifest, earlier: Iterable[Manifest], location: str) -> ReportData:
    """Gather what is kept of a run.

    Args:
        manifest: of the run.
        earlier: the manifests of the runs before it, the newest first.
        location: the folder or URL of the store of its artifacts.
    """
    contents: dict[str, Any] = {}
    lacks: dict[str, str] = {}
    catalogs = dict.fromkeys(["", *(step.get("catalog") or "" for step in manifest["steps"])])
    stores = [Store(location, catalog) for catalog in catalogs]
    for kind in KINDS:
        if artifact := output(manifest, kind):
            try:
                contents[kind] = masked(_json(stores, artifact))
            except InputError as error:
                lacks[kind] = f"{reference(artifact)} cannot be read: {masked(str(error))}."
    described: dict[str, Any] = {}
    for name, describe in (("profile", _profile), ("shifts", _shifts), ("card", _card)):
        try:
            described[name] = describe(manifest, stores)
        except InputError as error:
            lacks[name] = f"{masked(str(error))}."
    previous = comparable(manifest, earlier)
    return ReportData(
        masked(_slim(manifest)), previous and masked(_slim(previous)), **contents, **described,
        lacks=lacks,
    )  # fmt: skip


def _slim(manifest: Manifest) -> Manifest:
    """Return a manifest without what no report shows; of the patch the names and a digest."""
    patch = str(manifest["code"]["patch"])
    heads = [line for line in patch.splitlines() if line.startswith("diff --git ")]
    digest = [sha256(patch.encode("utf-8", "surrogatepass")).hexdigest()] if patch else []
    code = manifest["code"] | {"patch": "\n".join([*heads, *digest])}
    steps = [step | {"facts": {}, "parameters": {}} for step in manifest["steps"]]
    return manifest | {"code": code, "steps": steps}


def comparable(manifest: Manifest, earlier: Iterable[Manifest]) -> Manifest | None:
    """Return the newest earlier run on the same target that ended well and has all our steps."""
    ours = {step["step"] for step in manifest["steps"]}
    target = manifest["config"]["data"].get("target")
    for other in earlier:
        if other["config"]["data"].get("target") != target:
            continue
        ended = {s["step"] for s in other["steps"] if s["status"] in ("finished", "cached")}
        if ours and ours <= ended and len(ended) == len(other["steps"]):
            return other
    return None


def divided(manifest: Manifest) -> ArtifactFacts | None:
    """Return the table to describe: what the step read that divided the rows, else the last made.

    Tables of predictions do not count.
    """
    for step in manifest["steps"]:
        if any(a["type"] == "certificate" for a in step["outputs"]) and step["inputs"]:
            return step["inputs"][0]
    steps = reversed(manifest["steps"])
    tables = [a for s in steps for a in (*s["outputs"], *s["inputs"]) if _is_table(a)]
    return tables[0] if tables else None


def _is_table(artifact: ArtifactFacts) -> bool:
    name: str = artifact["name"]
    return name.endswith((".csv", ".parquet")) and "predictions" not in artifact["type"]


def version_of(stores: Sequence[Store], artifact: ArtifactFacts) -> Version:
    """Return the version with an artifact's content, whatever its number in the catalogs."""
    for store in stores:
        if version := store.same(artifact["name"], artifact["digest"]):
            return version
    raise InputError(f"{reference(artifact)} is gone from {stores[0].url}")


def _json(stores: Sequence[Store], artifact: ArtifactFacts) -> object:
    with tempfile.TemporaryDirectory() as folder:
        file = stores[0].download(version_of(stores, artifact), Path(folder))
        return json.loads(file.read_text(encoding="utf-8"))


def _profile(manifest: Manifest, stores: Sequence[Store]) -> Profile | None:
    artifact = divided(manifest)
    if artifact is None:
        return None
    return profile(_table(stores, artifact), masked(reference(artifact)))


def _shifts(manifest: Manifest, stores: Sequence[Store]) -> Shifts | None:
    """Return the columns that drifted; None if none did, or there was no reference."""
    rows = [r for r in table(manifest, "checks")
            if r["check"] == "drift" and r["verdict"] in ("failed", "warned")]  # fmt: skip
    read = [s["inputs"] for s in manifest["steps"] if s["tables"].get("drift")]
    if not (rows and read and len(read[-1]) > 1):
        return None
    names = list(dict.fromkeys(row["column"] for row in rows))
    table_now, before = read[-1][:2]
    changed = shifts(_table(stores, table_now), _table(stores, before), names)
    return Shifts(masked(reference(table_now)), masked(reference(before)), changed)


def _card(manifest: Manifest, stores: Sequence[Store]) -> str | None:
    artifact = model(manifest)
    if artifact is None:
        return None
    version = version_of(stores, artifact)
    if not (own := [file for file in version.files if file.path == CARD]):
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = stores[0].download(replace(version, files=tuple(own)), Path(folder))
        return str(masked(file.read_text(encoding="utf-8")))


def _table(stores: Sequence[Store], artifact: ArtifactFacts) -> "pa.Table":
    from pipeline.tables import table_files

    version = version_of(stores, artifact)
    size = sum(file.size for file in version.files)
    if size > LARGEST:
        raise InputError(
            f"{reference(artifact)} has {size / 1e6:,.0f} MB; tables above {LARGEST / 1e6:,.0f} MB "
            "are not read for a report"
        )
    with tempfile.TemporaryDirectory() as folder:
        file = stores[0].download(version, Path(folder))
        return table_files.read(file, version.metadata)
