"""Small multiples: one little panel for each class or column, all on the same scale."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection

from pipeline.judging.pictures import canvas
from pipeline.judging.pictures.canvas import ACCENT, INK, LINE, MUTED, PAPER, clipped, write

Points = Sequence[tuple[float, float]]
MOST_COLUMNS = 5
LEAST, LARGEST = 9.0, 60.0  # areas of dots, square pixels
WIDTH, HEIGHT = 128.0, 118.0  # of a panel's frame, pixels
GAP, HEAD, EDGE = 16.0, 40.0, 30.0


@dataclass(frozen=True)
class Panel:
    """One panel: its title, a figure beside it, and what is drawn, from 0 to 1 both ways."""

    title: str
    note: str
    line: Points = ()
    dots: Points = ()  # of another line, which is thin
    areas: Sequence[float] = ()  # of the dots, the largest 1
    bars: Sequence[float] = field(default_factory=tuple)  # heights, side by side
    outline: Sequence[float] = ()  # heights of other bars, of which the tops are drawn


def panels(
    shown: Sequence[Panel],
    axis_names: tuple[str, str] = ("", ""),
    guides: Sequence[Points] = (),
) -> Axes:
    """Draw panels in rows.

    Args:
        shown: at least one.
        axis_names: of the horizontal and the vertical axis, the same for all panels.
        guides: grey lines that every panel has.
    """
    columns = min(len(shown), MOST_COLUMNS)
    rows = -(-len(shown) // columns)
    height = EDGE + rows * (HEIGHT + HEAD + GAP / 2)
    width = max(EDGE + columns * (WIDTH + GAP), 330.0)  # the names of the axes need that much
    axes = canvas.canvas(width, height)
    corners = [
        (EDGE + (n % columns) * (WIDTH + GAP),
         height - HEAD - HEIGHT - (n // columns) * (HEIGHT + HEAD + GAP / 2))
        for n in range(len(shown))
    ]  # fmt: skip
    _frames(axes, corners, guides)
    for panel, corner in zip(shown, corners, strict=True):
        _titles(axes, panel, corner)
    _marks(axes, shown, corners)
    if any(axis_names):
        _axis_names(axes, corners[columns * (rows - 1)], axis_names)
    return axes


def _placed(points: Points, corner: tuple[float, float]) -> list[tuple[float, float]]:
    return [(corner[0] + x * WIDTH, corner[1] + y * HEIGHT) for x, y in points]


def _frames(axes: Axes, corners: Sequence[tuple[float, float]], guides: Sequence[Points]) -> None:
    box: Points = ((0, 1), (0, 0), (1, 0))
    axes.add_collection(LineCollection([_placed(box, c) for c in corners], colors=MUTED, lw=0.8))
    lines = [_placed(guide, corner) for corner in corners for guide in guides]
    axes.add_collection(LineCollection(lines, colors=LINE, linewidths=1.2, zorder=1))


def _titles(axes: Axes, panel: Panel, corner: tuple[float, float]) -> None:
    top = corner[1] + HEIGHT
    write(axes, corner[0], top + 26, clipped(panel.title, 19), weight="bold")
    write(axes, corner[0], top + 11, panel.note, color=MUTED, size=canvas.SMALL)


def _marks(axes: Axes, shown: Sequence[Panel], corners: Sequence[tuple[float, float]]) -> None:
    placed = list(zip(shown, corners, strict=True))
    for kind, color, width in (("line", ACCENT, 1.8), ("dots", MUTED, 0.8)):
        lines = [_placed(getattr(p, kind), c) for p, c in placed if len(getattr(p, kind)) > 1]
        axes.add_collection(LineCollection(lines, colors=color, linewidths=width, zorder=3))
    tops = [_placed(_steps(p.outline), c) for p, c in placed if p.outline]
    axes.add_collection(LineCollection(tops, colors=INK, linewidths=1.4, zorder=4))
    dots = [point for p, c in placed for point in _placed(p.dots, c)]
    if dots:
        sizes = [LEAST + LARGEST * area for p, _ in placed for area in p.areas or [0] * len(p.dots)]
        x, y = zip(*dots, strict=True)
        axes.scatter(x, y, s=sizes, color=ACCENT, ec=PAPER, lw=0.7, zorder=4)
    bars = [bar for p, c in placed for bar in _bars(p.bars, c)]
    axes.add_collection(PolyCollection(bars, facecolors=ACCENT, edgecolors="none", zorder=2))


def _steps(heights: Sequence[float]) -> Points:
    """Return the line along the tops of bars."""
    step = 1 / len(heights)
    return [(x * step, h) for n, h in enumerate(heights) for x in (n, n + 1)]


def _bars(heights: Sequence[float], corner: tuple[float, float]) -> list[list[tuple[float, float]]]:
    step = 1 / max(len(heights), 1)
    inside = 0.08 * step
    return [
        _placed([(n * step + inside, 0), (n * step + inside, h), ((n + 1) * step - inside, h),
                 ((n + 1) * step - inside, 0)], corner)
        for n, h in enumerate(heights) if h
    ]  # fmt: skip


def _axis_names(axes: Axes, corner: tuple[float, float], names: tuple[str, str]) -> None:
    """Name the axes at one panel, the first of the last row; the others are like it."""
    style = {"color": MUTED, "size": canvas.SMALL}
    for place, digit in ((0.0, "0"), (1.0, "1")):
        write(axes, corner[0] + place * WIDTH, corner[1] - 9, digit, ha="center", **style)
        write(axes, corner[0] - 5, corner[1] + place * HEIGHT, digit, ha="right", **style)
    write(axes, corner[0] + WIDTH / 2, corner[1] - 9, f"{names[0]} →", ha="center", **style)
    write(axes, corner[0] - 14, corner[1] + HEIGHT / 2, f"{names[1]} →", ha="center", rotation=90,
          **style)  # fmt: skip
