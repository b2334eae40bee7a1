"""The trials of a search as jobs of a sweep."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.config.search.space import Search
from pipeline.search import space
from pipeline.search.trials import FAILED, PRUNED, Trial, Values, judged
from pipeline.sweep.job import Asked, Ended
from pipeline.sweep.pool import Pool


class TrialJobs:
    """Runs trials, and keeps what came of them.

    Attributes:
        data: the digest of the table that the newest one was trained on; empty: not known.
    """

    def __init__(self, pool: Pool, search: Search, common: Sequence[str]) -> None:
        """Take what runs jobs, the search, and the overrides that all trials have."""
        self.data = ""
        self._pool, self._search, self._common = pool, search, tuple(common)
        self._values: dict[int, Values] = {}

    def start(self, number: int, values: Values, limits: list[float]) -> None:
        """Start a trial; it ends early if its folds do not reach the limits."""
        self._values[number] = values
        varied = space.overrides(self._search, values)
        words = [*self._common, *varied]
        if self._search.of_folds:
            words.append(f"model.folds={self._search.folds}")
        if limits:
            metric = str(self._search.metric).removeprefix("cv_")
            words += [f"model.stop_below={limits}", f"model.stop_metric={metric}"]
        self._pool.start(Asked(number, tuple(words), varied))

    def next_ended(self) -> Trial:
        """Wait for one of those that run."""
        job = self._pool.next_ended()
        metric = str(self._search.metric)
        state, value, means = judged(job.metrics, self._search)
        error = job.error
        if state == FAILED and not error:
            error = f"its training has no {metric}: there are {', '.join(job.metrics) or 'none'}"
        if error:
            state, value = FAILED, None
        if state != FAILED:
            self.data = next((i["digest"] for i in job.record.get("inputs", [])), self.data)
        self._pool.ended[-1] = _shown(job, metric, state, error)  # what the table says of it
        return Trial(
            job.asked.number, self._values[job.asked.number], state, value, tuple(means),
            job.seconds, job.run, error, job.outcome == "cached",
        )  # fmt: skip


def _shown(job: Ended, metric: str, state: str, error: str) -> Ended:
    """Return a job for the table: a trial that was stopped is compared with no other."""
    if state == PRUNED:
        figures = {name: value for name, value in job.metrics.items() if name != metric}
        return replace(job, outcome=PRUNED, record={**job.record, "metrics": figures})
    return replace(job, error=error, outcome=FAILED if error and not job.error else job.outcome)
