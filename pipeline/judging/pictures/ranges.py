"""Estimates with their intervals: a row for each class or feature, a column for each metric."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pipeline.judging.evaluation import Estimate
from pipeline.judging.formatting import compact
from pipeline.judging.pictures import canvas
from pipeline.judging.pictures.canvas import ACCENT, LINE, MUTED, PALE, PAPER, clipped, write

ROW, TOP, BOTTOM, COLUMN, GAP = 22.0, 26.0, 24.0, 200.0, 30.0  # pixels
NAME = 24  # characters of a row's name


@dataclass(frozen=True)
class Column:
    """A metric: its name, and for each row its estimate (value, low, high; each may be None)."""

    name: str
    estimates: Sequence[Estimate]

    def numbers(self) -> list[float]:
        """Return all numbers there are."""
        numbers = (n for e in self.estimates for n in (e["value"], e["low"], e["high"]))
        return [float(number) for number in numbers if number is not None]


def ranges(labels: Sequence[str], columns: Sequence[Column]) -> Axes:
    """Draw a dot for each value and a line for its interval.

    Args:
        labels: of the rows, at least one.
        columns: one or two metrics, each on a scale of its own.
    """
    height = TOP + ROW * len(labels) + BOTTOM
    names = [clipped(label, NAME) for label in labels]
    left = max(map(canvas.width_of, names)) + 24 if names else 0.0
    axes = canvas.canvas(left + len(columns) * (COLUMN + GAP), height)
    middles = [height - TOP - ROW * (n + 0.5) for n in range(len(labels))]
    for label, y in zip(names, middles, strict=True):
        write(axes, left - 12, y, label, ha="right")
    for number, column in enumerate(columns):
        _column(axes, column, left + number * (COLUMN + GAP), middles, height)
    return axes


def _column(
    axes: Axes, column: Column, left: float, middles: Sequence[float], height: float
) -> None:
    numbers = column.numbers() or [0.0, 1.0]
    ticks = MaxNLocator(4).tick_values(min(numbers), max(numbers))
    first, last = float(ticks[0]), float(ticks[-1])

    def at(value: float) -> float:
        return left + COLUMN * (value - first) / (last - first)

    write(axes, left, height - 10, column.name, weight="bold")
    for tick in ticks:
        axes.plot([at(tick)] * 2, [BOTTOM - 4, height - TOP], color=PALE, lw=1, zorder=0)
        style = {"ha": "center", "color": MUTED, "size": canvas.SMALL}
        write(axes, at(tick), BOTTOM - 14, compact(float(np.round(tick, 10))), **style)
    for y, estimate in zip(middles, column.estimates, strict=True):
        axes.plot([left, left + COLUMN], [y, y], color=PALE, lw=1, zorder=0)
        value, low, high = estimate["value"], estimate["low"], estimate["high"]
        if value is None:
            write(axes, left + 4, y, "not defined", color=MUTED, size=canvas.SMALL)
            continue
        if low is not None and high is not None:
            axes.plot([at(low), at(high)], [y, y], color=ACCENT, lw=2, solid_capstyle="butt")
        axes.plot([at(value)], [y], "o", ms=6, color=ACCENT, mec=PAPER, mew=1)
    axes.plot([left, left + COLUMN], [BOTTOM - 4] * 2, color=LINE, lw=1)
