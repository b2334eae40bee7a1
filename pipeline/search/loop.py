"""The trials of a search, side by side, each drawn when the results that it needs are there."""

from collections.abc import Iterator
from typing import Protocol

from pipeline.config.search.space import Search
from pipeline.search.sampling import draw
from pipeline.search.trials import Trial, Values, thresholds


class Jobs(Protocol):
    """What runs trials."""

    def start(self, number: int, values: Values, limits: list[float]) -> None:
        """Start a trial; it ends early if its folds do not reach the limits."""

    def next_ended(self) -> Trial:
        """Wait for one of those that run."""


def trials(search: Search, own: Values, count: int, workers: int, jobs: Jobs) -> Iterator[Trial]:
    """Yield exactly so many trials as they end.

    The first one has the config's own values. Trial n is drawn from the results of trials 0 to
    n - window, whichever have ended besides: so the trials are the same for any number of workers,
    and after any interruption. Without barriers: of a wave of trials nobody waits for the slowest.

    Args:
        search: the search; of more workers than its window some have nothing to do.
        own: the config's own values; empty: the first trial is drawn as well.
        count: how many trials.
        workers: how many run side by side.
        jobs: runs them.
    """
    begun, ended = list[Values](), dict[int, Trial]()
    while len(ended) < count:
        while (n := len(begun)) < count and n - len(ended) < workers:
            known = max(0, n - search.window + 1)
            if any(k not in ended for k in range(known)):
                break
            told = [ended[k] for k in range(known)]
            values = own if own and n == 0 else draw(search, n, told, begun[known:])
            jobs.start(n, values, thresholds(search, told))
            begun.append(values)
        trial = jobs.next_ended()
        ended[trial.number] = trial
        yield trial
