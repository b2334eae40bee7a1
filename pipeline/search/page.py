"""The page of a search: its best trial, what Optuna draws of it, and all trials."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.config.search.space import OF_FOLDS, Search
from pipeline.judging.formatting import cell, count, listed, number, title
from pipeline.search import space
from pipeline.search.trials import COMPLETE, FAILED, PRUNED, Trial, ranked

FILE, TABLE = "search.html", "trials.csv"
DIGITS = 4  # of a metric: trials are near each other


@dataclass(frozen=True)
class Found:
    """What a search has found.

    Attributes:
        search: name, metric and seed are set.
        trials: all of them, by their number.
        command: that makes it again, without what it was run on.
        dataset: its name.
        data: the digest of the training table; empty: not known.
        day: of its end.
        keys: name of a parameter → its key of the config.
        experiment: as it is chosen, `best_NAME`.
    """

    search: Search
    trials: Sequence[Trial]
    command: str
    dataset: str
    data: str
    day: str
    keys: Mapping[str, str]
    experiment: str

    @property
    def best(self) -> Trial | None:
        """The best complete trial."""
        first = ranked(self.trials, self.search)[0]
        return first if first.state == COMPLETE else None

    @property
    def metric(self) -> str:
        """What trials are compared by, in words."""
        name = str(self.search.metric)
        if self.search.of_folds:
            return f"mean {title(name.removeprefix(OF_FOLDS))} over {self.search.folds} folds"
        return f"validation {title(name)}"


def verdict(found: Found) -> str:
    """Return in one sentence what was found."""
    best, own = found.best, found.trials[0]
    if best is None:
        return "No trial was complete."
    text = f"Trial {best.number + 1} is the best: {found.metric} {number(best.value, DIGITS)}"
    if own.state != COMPLETE or not own.values:
        return f"{text}."
    if best is own:
        return f"{text}, with the config's own values."
    return f"{text}; the config's own values reach {number(own.value, DIGITS)} (trial 1)."


def counts(found: Found) -> str:
    """Return how many trials ended how."""
    states = [trial.state for trial in found.trials]
    parts = [f"{states.count(s)} {s}" for s in (COMPLETE, PRUNED, FAILED) if s in states]
    return f"{count(len(states), 'trial')}: {listed(parts)}"


def varied(found: Found) -> list[str]:
    """Return the parameters that differ between trials."""
    names = list(found.search.parameters)
    return [n for n in names if len({repr(t.values.get(n)) for t in found.trials}) > 1]


def row(trial: Trial, names: Sequence[str]) -> list[str]:
    """Return what a table says of a trial: number, metric, parameters, how it ended, seconds."""
    values = [cell(trial.values[n]) if n in trial.values else "" for n in names]
    reached = "" if trial.reached is None else number(trial.reached, DIGITS)
    state = "cached" if trial.cached and trial.state == COMPLETE else trial.state
    if trial.state == PRUNED:
        state = f"{state} after {count(len(trial.folds), 'fold')}"
    return [str(trial.number + 1), reached, *values, state, f"{trial.seconds:.1f} s"]


def render(found: Found) -> str:
    """Return the page: all text is escaped, there is no script, and it fetches nothing."""
    from pipeline.report.page import fill
    from pipeline.search.pictures import pictures
    from pipeline.search.sampling import make_study

    names = varied(found)
    order = ranked(found.trials, found.search)
    study, metric = make_study(found.search, found.trials), str(found.search.metric)
    return fill("search.html", {
        "found": found,
        "verdict": verdict(found),
        "counts": counts(found),
        "pictures": list(pictures(study, metric)),
        "names": names,
        "rows": [row(trial, names) for trial in order],
        "failed": [trial for trial in order if trial.error],
        "title": title(metric),
    })  # fmt: skip


def table(search: Search, trials: Sequence[Trial]) -> str:
    """Return all trials as CSV: number, how it ended, metric, seconds, parameters by their keys."""
    text, names = io.StringIO(), space.keys(search)
    writer = csv.writer(text, lineterminator="\n")
    metric = str(search.metric)
    writer.writerow(["trial", "state", metric, "seconds", *names.values(), "mlflow_run", "error"])
    for trial in trials:
        values = [space.text(trial.values[n]) if n in trial.values else "" for n in names]
        about = [trial.number + 1, trial.state, trial.value, round(trial.seconds, 2)]
        writer.writerow([*about, *values, trial.mlflow_run, trial.error])
    return text.getvalue()
