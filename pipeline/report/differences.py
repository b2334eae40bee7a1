"""In what a run differs from another one: config, code, packages, data, metrics."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import TypedDict

from pipeline.judging.formatting import listed
from pipeline.replay.checkout import CodeState
from pipeline.replay.manifest import Manifest
from pipeline.replay.replay import HOOKS, HOW
from pipeline.tracking.record import ArtifactFacts, headline, reference

SHORT = 12  # hexadecimal digits that are shown of a digest
Line = tuple[str, list[object]]  # what is not the same, and its value in each run


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
    found = {
        kind: [_row(*line) for line in lines] for kind, lines in several([before, now]).items()
    }
    return Differences(
        config=found["config"],
        code=found["code"] + found["packages"],
        data=found["data"],
        metrics=list(_metrics(now, before)),
    )


def _row(name: str, values: list[object]) -> Row:
    return {"name": name, "before": values[0], "now": values[1]}


def several(runs: Sequence[Manifest]) -> dict[str, list[Line]]:
    """Return what is not the same in all of some runs: config, code, packages and data."""
    return {
        "config": list(lines([plain(run["config"]) for run in runs], "not set")),
        "code": list(lines([_code(run["code"]) for run in runs], "none")),
        "packages": sorted(
            lines([_packages(run) for run in runs], "not there"), key=lambda line: line[0].lower()
        ),
        "data": list(_data(runs)),
    }


def lines(runs: Sequence[Mapping[str, object]], absent: str) -> Iterator[Line]:
    """Yield what is not the same in all runs: its name, and its value in each."""
    for name in dict.fromkeys(chain.from_iterable(runs)):
        values = [run.get(name, absent) for run in runs]
        if len({repr(value) for value in values}) > 1:
            yield name, values


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
    kept = {k: v for k, v in keys.items() if k not in {HOOKS, *(f"main.{name}" for name in HOW)}}
    elsewhere = {repr(v) for k, v in kept.items() if not k.startswith("steps.")}
    return {k: v for k, v in kept.items() if not k.startswith("steps.") or repr(v) not in elsewhere}


def _code(code: CodeState) -> dict[str, str]:
    patch = code["patch"]
    digest = sha256(patch.encode("utf-8", "surrogatepass")).hexdigest()[:SHORT]
    files = f"{listed(changed(patch))}, {digest}" if patch else "none"
    return {name: _short(code[name]) for name in ("commit", "lock")} | {
        "uncommitted changes": files
    }


def changed(patch: str) -> list[str]:
    """Return the names of the files that a patch of git's is about."""
    heads = (line for line in patch.splitlines() if line.startswith("diff --git "))
    return [line.rpartition(" b/")[2] for line in heads]


def _short(digest: str | None) -> str:
    return digest[:SHORT] if digest else "none"


def _packages(run: Manifest) -> dict[str, str]:
    return {"Python": run["machine"]["python"]} | run["packages"]


def _artifacts(manifest: Manifest) -> dict[str, ArtifactFacts]:
    """Return name → artifact of what a run read and made; what it made counts."""
    steps = manifest["steps"]
    read = {a["name"]: a for step in steps for a in step["inputs"]}
    return read | {a["name"]: a for step in steps for a in step["outputs"]}


def _data(runs: Sequence[Manifest]) -> Iterator[Line]:
    """Yield the artifacts that at least two runs have, with other content."""
    held = [_artifacts(run) for run in runs]
    for name in dict.fromkeys(chain.from_iterable(held)):
        found = [artifacts.get(name) for artifacts in held]
        if len({artifact["digest"] for artifact in found if artifact}) > 1:
            yield name, [_described(artifact) if artifact else "not there" for artifact in found]


def _described(artifact: ArtifactFacts) -> str:
    rows = (artifact.get("metadata") or {}).get("rows")
    size = "" if rows is None else f", {rows:,} rows"
    return f"{reference(artifact)}{size}, {_short(artifact['digest'])}"


def _metrics(now: Manifest, before: Manifest) -> Iterator[Metric]:
    theirs = {step["step"]: headline(step["metrics"]) for step in before["steps"]}
    for step in now["steps"]:
        old = theirs.get(step["step"], {})
        for name, value in headline(step["metrics"]).items():
            if name in old:
                yield {"step": step["step"], "metric": name, "before": old[name], "now": value,
                       "difference": value - old[name]}  # fmt: skip
