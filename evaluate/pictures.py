"""Pictures of an evaluation that training does not draw."""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from pipeline.judging import plots
from pipeline.judging.plots import COLOURS, DASHES, short

TOP = 20  # columns shown
DRAWN_ROWS = 20  # a class's bin with fewer says little


def of(evaluation: dict[str, Any]) -> dict[str, bytes]:
    """Return the pictures by name, as PNG: calibration, and feature_importance if there is one."""
    found = {"calibration": plots.png(calibration(evaluation["calibration"]))}
    if evaluation["importances"]:
        found["feature_importance"] = plots.png(importances(evaluation["importances"]))
    return found


def calibration(bins: list[dict[str, Any]]) -> Figure:
    """Draw predicted probabilities against what happened, and the rows in each bin below.

    Args:
        bins: as pipeline.judging.calibration.reliability returns them.
    """
    figure = Figure(figsize=(8.6, 7.2), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08))
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[5, 1])
    whole, *classes = bins
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8, zorder=0)
    for number, one in enumerate(classes):
        pairs = zip(one["predicted"], one["observed"], one["rows"], strict=True)
        kept = [(x, y) for x, y, rows in pairs if rows >= DRAWN_ROWS]
        if not kept:
            continue
        (line,) = axes.plot([x for x, _ in kept], [y for _, y in kept], linewidth=1)
        line.set(color=COLOURS[number % len(COLOURS)], label=short(one["class"]), alpha=0.75)
        line.set(linestyle=DASHES[number // len(COLOURS) % len(DASHES)])
    label = "predicted class"
    axes.plot(whole["predicted"], whole["observed"], "o-", color="black", linewidth=2, label=label)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), ylabel="share that it was")
    axes.set_title("Calibration: below the diagonal the model is too sure of itself")
    axes.grid(color="#dddddd", linewidth=0.6)
    legend = axes.legend(
        loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False, handlelength=3.2,
        ncols=-(-len(bins) // plots.LEGEND_ROWS), reverse=True,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
    below.bar(whole["predicted"], whole["rows"], width=0.04, color="#777777")
    below.set(xlabel="predicted probability", ylabel="rows")
    return figure


def importances(found: list[dict[str, Any]]) -> Figure:
    """Draw what each column is worth: by permutation, with its interval, and by impurity.

    Args:
        found: as pipeline.judging.importances.of_columns returns them, at least one.
    """
    shown = found[:TOP]
    by_impurity = shown[0]["impurity"] is not None
    size = (11 if by_impurity else 7.5, 1.7 + 0.3 * max(len(shown), 3))
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08))
    panels = figure.subplots(1, 2 if by_impurity else 1, sharey=True, squeeze=False)[0]
    places, values = range(len(shown)), [row["permutation"] for row in shown]
    errors = [(row["high"] - row["low"]) / 2 for row in shown]
    panels[0].barh(places, values, xerr=errors, color=COLOURS[0], ecolor="#444444", capsize=2)
    panels[0].set_xlabel("by permutation: AUC lost on test rows (95 % interval)")
    if by_impurity:
        panels[1].barh(places, [row["impurity"] for row in shown], color="#BBBBBB")
        panels[1].set_xlabel(
            "by impurity: share on training rows\n(too high for many-valued columns)"
        )
    panels[0].set_yticks(places, [short(row["feature"]) for row in shown], parse_math=False)
    panels[0].set_ylim(len(shown) - 0.4, -0.6)  # the first on top
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
    more = f": the first {TOP} of {len(found)}" if len(found) > TOP else ""
    figure.suptitle(f"What each column is worth{more}")
    return figure
