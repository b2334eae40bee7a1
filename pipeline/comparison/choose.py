"""From the words of `main.run` to runs: ids, latest, champion, what they made, their names."""

import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.comparison.about import judging_step
from pipeline.errors import InputError
from pipeline.replay import runs
from pipeline.replay.manifest import Manifest
from pipeline.store.artifacts import Store
from pipeline.store.versions import Version, is_reference
from pipeline.tracking import mlflow_database

FEWEST, MOST = 2, 8  # runs that are compared


def chosen(words: str, root: Path, location: str, champion: str | None) -> list[Manifest]:
    """Return the runs that the words name, in their order.

    Args:
        words: separated by commas. Each is the beginning of an id; ``latest``; ``champion``, the
            run that made it; NAME:ALIAS or NAME:vN of an artifact that it made; its name in MLflow,
            or its main.experiment_name.
        root: of the repository.
        location: of the artifact store.
        champion: what the config calls so, NAME:ALIAS; None: nothing.

    Raises:
        InputError: a word that names no run or several; too few or too many runs; one run twice.
    """
    names = [word.strip() for word in words.split(",") if word.strip()]
    notes: list[str] = []
    known = [manifest for _, manifest in runs.readable(root, notes)]
    known.sort(key=lambda manifest: manifest["finished"], reverse=True)
    print("".join(f"{note}\n" for note in notes), end="", file=sys.stderr)
    if not FEWEST <= len(names) <= MOST:
        raise InputError(
            f"main.run={words}: give {FEWEST} to {MOST} runs, as main.run=latest,champion; "
            "main.action=runs lists them"
        )
    found = [_run(name, known, root, location, champion) for name in names]
    for number, run in enumerate(found):
        if run["run"] in {other["run"] for other in found[:number]}:
            raise InputError(f"main.run={words}: run {run['run'][:8]} is there twice; give another")
    return found


def _run(
    name: str, known: Sequence[Manifest], root: Path, location: str, champion: str | None
) -> Manifest:
    if name == "latest" and known:
        return known[0]
    if name == "champion" and champion is None:
        raise InputError("main.run=champion: gate.champion is null; name the model, as NAME:vN")
    if name == "champion" or is_reference(name):
        return _maker(name, str(champion) if name == "champion" else name, known, location)
    matches = [manifest for manifest in known if manifest["run"].startswith(name)]
    if not matches:
        matches = [m for m in known if m["config"]["main"].get("experiment_name") == name]
    matches = matches or _in_mlflow(name, known, root)
    if len(matches) > 1:
        ids = ", ".join(manifest["run"][: max(8, len(name) + 4)] for manifest in matches[:9])
        raise InputError(
            f"main.run={name}: {len(matches)} runs are called so: {ids}; give the beginning of one "
            "id, long enough to tell it from the others"
        )
    if not matches:
        raise runs.unknown(name, known)
    return matches[0]


def _maker(word: str, reference: str, known: Sequence[Manifest], location: str) -> Manifest:
    """Return the first run that made an artifact, of several one that judged a model."""
    version = _version(reference, known, location)
    if version is None:
        what = f"there is no {reference} in {Store(location).url}"
        raise InputError(f"main.run={word}: {what}; main.action=runs lists the runs")
    made: list[Manifest] = [
        manifest
        for manifest in reversed(known)
        for step in manifest["steps"]
        for artifact in step["outputs"]
        if (artifact["name"], artifact["digest"]) == (version.name, version.digest)
    ]
    if not made:
        raise InputError(
            f"main.run={word}: no run that is kept here made {version.reference}; give another run"
        )
    return next((manifest for manifest in made if judging_step(manifest)), made[0])


def _version(reference: str, known: Sequence[Manifest], location: str) -> Version | None:
    """Return what a reference means in the catalog that the newest run used, else in another."""
    catalogs = [step.get("catalog") or "" for manifest in known for step in manifest["steps"]]
    stores = (Store(location, catalog) for catalog in dict.fromkeys([*catalogs, ""]))
    return next(filter(None, (store.find(reference) for store in stores)), None)


def _in_mlflow(name: str, known: Sequence[Manifest], root: Path) -> list[Manifest]:
    """Return the runs that MLflow knows by this name, or by this id."""
    from mlflow import MlflowClient

    mlflow_database.prepare(root)
    with mlflow_database.failures():
        client = MlflowClient()
        mark = '"' if "'" in name else "'"
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        called = f"attributes.run_name = {mark}{name.replace(mark, '')}{mark}"
        ids = [run.info.run_id for run in client.search_runs(experiments, called)]
    here: dict[str, Manifest] = {manifest["run"]: manifest for manifest in known}
    there = [manifest for run in ids if run not in here for manifest in runs.from_mlflow(run)]
    named = [here[run] for run in ids if run in here] + there
    return named or runs.from_mlflow(name)
