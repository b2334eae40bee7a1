"""The confusion matrix, legible for two classes and for thirty."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from numpy.typing import NDArray

from pipeline.report import charts
from pipeline.report.charts import ACCENT, MUTED, PALE, PAPER, Picture, canvas, clipped, write

LARGEST, SMALLEST, WHOLE = 46.0, 23.0, 560.0  # a cell's edge, and what all would like to fill
NAME = 22  # characters of a class name
LEAST = 0.005  # share that is shown
DARK = 0.5  # share from which on a cell's figure is written in the page's colour


def shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return counts (k, k) as shares of each row; 0 in a row without any."""
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), float)


def worst(classes: Sequence[Any], counts: NDArray[np.int64], most: int) -> list[dict[str, Any]]:
    """Return the pairs of classes that are taken for each other most often, by share of the truth.

    Args:
        classes: the k labels.
        counts: (k, k), a row for each true class.
        most: how many pairs.
    """
    off = counts - np.diag(np.diag(counts))
    of_truth = off / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    order = np.lexsort((-off.ravel(), -of_truth.ravel()))[:most]
    pairs = [divmod(int(cell), len(classes)) for cell in order]
    return [
        {"truth": classes[i], "taken_for": classes[j], "rows": int(off[i, j]),
         "share": float(of_truth[i, j])}
        for i, j in pairs if off[i, j]
    ]  # fmt: skip


def matrix(classes: Sequence[Any], counts: NDArray[np.int64], name: str, finding: str) -> Picture:
    """Draw a row for each true class: what per cent of its rows each class was predicted for.

    Args:
        classes: the k labels.
        counts: (k, k), a row for each true class, a column for each predicted one.
        name: of the picture.
        finding: what it shows.
    """
    size = len(classes)
    cell = min(max(WHOLE / size, SMALLEST), LARGEST)
    names = [clipped(str(label), NAME) for label in classes]
    longest = max(charts.width_of(label) for label in names)
    rows = [f"{n:,}" for n in counts.sum(axis=1)]
    left = longest + 24 + max(map(charts.width_of, rows)) + 20
    below = longest * 0.75 + 40
    # The last slanted names reach to the right of the matrix no further than a name's own width.
    axes = canvas(max(left + cell * size + 16, 330), below + cell * size + 26)
    _cells(axes, shares(counts), (left, below, cell))
    style = {"color": MUTED, "size": charts.SMALL}
    for n, (label, count) in enumerate(zip(names, rows, strict=True)):
        y, x = below + cell * (size - n - 0.5), left + cell * (n + 0.5)
        write(axes, left - 10 - max(map(charts.width_of, rows)) - 8, y, label, ha="right")
        write(axes, left - 8, y, count, ha="right", **style)
        write(axes, x + 4, below - 8, label, ha="right", va="top", rotation=45,
              rotation_mode="anchor")  # fmt: skip
    top = below + cell * size + 14
    write(axes, left - 8, top, "true class, rows", ha="right", **style)
    write(axes, left, top, "per cent of them predicted as", **style)
    return charts.picture(axes, name, finding)


def strength(share: float) -> float:
    """Return how much of the accent a cell has; its figure stands out from it, light and dark.

    Between 0.45 and 0.75 neither the ink nor the page's own colour would: there is a step.
    """
    return round(0.9 * share, 2) if share <= DARK else round(0.75 + 0.5 * (share - DARK), 2)


def _cells(axes: Axes, part: NDArray[np.float64], place: tuple[float, float, float]) -> None:
    """Fill the cells by their share, and write it; what rounds to nothing stays empty."""
    left, below, cell = place
    empty, filled, strengths = [], [], []
    for i, j in np.ndindex(*part.shape):
        share = float(part[i, j])
        x, y = left + cell * j, below + cell * (len(part) - 1 - i)
        square = [(x + dx, y + dy) for dx, dy in ((1, 1), (cell - 1, 1), (cell - 1, cell - 1),
                                                  (1, cell - 1))]  # fmt: skip
        if share < LEAST:
            empty.append(square)
            continue
        filled.append(square)
        strengths.append(strength(share))
        color = PAPER if share > DARK else charts.INK
        write(axes, x + cell / 2, y + cell / 2, f"{100 * share:.0f}", ha="center", color=color,
              size=min(charts.TEXT, cell * 0.45))  # fmt: skip
    axes.add_collection(PolyCollection(empty + filled, facecolors=PALE, edgecolors="none"))
    axes.add_collection(PolyCollection(filled, facecolors=ACCENT, edgecolors="none",
                                       alpha=strengths or None))  # fmt: skip
