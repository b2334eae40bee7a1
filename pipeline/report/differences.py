"""In what a run differs from another one: config, code, packages, data, metrics."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.replay.replay import HOW
from pipeline.report.words import count
from pipeline.tracking.record import reference

Row = dict[str, Any]


def differences(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, list[Row]]:
    """Compare the manifests of two runs.

    Returns:
        config, code and data: rows of name, before, now; metrics: rows of step, metric, before,
        now, difference (None where one of the runs has none). Only what differs is in config,
        code and data; metrics hold all headline metrics that both have.
    """
    return {
        "config": list(_config(now["config"], before["config"])),
        "code": [*_code(now["code"], before["code"]), *_packages(now, before)],
        "data": list(_data(now, before)),
        "metrics": list(_metrics(now, before)),
    }


def flat(config: Any, path: str = "") -> dict[str, Any]:
    """Return a nested mapping as dotted key → value; lists and empty mappings are values."""
    if not isinstance(config, Mapping) or not config:
        return {path: config}
    found: dict[str, Any] = {}
    for key, value in config.items():
        found |= flat(value, f"{path}.{key}" if path else str(key))
    return found


def plain(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a config says of the result: each value under the key that one sets.

    What ``steps`` repeats from elsewhere is left out; so is how a run is run.
    """
    keys = flat(config)
    kept = {k: v for k, v in keys.items() if k not in {f"main.{name}" for name in HOW}}
    elsewhere = {repr(v) for k, v in kept.items() if not k.startswith("steps.")}
    return {k: v for k, v in kept.items() if not k.startswith("steps.") or repr(v) not in elsewhere}


def _config(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Row]:
    ours, theirs = plain(now), plain(before)
    for key in dict.fromkeys([*ours, *theirs]):
        old, new = theirs.get(key, "not set"), ours.get(key, "not set")
        if repr(old) != repr(new):
            yield {"name": key, "before": old, "now": new}


def _code(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Row]:
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


def _packages(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Row]:
    ours, theirs = ({"Python": m["machine"]["python"]} | m["packages"] for m in (now, before))
    for name in sorted({*ours, *theirs}, key=str.lower):
        old, new = theirs.get(name, "not there"), ours.get(name, "not there")
        if old != new:
            yield {"name": name, "before": old, "now": new}


def _artifacts(recorded: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return name → artifact of what a run read and made; what it made counts."""
    steps = recorded["steps"]
    read = {a["name"]: a for step in steps for a in step["inputs"]}
    return read | {a["name"]: a for step in steps for a in step["outputs"]}


def _data(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Row]:
    ours, theirs = _artifacts(now), _artifacts(before)
    for name in ours.keys() & theirs.keys():
        if ours[name]["digest"] != theirs[name]["digest"]:
            yield {"name": name, "before": _described(theirs[name]), "now": _described(ours[name])}


def _described(artifact: Mapping[str, Any]) -> str:
    rows = (artifact.get("metadata") or {}).get("rows")
    return reference(artifact) + ("" if rows is None else f", {rows:,} rows")


def headline(step: Mapping[str, Any]) -> dict[str, float]:
    """Return a step's metrics of the whole, without the details of one class."""
    return {name: value for name, value in step["metrics"].items() if "/" not in name}


def _metrics(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Row]:
    theirs = {step["step"]: headline(step) for step in before["steps"]}
    for step in now["steps"]:
        old = theirs.get(step["step"], {})
        for name, value in headline(step).items():
            if name in old:
                yield {"step": step["step"], "metric": name, "before": old[name], "now": value,
                       "difference": value - old[name]}  # fmt: skip
