"""Draw the rooms of the code from its imports: a picture, and a table in docs/architecture.md.

python assets/draw_rooms.py            write both
python assets/draw_rooms.py --check    only say which is out of date (exit status 1)

The picture keeps what it was drawn from, so that a check needs to compare no pixels.
"""

import io
import sys
from itertools import pairwise
from pathlib import Path
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[0] = str(ROOT)

from assets.rooms import GROUND, Edges, imports, levels, purpose, reduced, table

PICTURE, PAGE = ROOT / "assets" / "rooms.png", ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- assets/draw_rooms.py writes this table -->\n", "<!-- to here -->"
INK, PALE, LINE = "#1a1a1a", "#f3f6fa", "#0072B2"
WIDTH, ROW, BOX, NARROW, DPI = 12.8, 1.3, (2.75, 0.85), 0.35, 130  # inches, dots an inch
LETTERS = 14  # of small text, in an inch


def routes(edges: Edges) -> tuple[list[list[str]], list[list[str]]]:
    """Return the rows of the picture, and for each edge the slots it goes through.

    An edge that crosses a row has a slot of its own there, `upper>lower`, so that it passes
    between the rooms. Each row is ordered by where its lower ends are.
    """
    heights = levels(edges)
    rows: list[list[str]] = [[] for _ in range(max(heights.values()) + 1)]
    for name in sorted(edges):
        rows[heights[name]].append(name)
    ways = []
    for upper in sorted(edges):
        for lower in sorted(edges[upper]):
            crossed = [
                f"{upper}>{lower}@{n}" for n in range(heights[upper] - 1, heights[lower], -1)
            ]
            for slot in crossed:
                rows[int(slot.partition("@")[2])].append(slot)
            ways.append([upper, *crossed, lower])
    for _ in range(4):  # up and down until crossings are few
        for row, other in [*zip(rows[1:], rows, strict=False)]:
            _order(row, other, ways)
        for row, other in [*zip(rows[-2::-1], rows[:0:-1], strict=True)]:
            _order(row, other, ways)
    return rows, ways


def _order(row: list[str], fixed: list[str], ways: list[list[str]]) -> None:
    """Order a row by the middle of its neighbours in the row that stays."""
    places = {slot: n / max(len(fixed) - 1, 1) for n, slot in enumerate(fixed)}

    def middle(slot: str) -> float:
        ends = [o for w in ways for pair in pairwise(w) if slot in pair for o in pair]
        near = [places[o] for o in ends if o in places]
        return sum(near) / len(near) if near else 0.5

    row.sort(key=middle)


def draw(edges: Edges) -> bytes:
    """Return the PNG: rooms above those that they import, and below all of them the ground."""
    above = {name: targets - {GROUND} for name, targets in edges.items() if name != GROUND}
    rows, ways = routes(reduced(above))
    height = ROW * (len(rows) + 1)
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, height))
    axes.axis("off")
    places = _places(rows)
    for way in ways:
        points = [point for slot in way for point in _ends(slot, places[slot])][1:-1]
        xs, ys = zip(*points, strict=True)
        axes.plot(xs, ys, color=LINE, lw=1.4, solid_joinstyle="round")
        head = {"arrowstyle": "-|>", "color": LINE, "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", points[-1], points[-2], arrowprops=head)
    for slot, place in places.items():
        if "@" not in slot:
            _draw_room(axes, slot, place, BOX[0])
    _draw_room(axes, GROUND, (WIDTH / 2, ROW / 2), WIDTH - 0.4)
    target = io.BytesIO()
    figure.savefig(target, format="png", metadata={"Software": None, "Description": table(edges)})
    return target.getvalue()


def _draw_room(axes: Axes, name: str, middle: tuple[float, float], width: float) -> None:
    (x, y), height = middle, BOX[1]
    style, corner = "round,pad=0,rounding_size=0.1", (x - width / 2, y - height / 2)
    box = FancyBboxPatch(corner, width, height, boxstyle=style, fc=PALE, ec=INK, zorder=3)
    axes.add_patch(box)
    words = fill(purpose(name).partition(":")[0].replace("`", ""), int(width * LETTERS))
    for text, up, size, weight in ((name, 0.22, 12, "bold"), (words, -0.12, 9, "normal")):
        axes.text(x, y + up, text, size=size, weight=weight, color=INK, ha="center", va="center",
                  zorder=4)  # fmt: skip


def _places(rows: list[list[str]]) -> dict[str, tuple[float, float]]:
    """Return the middle of every slot; rooms are wide, slots of edges narrow."""
    places = {}
    for number, row in enumerate(rows):
        widths = [NARROW if "@" in slot else BOX[0] for slot in row]
        gap = (WIDTH - sum(widths)) / (len(row) + 1)
        x = gap
        for slot, width in zip(row, widths, strict=True):
            places[slot] = (x + width / 2, ROW * (number + 1.5))
            x += width + gap
    return places


def _ends(slot: str, place: tuple[float, float]) -> list[tuple[float, float]]:
    """Return where an edge enters a slot, at its top, and where it leaves."""
    x, y = place
    return [(x, y + BOX[1] / 2), (x, y - BOX[1] / 2)]


def outdated(edges: Edges) -> list[str]:
    """Return the names of the files that show other rooms or imports than there are."""
    expected = table(edges)
    with Image.open(PICTURE) as picture:
        drawn = picture.info.get("Description")
    written = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    return [p.name for p, shown in ((PICTURE, drawn), (PAGE, written)) if shown != expected]


def main() -> None:
    """Write the picture and the table, or with ``--check`` only compare them."""
    edges = imports()
    if "--check" in sys.argv[1:]:
        if names := outdated(edges):
            sys.exit(f"error: {', '.join(names)}: out of date; run python assets/draw_rooms.py")
        return
    PICTURE.write_bytes(draw(edges))
    before, begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    text = before + begin + table(edges) + END + rest.partition(END)[2]
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
