"""What is said of runs that were compared: a sentence, an interval, a value."""

from collections.abc import Sequence

from pipeline.comparison.compare import Compared, Pair
from pipeline.judging import paired
from pipeline.judging.evaluation import MetricEstimate
from pipeline.judging.formatting import count, figure, percent, signed, title

KINDS = {"config": "Config", "code": "Code", "packages": "Packages", "data": "Data and artifacts"}


def difference(estimate: MetricEstimate) -> str:
    """Return ``−0.032 (−0.050 to −0.015)``."""
    bounds = estimate["low"], estimate["high"]
    interval = "" if None in bounds else f" ({' to '.join(map(signed, bounds))})"
    return f"{signed(estimate['value'])}{interval}"


def rows(pair: Pair) -> str:
    """Return on which rows two models were compared."""
    if pair.of == (pair.rows, pair.rows):
        return f"the same {count(pair.rows, 'test row')}"
    return (f"the {count(pair.rows, 'test row')} that both have, of {pair.of[0]:,} of "
            f"{pair.first} and {pair.of[1]:,} of {pair.other}")  # fmt: skip


def sentence(pair: Pair, metric: str) -> str:
    """Return what the comparison of two runs comes to, by one metric if it is defined."""
    if pair.obstacle:
        return f"{pair.other} and {pair.first} cannot be compared on common rows: {pair.obstacle}."
    named = [e for e in pair.differences if e["metric"] == metric] or list(pair.differences[:1])
    (estimate,) = named
    better = paired.better(estimate)
    verdict = f"{pair.other if better else pair.first} is better"
    end = "which may be chance" if better is None else f"so {verdict}"
    return (f"On {rows(pair)}, {title(estimate['metric'])} of {pair.other} minus {pair.first} is "
            f"{difference(estimate)}, {end}.")  # fmt: skip


def figures(values: Sequence[object]) -> list[str]:
    """Return the values of a metric; empty where a run has none."""
    return [figure(value, 4) if isinstance(value, int | float) else "" for value in values]


def same(compared: Compared) -> str:
    """Return what is the same in all runs; empty if nothing is."""
    kinds = [KINDS[kind].lower() for kind, found in compared.differing.items() if not found]
    return f"The same in all: {', '.join(kinds)}." if kinds else ""


def how(compared: Compared) -> str:
    """Return how the intervals were made."""
    drawn = compared.how
    return (f"{percent(drawn.confidence, 0)} intervals of {count(drawn.resamples, 'resample')}, "
            f"the same rows for both, seed {drawn.seed}")  # fmt: skip
