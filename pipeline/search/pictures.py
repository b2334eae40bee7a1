"""What Optuna draws of a search, in the look of the report's pictures."""

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import NullFormatter

from pipeline.judging.formatting import NONE, listed, percent, title
from pipeline.judging.pictures.canvas import (
    ACCENT,
    DOTS,
    INK,
    LINE,
    MUTED,
    PAPER,
    SMALL,
    Picture,
    width_of,
)

if TYPE_CHECKING:
    from optuna import Study

WIDTH, BAR, AXIS = 660, 30, 125  # pixels: of a picture, of a bar, between two axes
FAINTEST = 0.15  # opacity of the worst trial's line
BELOW, BESIDE = 55, 70  # pixels for the words at two sides of a picture
WORDS = {"None": NONE, "True": "true", "False": "false"}


def pictures(study: "Study", metric: str) -> Iterator[Picture]:
    """Yield the history of a search, the importance of each parameter, and all trials as lines.

    Without two complete trials of different value the history is all that there is to see.

    Args:
        study: the search.
        metric: that its trials are compared by.
    """
    name, values = title(metric), {t.value for t in study.trials if t.value is not None}
    if values:
        yield _history(study, name)
    if len(values) > 1:
        yield _importance(study, name)
        yield _parallel(study, name)


def _history(study: "Study", name: str) -> Picture:
    from optuna.visualization.matplotlib import plot_optimization_history

    drawn = _drawn(lambda: plot_optimization_history(study, target_name=name), (WIDTH, 300))
    axes = drawn.axes[0]
    axes.collections[0].set_color(ACCENT)
    axes.lines[0].set(color=MUTED, alpha=1)
    axes.xaxis.set_major_formatter(lambda x, _: f"{x + 1:g}")  # for people from 1
    caption = f"Dots are complete trials by their {name}, the line is the best so far."
    return Picture("history", "What the trials reached", caption, drawn)


def _importance(study: "Study", name: str) -> Picture:
    from optuna.importance import get_param_importances
    from optuna.visualization.matplotlib import plot_param_importances

    with warnings.catch_warnings():  # of few trials, which the page shows
        warnings.simplefilter("ignore")
        shares = get_param_importances(study)
    longest = max(width_of(parameter, SMALL) for parameter in shares)
    size = (WIDTH, BELOW + BAR * (len(shares) + 1))
    drawn = _drawn(lambda: plot_param_importances(study, target_name=name), size, longest)
    for bar in drawn.axes[0].patches:
        bar.set_color(ACCENT)
    drawn.axes[0].set_xlabel("share")
    parts = listed(f"{parameter} {percent(share, 0)}" for parameter, share in shares.items())
    caption = f"Shares in what tells the better trials from the others (PED-ANOVA): {parts}."
    return Picture("importance", "Importance of each parameter", caption, drawn)


def _parallel(study: "Study", name: str) -> Picture:
    from optuna.visualization.matplotlib import plot_parallel_coordinate

    names = {parameter for trial in study.trials for parameter in trial.params}
    size = (max(WIDTH, AXIS * (len(names) + 1)), 380)
    drawn = _drawn(lambda: plot_parallel_coordinate(study, target_name=name), size, BESIDE, BESIDE)
    drawn.axes[0].tick_params(axis="x", rotation=0)
    _strengthen(drawn, study.direction.name == "MINIMIZE")
    caption = (
        f"A line is a complete trial: its {name}, then its parameters; the best are strongest."
    )
    return Picture("parallel", "All trials", caption, drawn)


def _drawn(
    plot: Callable[[], Axes],
    size: tuple[float, float],
    left: float = BESIDE,
    right: float = BESIDE / 2,
) -> Figure:
    """Return a picture of Optuna without its title and legend, in our fonts and colours.

    Args:
        plot: draws it.
        size: width and height, pixels.
        left: pixels for what is written there.
        right: the same on the other side.
    """
    from matplotlib import pyplot

    width, height = size
    with warnings.catch_warnings(), mpl.rc_context():  # Optuna sets a style for all that follows
        warnings.simplefilter("ignore")
        mpl.use("agg")
        figure = plot().figure
        pyplot.close(figure)  # type: ignore[arg-type]
    assert isinstance(figure, Figure)
    figure.set_layout_engine("none")
    figure.set_dpi(DOTS)
    figure.set_size_inches(width / DOTS, height / DOTS)
    x, y = (left + 10) / width, BELOW / height
    for axes in figure.axes:
        axes.set_position((x, y, 1 - right / width - x, 1 - 12 / height - y))
        _bare(axes)
    for text in figure.findobj(Text):
        text.set(fontsize=SMALL, color=INK, parse_math=False)
    return figure


def _bare(axes: Axes) -> None:
    """Take title, legend and grid away, and write what a logarithmic axis has without powers."""
    axes.set(title="", ylabel="", facecolor="none")
    axes.set_title("", loc="left")
    if legend := axes.get_legend():
        legend.remove()
    axes.tick_params(which="both", color=LINE)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_color(LINE)
    if axes.get_yscale() == "log":
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())


def _strengthen(figure: Figure, minimizes: bool) -> None:
    """Make the lines of better trials stronger, and what is written on them legible."""
    first, colours, *others = figure.axes
    colours.remove()
    lines = first.collections[0]
    values = np.asarray(lines.get_array())
    ranks = np.argsort(np.argsort(-values if minimizes else values)) / max(len(values) - 1, 1)
    lines.set_array(None)
    lines.set_color([(ACCENT, FAINTEST + (1 - FAINTEST) * rank) for rank in ranks])
    for axes in others:
        texts = [label.get_text() for label in axes.get_yticklabels()]
        if any(text in WORDS for text in texts):
            axes.set_yticks(axes.get_yticks(), [WORDS.get(text, text) for text in texts])
        for label in axes.get_yticklabels():
            label.set(fontsize=SMALL, color=INK)
            label.set_bbox({"facecolor": PAPER, "edgecolor": "none", "pad": 1, "alpha": 0.8})
