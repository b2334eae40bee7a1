"""What came of a sweep: a table of its jobs, and its MLflow run ended.

python pipeline/sweep/summary.py FOLDER
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # the repository, for `pipeline`

from pipeline.config.overrides import as_typed
from pipeline.context import RunContext
from pipeline.markdown import markdown
from pipeline.screen import table, terminal
from pipeline.sweep.choice import best, ranked, shown
from pipeline.sweep.intervals import Verdict, verdicts
from pipeline.sweep.job import JOBS, Asked, Ended, short_names
from pipeline.sweep_job import SweepJob
from pipeline.text.masking import masked_text
from pipeline.tracking.entities import sweep_run


def main(folder: Path) -> None:
    """Print the table of a sweep that is over, from what its folder holds."""
    terminal.steady()
    about = json.loads((folder / JOBS).read_bytes())
    every = [Ended(Asked(**job.pop("asked")), **job) for job in about["jobs"]]
    jobs = [job for job in every if not job.asked.whole]  # the best one is judged on other rows
    metric = shown(jobs, about["metric"])
    context, sweep = RunContext.from_environ(), SweepJob(**about["sweep"])
    titles, rows = rows_of(jobs, metric, verdicts(jobs, metric, context.artifact_store))
    print()
    table.show(titles, rows)
    first = best(jobs, metric)
    figures = {f"best/{metric}": first.metrics[metric]} if first else {}
    note = markdown([dict(zip(titles, map(" ".join, row), strict=True)) for row in rows])
    tags = {"pipeline.best": first.run} if first and first.run else {}
    if sweep.mlflow_run:  # there is one to be told, also if no job had anything to record
        sweep_run.opened(sweep, context.project)
    sweep_run.ended(folder, about["well"], note, tags, figures)


def rows_of(
    jobs: list[Ended], metric: str, known: Mapping[int, Verdict]
) -> tuple[list[str], list[table.Row]]:
    """Return titles and rows of a table of jobs, the best first.

    Args:
        jobs: of a sweep.
        metric: by which they are compared.
        known: of each job by its number, how sure its figure is.
    """
    keys = list(dict.fromkeys(word.partition("=")[0] for job in jobs for word in _words(job)))
    has_bounds = any(verdict.bounds for verdict in known.values())
    about = ["95 %"] * has_bounds, ["from the best"] * bool(known)
    titles = ["job", metric, *about[0], *keys, *about[1], "outcome", "seconds"]
    rows: list[table.Row] = []
    for job in ranked(jobs, metric):
        values = dict(word.split("=", 1) for word in _words(job))
        figure, verdict = job.metrics.get(metric), known.get(job.asked.number)
        rows.append([
            [str(job.asked.number + 1)], [f"{figure:.4f}"] if figure is not None else [],
            *([_bounds(verdict)] if has_bounds else []),
            *([values[key]] if key in values else [] for key in keys),
            *([[verdict.against_best] if verdict else []] if known else []),
            [job.outcome], [f"{job.seconds:.1f} s"],
        ])  # fmt: skip
    return titles, rows


def _bounds(verdict: Verdict | None) -> list[str]:
    if verdict is None or verdict.bounds is None:
        return []
    low, high = verdict.bounds
    return [f"{low:.3f}", f"to {high:.3f}"]


def _words(job: Ended) -> list[str]:
    return [masked_text(word) for word in short_names(as_typed(job.asked.varied)) if "=" in word]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
