"""Proof of a run: execute it again, with nothing reused, and compare everything it made."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.cache import packages
from pipeline.errors import InputError
from pipeline.replay import checkout, compare, runs
from pipeline.replay.compare import DIFFERS, Comparison
from pipeline.replay.manifest import Manifest
from pipeline.replay.replay import HOOKS, HOW, replay
from pipeline.store.artifacts import Store
from pipeline.tracking.record import ArtifactFacts, reference


def verify(run: str, location: str) -> None:
    """Replay a recorded run from its code and config in a store of its own, and compare.

    Prints a verdict on each artifact, picture, table and metric.

    Args:
        run: ``latest``, or the beginning of an MLflow run id.
        location: of the artifact store.

    Raises:
        InputError: no such run; its code or an input is gone; the replay failed; or something
            differs: the first step and artifact.
    """
    original = find(run)
    store = Store(location)
    print(f"Run {original['run']} of {original['finished']}: executing it again", flush=True)
    for difference in _environment(original):
        print(f"not as recorded: {difference}")
    with tempfile.TemporaryDirectory(prefix="verify_") as folder:
        new_manifest, copy = replay(original, store, Path(folder).resolve())
        comparisons = list(_comparisons(original, new_manifest, store, copy))
    _show(comparisons)
    _conclude(original, comparisons)


def find(run: str) -> Manifest:
    """Return the manifest of a run; InputError when there is none, or the run did not end well."""
    _, original = runs.find(run)
    failures = runs.failed_steps(original)
    if failures or not original["steps"]:
        where = f"step {failures[0]} failed" if failures else "no step of it ended"
        raise InputError(
            f"run {original['run'][:8]} has nothing to compare with: {where}; choose another: "
            "main.run=<MLflow run id>"
        )
    return original


def _environment(original: Manifest) -> Iterator[str]:
    """Yield in what this environment is not the recorded one."""
    now = packages.installed() | {"Python": checkout.machine()["python"]}
    before = original["packages"] | {"Python": original["machine"]["python"]}
    for name in sorted({*now, *before}):
        if now.get(name) != before.get(name):
            yield f"{name} {before.get(name, 'not there')} → {now.get(name, 'not there')}"


def _comparisons(
    original: Manifest, new_manifest: Manifest, store: Store, copy: Store
) -> Iterator[Comparison]:
    yield from _same_config(original["config"], new_manifest["config"])
    again = {step["step"]: step for step in new_manifest["steps"]}
    for step in original["steps"]:
        new = again[step["step"]]
        outputs = {artifact["name"]: artifact for artifact in new["outputs"]}
        for artifact in step["outputs"]:
            numbered = Store(store.location, step.get("catalog", ""))
            verdict, detail = _artifact(artifact, outputs[artifact["name"]], numbered, copy)
            yield Comparison(step["step"], artifact["name"], verdict, detail)
        yield from compare.compare_records(step, new)


def _same_config(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Comparison]:
    """Compare the configs: one that reads the environment or the time may not come out the same."""
    for group in (group for group in before if group != HOOKS):
        old, new = before[group], after.get(group)
        if group == "main" and isinstance(old, dict) and isinstance(new, dict):
            old, new = ({k: v for k, v in c.items() if k not in HOW} for c in (old, new))
        if old != new:
            yield Comparison("config", group, DIFFERS, compare.first_key(old, new))


def _artifact(old: ArtifactFacts, new: ArtifactFacts, store: Store, copy: Store) -> tuple[str, str]:
    if old["digest"] == new["digest"]:
        return compare.IDENTICAL, ""
    version = store.find(reference(old))
    if version is None or version.digest != old["digest"]:
        return DIFFERS, f"by its digest; {reference(old)} is gone, so it cannot be said in what"
    with tempfile.TemporaryDirectory() as folder:
        before = store.download(version, Path(folder, "old"))
        after = copy.download(copy.get(reference(new)), Path(folder, "new"))
        if "arrow_schema" in old["metadata"]:
            return compare.tables(before, after, old["metadata"], new["metadata"])
        return compare.files(before, after)


def _show(comparisons: list[Comparison]) -> None:
    """Print artifacts and whatever is not identical one by one, the rest in one line a step."""
    for step in dict.fromkeys(comparison.step for comparison in comparisons):
        counts: Counter[str] = Counter()
        for comparison in (f for f in comparisons if f.step == step):
            kind, _, name = comparison.what.partition(" ")
            if comparison.verdict == compare.IDENTICAL and name:
                counts[kind] += 1
            else:
                print(comparison)
        rest = ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in counts.items())
        if rest:
            print(Comparison(step, rest, compare.IDENTICAL))


def _conclude(original: Manifest, comparisons: list[Comparison]) -> None:
    """Say what it comes to; InputError when something differs."""
    differing = [comparison for comparison in comparisons if comparison.verdict == DIFFERS]
    if differing:
        first = differing[0]
        others = "; ".join(_environment(original))
        because = f"; not as recorded: {others}" if others else ""
        raise InputError(
            f"run {original['run'][:8]} is not reproduced: {len(differing)} of {len(comparisons)} "
            f"differ, first {first.step}: {first.what} ({first.detail}){because}"
        )
    equal = sum(comparison.verdict == compare.EQUAL for comparison in comparisons)
    bits = "bit for bit" if not equal else f"but for the bytes of {equal} that are equal in content"
    print(f"Run {original['run'][:8]} is reproduced, {bits}: {len(comparisons)} compared")
