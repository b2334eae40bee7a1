"""How often the intervals of `evaluate` hold the truth, on tables of a known population.

    python benchmarks/coverage.py [tables] [rows ...]

Rows of the whole have the class sizes of a stratified split, those of a slice have not.
Printed: per cent of the tables whose 95 % interval holds the figure of the population, with its own
standard error; * where the interval says itself that it is rough or too narrow.
"""

import sys
from collections import defaultdict
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import numpy as np
from numpy.typing import NDArray

from evaluate.intervals import estimates
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.evaluation import Estimate
from pipeline.judging.metrics import HEADLINE, classification_metrics
from pipeline.judging.predictions import Predictions

SHARES = np.array([0.5, 0.35, 0.15])
SEPARATION = np.array([1.5, 0.7, 1.1])  # of each class's own score, in standard deviations
CLASSES = np.arange(len(SHARES))
TRUTH_ROWS = 1_000_000
ROUGH = ("too narrow", "rough", "wider")  # words of a note that warns


def table(codes: NDArray[np.int64], random: np.random.Generator) -> Predictions:
    """Return what a model that is somewhat too sure says of rows of these classes."""
    scores = random.normal(size=(len(codes), len(SHARES)))
    scores[np.arange(len(codes)), codes] += SEPARATION[codes]
    odds = np.exp(1.3 * scores)
    return Predictions(codes, odds / odds.sum(axis=1, keepdims=True), CLASSES)


def drawn(rows: int, fixed: bool, random: np.random.Generator) -> NDArray[np.int64]:
    """Return classes: with the population's shares exactly, or drawn."""
    if fixed:
        return np.repeat(CLASSES, np.round(rows * SHARES).astype(int))
    return random.choice(len(SHARES), size=rows, p=SHARES)


def coverage(
    rows: int, fixed: bool, tables: int, truth: dict[str, float]
) -> dict[str, tuple[float, bool]]:
    """Return by figure the share of the tables whose interval holds, and whether it warns."""
    held: dict[str, list[bool]] = defaultdict(list)
    warned: dict[str, list[bool]] = defaultdict(list)
    for seed in range(tables):
        random = np.random.default_rng(seed + 1)
        how = Bootstrap(resamples=200, seed=seed)
        sample = table(drawn(rows, fixed, random), random)
        whole, each = estimates(sample, how, within_classes=fixed)
        figures: dict[str, Estimate] = {name: whole[name] for name in HEADLINE}
        if fixed:
            figures |= {f"{name}/2": figure for name, figure in each[2].items()}
        for name, figure in figures.items():
            low, high = figure["low"], figure["high"]
            if low is not None and high is not None:
                held[name].append(low <= truth[name] <= high)
                warned[name].append(any(word in (figure["note"] or "") for word in ROUGH))
    return {name: (float(np.mean(held[name])), bool(np.mean(warned[name]) > 0.5)) for name in held}


def main(tables: int, sizes: list[int]) -> None:
    """Print a table for the whole and for slices."""
    random = np.random.default_rng(0)
    truth = classification_metrics(table(drawn(TRUTH_ROWS, False, random), random))
    error = 100 * np.sqrt(0.95 * 0.05 / tables)
    print(f"coverage of 95 % intervals in {tables} tables, in per cent, +/- {error:.1f}")
    for fixed in (True, False):
        found = {rows: coverage(rows, fixed, tables, truth) for rows in sizes}
        title = "whole" if fixed else "slice"
        print(f"{title:<14}" + "".join(f"{rows:>9,}" for rows in sizes))
        for name in found[sizes[-1]]:
            cells = [found[rows].get(name, (np.nan, False)) for rows in sizes]
            line = "".join(f"{100 * share:>8.1f}{'*' if rough else ' '}" for share, rough in cells)
            print(f"  {name:<12}{line}")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    main((numbers or [400])[0], numbers[1:] or [50, 100, 300, 1000])
