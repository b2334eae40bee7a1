"""Pictures of a classifier's results, readable for two classes and for many.

Every function returns a figure of matplotlib's object API: no pyplot, no display, no global state.
"""

import warnings
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_curve

from pipeline.judging.metrics import class_codes

# Okabe and Ito's colours (2008), which the colour-blind can tell apart, without the yellow, which
# is too pale for a line; with more classes than colours the dashes differ as well.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", ":", "-.")
DOTS_PER_INCH = 110
NAME_LENGTH = 28  # longer names are cut
CURVE_POINTS = 1000  # more are not visible, and slow to draw
LABELLED_CELLS = 40  # classes up to which a confusion matrix shows figures
LEGEND_ROWS = 24


def confusion_matrix(truth: Any, predicted: Any, classes: Sequence[Any]) -> Figure:
    """Draw what became of each class: a row per true class, its rows' shares in percent.

    Args:
        truth: (n,) labels.
        predicted: (n,) labels.
        classes: the k labels, in the order of the rows and columns.

    Raises:
        InputError: a label is not in `classes`, or there are none.
    """
    size = len(classes)
    counts = np.zeros((size, size), dtype=np.int64)
    np.add.at(counts, (class_codes(truth, classes), class_codes(predicted, classes)), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    labelled = size <= LABELLED_CELLS
    cells = max(size * (0.48 if labelled else 0.2), 2.4)  # inches
    figure, axes = _figure(cells + 3.6, cells + 1.9)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    rows = [f"{short(name)} ({n:,})" for name, n in zip(classes, counts.sum(axis=1), strict=True)]
    axes.set_yticks(range(size), rows, parse_math=False)
    names = [short(name) for name in classes]
    axes.set_xticks(range(size), names, parse_math=False)
    if not labelled or max(map(len, names)) > 4:
        for text in axes.get_xticklabels():
            text.set(rotation=45 if labelled else 60, ha="right", rotation_mode="anchor")
    axes.set(xlabel="predicted class", ylabel="true class (rows)")
    axes.set_title("Confusion matrix: percent of each true class")
    figure.colorbar(image, ax=axes, shrink=0.6, label="share of the true class")
    if labelled:
        _label_cells(axes, shares, counts)
    return figure


def roc_curves(truth: Any, probabilities: NDArray[np.float64], classes: Sequence[Any]) -> Figure:
    """Draw each class's ROC curve against all others, with its area, the largest first.

    Classes without rows are left out.

    Args:
        truth: (n,) labels.
        probabilities: (n, k), the columns in the order of `classes`.
        classes: the k labels.

    Raises:
        InputError: a label is not in `classes`, or there are none.
    """

    def curve(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> Any:
        false, true, _ = roc_curve(positive, score)
        return false, true, auc(false, true)

    figure, axes = _curve_figure(classes)
    _curves(axes, truth, probabilities, classes, curve, "AUC")
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8, zorder=0)  # a guess
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    axes.set_title("ROC curves, each class against the others")
    return figure


def precision_recall_curves(
    truth: Any, probabilities: NDArray[np.float64], classes: Sequence[Any]
) -> Figure:
    """Draw each class's precision-recall curve, with its average precision, the largest first.

    Arguments and errors as in `roc_curves`.
    """

    def curve(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> Any:
        precision, recall, _ = precision_recall_curve(positive, score, drop_intermediate=True)
        return recall, precision, average_precision_score(positive, score)

    figure, axes = _curve_figure(classes)
    _curves(axes, truth, probabilities, classes, curve, "AP")
    axes.set(xlabel="recall", ylabel="precision")
    axes.set_title("Precision-recall curves, each class against the others")
    return figure


def feature_importance(importances: Sequence[tuple[str, float]], top: int = 20) -> Figure:
    """Draw the `top` first (name, importance) pairs as bars, the first on top."""
    shown = list(importances)[:top]
    figure, axes = _figure(7.5, 1.4 + 0.3 * max(len(shown), 3))
    bars = axes.barh(range(len(shown)), [value for _, value in shown], color=COLOURS[0])
    axes.bar_label(bars, fmt="%.3f", padding=3, fontsize=9)
    axes.set_yticks(range(len(shown)), [short(name) for name, _ in shown], parse_math=False)
    axes.set_ylim(max(len(shown), 1) - 0.4, -0.6)  # the first on top
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("importance (mean decrease in impurity; all inputs sum to 1)")
    more = f": the first {top} of {len(importances)}" if len(importances) > top else ""
    axes.set_title(f"Feature importance{more}")
    return figure


def png(figure: Figure) -> bytes:
    """Return a PNG that depends on the figure only: no date, no software version."""
    content = BytesIO()
    with warnings.catch_warnings():  # a script that the font lacks is boxes, not a failure
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(content, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return content.getvalue()


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08))
    return figure, figure.add_subplot()


def _curve_figure(classes: Sequence[Any]) -> tuple[Figure, Axes]:
    longest = max((len(short(name)) for name in classes), default=0)
    legend_columns = -(-len(classes) // LEGEND_ROWS)
    return _figure(6.0 + legend_columns * (1.3 + 0.085 * longest), 5.8)


def short(name: Any) -> str:
    """Return a name as it is shown."""
    text = str(name)
    return text if len(text) <= NAME_LENGTH else text[: NAME_LENGTH - 1] + "…"


def _label_cells(axes: Axes, shares: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
    few = len(shares) <= 6
    for row, column in np.argwhere(counts > 0):
        share = shares[row, column]
        percent = "<1" if share < 0.005 else f"{100 * share:.0f}"
        text = f"{percent} %\n{counts[row, column]:,}" if few else percent
        colour = "white" if share > 0.65 else "black"
        axes.text(
            column, row, text, ha="center", va="center", color=colour, fontsize=9, in_layout=False
        )


def _curves(
    axes: Axes,
    truth: Any,
    probabilities: NDArray[np.float64],
    classes: Sequence[Any],
    curve: Callable[[NDArray[np.bool_], NDArray[np.float64]], Any],
    measure: str,
) -> None:
    codes = class_codes(truth, classes)
    drawn = []
    present = np.unique(codes)
    for code in present if len(present) > 1 else []:  # one class alone has no curve
        x, y, area = curve(codes == code, probabilities[:, code])
        few = np.unique(np.linspace(0, len(x) - 1, CURVE_POINTS).astype(int))
        (line,) = axes.plot(x[few], y[few], linewidth=1.6)
        line.set(color=COLOURS[code % len(COLOURS)])
        line.set(linestyle=DASHES[code // len(COLOURS) % len(DASHES)])
        drawn.append((area, short(classes[code]), line))
    drawn.sort(key=lambda entry: -entry[0])
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.grid(color="#dddddd", linewidth=0.6)
    if not drawn:
        axes.text(0.5, 0.5, "one single class: no curve", ha="center")
        return
    legend = axes.legend(
        [line for _, _, line in drawn],
        [f"{area:.3f}  {name}" for area, name, _ in drawn],
        title=f"{measure}  class",
        loc="center left",
        bbox_to_anchor=(1.02, 0.5),  # beside the curves, never over them
        ncols=-(-len(classes) // LEGEND_ROWS),
        handlelength=3.2,
        frameon=False,
        alignment="left",
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
