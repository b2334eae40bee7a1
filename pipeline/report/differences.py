"""In what a run differs from another one: config, code, packages, data, metrics."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypedDict

from pipeline.judging.formatting import count
from pipeline.replay.checkout import CodeState
from pipeline.replay.manifest import Manifest, StepEntry
from pipeline.replay.replay import HOW
from pipeline.tracking.record import ArtifactFacts, reference


class Row(TypedDict):
    """What is not the same: in the run before, and now."""

    name: str
    before: object
    now: object


class Metric(TypedDict):
    """A headline metric that both runs have."""

    step: str
    metric: str
    before: float
    now: float
    difference: float


@dataclass(frozen=True)
class Differences:
    """What differs in config, code with packages, and data; the metrics that both runs have."""

    config: list[Row]
    code: list[Row]
    data: list[Row]
    metrics: list[Metric]

    @property
    def is_empty(self) -> bool:
        """Whether config, code and data are the same."""
        return not (self.config or self.code or self.data)


def differences(now: Manifest, before: Manifest) -> Differences:
    """Compare the manifests of two runs."""
    return Differences(
        config=list(_config(now["config"], before["config"])),
        code=[*_code(now["code"], before["code"]), *_packages(now, before)],
        data=list(_data(now, before)),
        metrics=list(_metrics(now, before)),
    )


def flat(config: object, path: str = "") -> dict[str, object]:
    """Return a nested mapping as dotted key → value; lists and empty mappings are values."""
    if not isinstance(config, Mapping) or not config:
        return {path: config}
    values: dict[str, object] = {}
    for key, value in config.items():
        values |= flat(value, f"{path}.{key}" if path else str(key))
    return values


def plain(config: Mapping[str, object]) -> dict[str, object]:
    """Return what a config says of the result: each value under the key that one sets.

    What ``steps`` repeats from elsewhere is left out; so is how a run is run.
    """
    keys = flat(config)
    kept = {k: v for k, v in keys.items() if k not in {f"main.{name}" for name in HOW}}
    elsewhere = {repr(v) for k, v in kept.items() if not k.startswith("steps.")}
    return {k: v for k, v in kept.items() if not k.startswith("steps.") or repr(v) not in elsewhere}


def _config(now: Mapping[str, object], before: Mapping[str, object]) -> Iterator[Row]:
    ours, theirs = plain(now), plain(before)
    for key in dict.fromkeys([*ours, *theirs]):
        old, new = theirs.get(key, "not set"), ours.get(key, "not set")
        if repr(old) != repr(new):
            yield {"name": key, "before": old, "now": new}


def _code(now: CodeState, before: CodeState) -> Iterator[Row]:
    for name in ("commit", "lock"):
        if now[name] != before[name]:
            yield {"name": name, "before": _short(before[name]), "now": _short(now[name])}
    if now["patch"] != before["patch"]:
        states = [
            count(len(changed(c["patch"])), "file") if c["patch"] else "none" for c in (before, now)
        ]
        yield {"name": "uncommitted changes", "before": states[0], "now": states[1]}


def changed(patch: str) -> list[str]:
    """Return the names of the files that a patch of git's is about."""
    heads = (line for line in patch.splitlines() if line.startswith("diff --git "))
    return [line.rpartition(" b/")[2] for line in heads]


def _short(digest: str | None) -> str:
    return digest[:12] if digest else "none"


def _packages(now: Manifest, before: Manifest) -> Iterator[Row]:
    ours, theirs = ({"Python": m["machine"]["python"]} | m["packages"] for m in (now, before))
    for name in sorted({*ours, *theirs}, key=str.lower):
        old, new = theirs.get(name, "not there"), ours.get(name, "not there")
        if old != new:
            yield {"name": name, "before": old, "now": new}


def _artifacts(manifest: Manifest) -> dict[str, ArtifactFacts]:
    """Return name → artifact of what a run read and made; what it made counts."""
    steps = manifest["steps"]
    read = {a["name"]: a for step in steps for a in step["inputs"]}
    return read | {a["name"]: a for step in steps for a in step["outputs"]}


def _data(now: Manifest, before: Manifest) -> Iterator[Row]:
    ours, theirs = _artifacts(now), _artifacts(before)
    for name in ours.keys() & theirs.keys():
        if ours[name]["digest"] != theirs[name]["digest"]:
            yield {"name": name, "before": _described(theirs[name]), "now": _described(ours[name])}


def _described(artifact: ArtifactFacts) -> str:
    rows = (artifact.get("metadata") or {}).get("rows")
    return reference(artifact) + ("" if rows is None else f", {rows:,} rows")


def headline(step: StepEntry) -> dict[str, float]:
    """Return a step's metrics of the whole, without the details of one class."""
    return {name: value for name, value in step["metrics"].items() if "/" not in name}


def _metrics(now: Manifest, before: Manifest) -> Iterator[Metric]:
    theirs = {step["step"]: headline(step) for step in before["steps"]}
    for step in now["steps"]:
        old = theirs.get(step["step"], {})
        for name, value in headline(step).items():
            if name in old:
                yield {"step": step["step"], "metric": name, "before": old[name], "now": value,
                       "difference": value - old[name]}  # fmt: skip
