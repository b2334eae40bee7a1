"""The pictures of predicted numbers: truth and residuals beside them, how residuals are spread."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pipeline.judging.evaluation import Residuals
from pipeline.judging.formatting import compact, percent
from pipeline.judging.pictures import canvas
from pipeline.judging.pictures.canvas import ACCENT, LINE, MUTED, PALE, PAPER, Picture, write

WIDTH, HEIGHT = 380.0, 280.0  # of a frame, pixels
LEFT, RIGHT, TOP, BOTTOM = 84.0, 20.0, 14.0, 46.0
Span = tuple[float, float]


def pictures(found: Residuals) -> list[Picture]:
    """Return predicted against true, residuals against predicted, and the residuals' histogram."""
    predicted, true = np.array(found["predicted"]), np.array(found["true"])
    errors, interval = true - predicted, found["interval"]
    half = interval["half_width"] if interval else None
    both = _span([*predicted, *true])
    axes, at = _frame(("predicted", "true"), both, both)
    _line(axes, at, both, both)
    _bounds(axes, at, both, half, slope=1.0)
    _dots(axes, at, predicted, true)
    drawn = [canvas.picture(axes, "predicted_true", "Predicted and true values", _shown(found))]
    limit = max(float(np.abs(errors).max()), (half or 0.0)) or 1.0
    across, up = _span(predicted), _span([-limit, limit])
    axes, at = _frame(("predicted", "true − predicted"), across, up)
    _line(axes, at, across, (0.0, 0.0))
    _bounds(axes, at, across, half, slope=0.0)
    _dots(axes, at, predicted, errors)
    title = "Residuals beside what is predicted"
    drawn.append(canvas.picture(axes, "residuals", title, _leaning(predicted, errors)))
    return [*drawn, _histogram(found)]


def _shown(found: Residuals) -> str:
    rows = f"{len(found['true']):,} rows, evenly spread over what is predicted"
    if found["quantile"] is not None:
        below = f"{percent(found['quantile'], 0)} of the rows should be at or below the line"
        return f"{rows}; {below}."
    if interval := found["interval"]:
        return f"{rows}; thin lines: the prediction interval, ± {compact(interval['half_width'])}."
    return f"{rows}; on the line, the prediction is true."


def _leaning(predicted: np.ndarray, errors: np.ndarray) -> str:
    """Say whether errors grow with what is predicted, by the halves of the rows."""
    middle = np.median(predicted)
    low, high = (np.abs(errors[part]) for part in (predicted <= middle, predicted > middle))
    if not (len(low) and len(high)):
        return "All rows are predicted alike."
    return (
        f"Where little is predicted (up to {compact(float(middle))}), the error is "
        f"{compact(float(low.mean()))} on average; where more is, {compact(float(high.mean()))}."
    )


def _histogram(found: Residuals) -> Picture:
    edges, counts = found["edges"], found["counts"]
    across, up = _span(edges), (0.0, max(counts) * 1.05 or 1.0)
    axes, at = _frame(("true − predicted", "rows"), across, up)
    for low, high, rows in zip(edges, edges[1:], counts, strict=False):
        (left, bottom), (right, top) = at(low, 0.0), at(high, float(rows))
        axes.fill_between([left + 0.5, right - 0.5], bottom, top, color=ACCENT, lw=0)
    _line(axes, at, (0.0, 0.0), up)
    caption = (
        f"{sum(counts):,} rows from {compact(edges[0])} to {compact(edges[-1])}; the outermost "
        "half per cent on either side is counted in the last bars."
    )
    return canvas.picture(axes, "residual_distribution", "How residuals are spread", caption)


def _span(numbers: Sequence[float] | np.ndarray) -> Span:
    low, high = float(np.min(numbers)), float(np.max(numbers))
    edge = 0.03 * (high - low) or abs(low) or 1.0
    return low - edge, high + edge


class _At:
    """From values to pixels."""

    def __init__(self, across: Span, up: Span) -> None:
        self._across, self._up = across, up

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        (left, right), (low, high) = self._across, self._up
        return (
            LEFT + WIDTH * (x - left) / (right - left),
            BOTTOM + HEIGHT * (y - low) / (high - low),
        )


def _frame(names: tuple[str, str], across: Span, up: Span) -> tuple[Axes, _At]:
    """Return axes with a grid, the scales and their names, and where values are on them."""
    axes, at = canvas.canvas(LEFT + WIDTH + RIGHT, BOTTOM + HEIGHT + TOP), _At(across, up)
    style = {"color": MUTED, "size": canvas.SMALL}
    for tick in _ticks(across):
        x, _ = at(tick, up[0])
        axes.plot([x, x], [BOTTOM, BOTTOM + HEIGHT], color=PALE, lw=1, zorder=0)
        write(axes, x, BOTTOM - 12, compact(tick), ha="center", **style)
    for tick in _ticks(up):
        _, y = at(across[0], tick)
        axes.plot([LEFT, LEFT + WIDTH], [y, y], color=PALE, lw=1, zorder=0)
        write(axes, LEFT - 6, y, compact(tick), ha="right", **style)
    write(axes, LEFT + WIDTH / 2, BOTTOM - 32, f"{names[0]} →", ha="center", **style)
    write(axes, 12, BOTTOM + HEIGHT / 2, f"{names[1]} →", ha="center", rotation=90, **style)
    return axes, at


def _ticks(span: Span) -> list[float]:
    ticks = MaxNLocator(5).tick_values(*span)
    return [float(np.round(t, 10)) for t in ticks if span[0] <= t <= span[1]]


def _line(axes: Axes, at: _At, across: Span, up: Span, width: float = 1.4) -> None:
    x, y = zip(at(across[0], up[0]), at(across[1], up[1]), strict=True)
    axes.plot(x, y, color=MUTED if width < 1 else LINE, lw=width, zorder=1)


def _bounds(axes: Axes, at: _At, across: Span, half: float | None, slope: float) -> None:
    """Draw the prediction interval: two lines at this distance, cut where the frame ends."""
    for shift in (half, -half) if half else ():
        # Along the diagonal a shifted line leaves the frame by as much as it is shifted.
        left, right = across
        if slope:
            left, right = max(left, left - shift), min(right, right - shift)
        if left < right:
            _line(axes, at, (left, right), (slope * left + shift, slope * right + shift), 0.8)


def _dots(axes: Axes, at: _At, x: np.ndarray, y: np.ndarray) -> None:
    placed = np.array([at(float(a), float(b)) for a, b in zip(x, y, strict=True)])
    axes.scatter(placed[:, 0], placed[:, 1], s=14, color=ACCENT, ec=PAPER, lw=0.5, zorder=3)
