"""The confusion matrix, legible for two classes and for thirty."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from numpy.typing import NDArray

from pipeline.judging.pictures import canvas
from pipeline.judging.pictures.canvas import ACCENT, INK, MUTED, PALE, PAPER, clipped, write

LARGEST, SMALLEST, WHOLE = 46.0, 25.0, 560.0  # a cell's edge, and what all would like to fill
NAME = 22  # characters of a class name
HEAD = 110.0  # pixels that the words above the names of the rows need
LEAST = 0.005  # share that is shown
DARK = 0.5  # share from which on a cell's figure is written in the page's colour


def shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return counts (k, k) as shares of each row; 0 in a row without any."""
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), float)


class Confusion(TypedDict):
    """Rows of one class that were predicted as another, and their share of the true class."""

    truth: str
    predicted: str
    rows: int
    share: float


def worst(classes: Sequence[str], counts: NDArray[np.int64], most: int) -> list[Confusion]:
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
        {"truth": classes[i], "predicted": classes[j], "rows": int(off[i, j]),
         "share": float(of_truth[i, j])}
        for i, j in pairs if off[i, j]
    ]  # fmt: skip


def matrix(classes: Sequence[str], counts: NDArray[np.int64], part: NDArray[np.float64]) -> Axes:
    """Draw a row for each true class: what per cent of its rows each class was predicted for.

    Args:
        classes: the k labels.
        counts: (k,) rows of each true class.
        part: (k, k) shares, a row for each true class, a column for each predicted one.
    """
    size = len(classes)
    cell = min(max(WHOLE / size, SMALLEST), LARGEST)
    names = [clipped(label, NAME) for label in classes]
    rows = [f"{n:,}" for n in counts]
    longest, widest = (max(map(canvas.width_of, texts)) for texts in (names, rows))
    left = max(longest + widest + 30, HEAD)
    level = longest < cell  # there is room for the names beside each other
    below = 30 if level else longest * 0.75 + 40
    axes = canvas.canvas(max(left + cell * size + 16, 330), below + cell * size + 26)
    _cells(axes, part, (left, below, cell))
    faint: dict[str, object] = {"color": MUTED, "size": canvas.SMALL}
    slant: dict[str, object] = {"ha": "right", "rotation": 45, "rotation_mode": "anchor"}
    for n, (label, count) in enumerate(zip(names, rows, strict=True)):
        y, x = below + cell * (size - n - 0.5), left + cell * (n + 0.5)
        write(axes, left - widest - 18, y, label, ha="right")
        write(axes, left - 8, y, count, ha="right", **faint)
        write(axes, x, below - 8, label, va="top", **({"ha": "center"} if level else slant))
    top = below + cell * size + 14
    write(axes, left - 8, top, "true class, rows", ha="right", **faint)
    write(axes, left, top, "per cent of them predicted as", **faint)
    return axes


def strength(share: float) -> float:
    """Return how much of the accent a cell has; its figure stands out from it, light and dark.

    Between 0.45 and 0.75 neither the ink nor the page's own colour would: there is a step.
    """
    return round(0.9 * share, 2) if share <= DARK else round(0.75 + 0.5 * (share - DARK), 2)


def _cells(axes: Axes, part: NDArray[np.float64], corner: tuple[float, float, float]) -> None:
    """Fill the cells by their share, and write it; what rounds to nothing stays empty."""
    left, below, cell = corner
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
        color = PAPER if share > DARK else INK
        write(axes, x + cell / 2, y + cell / 2, f"{100 * share:.0f}", ha="center", color=color,
              size=min(canvas.TEXT, cell * 0.45))  # fmt: skip
    axes.add_collection(PolyCollection(empty + filled, facecolors=PALE, edgecolors="none"))
    axes.add_collection(PolyCollection(filled, facecolors=ACCENT, edgecolors="none",
                                       alpha=strengths or None))  # fmt: skip
