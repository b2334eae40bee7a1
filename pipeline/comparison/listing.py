"""main.action=runs: what there is, the newest first."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.comparison import query
from pipeline.comparison.about import about, metrics
from pipeline.comparison.query import Known, check_sort, ordered, selected
from pipeline.config.evaluate import CLASSIFICATION, REGRESSION
from pipeline.errors import InputError
from pipeline.judging.formatting import count, number, title
from pipeline.replay import runs
from pipeline.replay.manifest import FILE, Manifest
from pipeline.report.differences import plain
from pipeline.screen import table
from pipeline.tracking import register
from pipeline.tracking.run_folders import run_folders

DIFFERING = 3  # values that are named
SAY_WHAT = ("main.random_seed", "main.steps")  # of main; the rest says how it is run
NONE = "no runs yet; python main.py makes one"


def show(root: Path, sort: str, condition: str | None, limit: int, metric: str) -> list[str]:
    """Print a table of runs; return the lines that belong below it.

    Args:
        root: of the repository.
        sort: the key to sort by; see query.ordered.
        condition: which runs; see query.conditions.
        limit: how many at most.
        metric: that is shown, unless they are sorted by another number.

    Raises:
        InputError: a key that no run has; a filter that is none.
    """
    notes: list[str] = []
    found = list(_all(root, notes))
    if not found:
        return [*notes, NONE]
    check_sort(sort, found)
    chosen = ordered(selected(found, condition), sort)
    key, usual = sort.removeprefix("-"), _usual(found)
    metric = metric if key in ("run", "started", "status", "dataset", "model") else key
    table.show(
        ("run", "started", "status", "dataset", title(metric), "model", "what is special"),
        [_row(run, metric, usual[_group(run)]) for run in chosen[:limit]],
    )
    return [*notes, _last(min(limit, len(chosen)), len(chosen), len(found))]


def _last(shown: int, chosen: int, found: int) -> str:
    of = count(found, "run") if shown == found else f"{shown:,} of {count(found, 'run')}"
    more = f"; main.limit={chosen} shows {chosen:,}" if shown < chosen else ""
    return f"{of}{more}; compare some: main.action=compare main.run=A,B"


def _all(root: Path, notes: list[str]) -> Iterator[Known]:
    """Yield what is known of each run, the newest first; without a manifest only how it is."""
    entries = {root / entry.folder: entry for entry in register.entries(root, []) if entry.folder}
    running = {root / entry.folder for entry in register.running(root) if entry.folder}
    folders = {path: entries[path].started for path in running}
    folders |= {folder.path: folder.started for folder in run_folders(root, notes)}
    for path, began in sorted(folders.items(), key=lambda item: item[1], reverse=True):
        day, _, time = began.partition("/")
        started = f"{day} {time[:8].replace('-', ':')}"
        if path in running:
            yield Known({"run": entries[path].mlflow_run, "status": "running", "started": started})
        elif not (path / FILE).exists():
            run = entries[path].mlflow_run if path in entries else None
            yield Known({"run": run, "status": "killed", "started": started})
        else:
            try:
                yield _known(runs.read(path), started)
            except InputError as error:
                notes.append(f"left out: {error}")


def _known(manifest: Manifest, started: str) -> Known:
    seconds = sum(step["seconds"] for step in manifest["steps"] if step["status"] != "cached")
    what = about(manifest)
    named = {
        "run": what.run, "status": what.status, "started": started, "seconds": round(seconds, 1),
        "dataset": what.dataset, "model": what.model,
    }  # fmt: skip
    config = {
        key: value
        for key, value in plain(manifest["config"]).items()
        if not key.startswith(("main.", "tracking.")) or key in SAY_WHAT
    }
    return Known(named, metrics(manifest), config)


def _group(run: Known) -> tuple[object, object]:
    return run.named.get("dataset"), run.named.get("model")


def _usual(found: Sequence[Known]) -> dict[object, dict[str, str]]:
    """Return what most runs of a dataset and a model have, as dataset, model → key → value."""
    counts: dict[object, dict[str, Counter[str]]] = {}
    for run in reversed(found):  # of two values that are as frequent the older one
        group = counts.setdefault(_group(run), {})
        for key, value in run.config.items():
            group.setdefault(key, Counter())[repr(value)] += 1
    return {
        group: {key: seen.most_common(1)[0][0] for key, seen in keys.items()}
        | {"main.steps": repr("all")}
        for group, keys in counts.items()
    }


def _row(run: Known, metric: str, usual: Mapping[str, str]) -> table.Row:
    value = run.facts.get(metric)
    figure = number(value, 4) if isinstance(value, float) else query.text(value) if value else ""
    other = run.facts.get(REGRESSION.metric)
    if not figure and metric == CLASSIFICATION.metric and isinstance(other, float):
        figure = f"{title(REGRESSION.metric)} {number(other, 4)}"  # of a run that predicted numbers
    special = [
        f"{key.rpartition('.')[2]}={query.text(value)}"
        for key, value in run.config.items()
        if repr(value) != usual[key]
    ]
    more = [f"and {len(special) - DIFFERING} more"] * (len(special) > DIFFERING)
    texts = [
        str(run.named["run"] or "")[:8], str(run.named["started"])[:16], str(run.named["status"]),
        str(run.named.get("dataset", "")), figure, str(run.named.get("model", "")),
    ]  # fmt: skip
    return [*([text] for text in texts), table.parts(special[:DIFFERING]) + more]
