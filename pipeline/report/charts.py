"""matplotlib's figures as SVG inside a page: its colours, its fonts, no ids that could clash.

Sizes are in CSS pixels: a figure has 72 dots an inch, and one unit of its SVG is shown as a pixel.
Colours are names of the page's, so that dark mode and print apply to pictures as well.
"""

import io
import re
from dataclasses import dataclass
from html import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

DOTS = 72  # an inch: one unit of the SVG is one pixel
# Stand-ins, each replaced by a variable of the page's style sheet.
INK, MUTED, LINE, PAPER, ACCENT, PALE = (
    "#111112", "#606061", "#c8c8c9", "#fefefd", "#0b5cae", "#eeeeef",
)  # fmt: skip
_VARIABLES = {INK: "ink", MUTED: "muted", LINE: "line", PAPER: "paper", ACCENT: "accent",
              PALE: "pale"}  # fmt: skip
TEXT, SMALL = 12, 10.5  # pixels


@dataclass(frozen=True)
class Picture:
    """A picture of the page: its SVG, and in one sentence what it shows, for those who hear it."""

    svg: str
    finding: str


def canvas(width: float, height: float) -> Axes:
    """Return axes in pixels, origin at the lower left, nothing drawn."""
    figure = Figure(figsize=(width / DOTS, height / DOTS), dpi=DOTS)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    return axes


def picture(axes: Axes, name: str, finding: str) -> Picture:
    """Return the figure of some axes as a picture.

    Args:
        axes: of canvas.
        name: of the picture, which no other on the page has.
        finding: what it shows.
    """
    target = io.StringIO()
    metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        axes.get_figure(root=True).savefig(  # type: ignore[union-attr]
            target, format="svg", transparent=True, metadata=metadata
        )
    return Picture(_inline(target.getvalue(), name, finding), finding)


def _inline(text: str, name: str, finding: str) -> str:
    """Return the part of an SVG file that belongs into a page."""
    inside = text[text.index("<svg") :]
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', inside)
    assert size
    width, height = (round(float(part)) for part in size.groups())
    inside = inside[inside.index(">") + 1 :]
    inside = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", inside,
                    flags=re.DOTALL)  # fmt: skip
    inside = _own_ids(inside, name)
    inside = re.sub(r'font-family: [^;"]*;? ?| transform="rotate\(-0 [^"]*"', "", inside)
    inside = re.sub(r"font: ((?:\w+ )*[\d.]+px)[^;\"]*", _font, inside)
    for stand_in, variable in _VARIABLES.items():
        inside = inside.replace(stand_in, f"var(--{variable})")
    inside = re.sub(r"\n\s*", "\n", inside)
    head = (
        f'<svg role="img" aria-label="{escape(finding)}" viewBox="0 0 {width} {height}" '
        f'style="width:{width}px;min-width:{min(width, 0.8 * width):.0f}px">'
    )
    return head + inside


def _font(found: re.Match[str]) -> str:
    """Keep size and weight; the family is the page's."""
    *style, size = found[1].split()
    return f"font-size: {size}" + (f"; font-weight: {style[0]}" if style else "")


def _own_ids(text: str, name: str) -> str:
    """Keep the ids that something refers to, with the picture's name in front."""
    used = set(re.findall(r"(?:href=\"|url\()#([^\")]+)", text))

    def kept(found: re.Match[str]) -> str:
        return f' id="{name}-{found[1]}"' if found[1] in used else ""

    text = re.sub(r' id="([^"]*)"', kept, text)
    return re.sub(r'(href="|url\()#', rf"\1#{name}-", text)


def clipped(text: str, length: int) -> str:
    """Return the text, cut with an ellipsis where it is too long."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def write(axes: Axes, x: float, y: float, text: str, **style: object) -> None:
    """Write text, taken literally ($ begins no formula)."""
    known = {"size": TEXT, "color": INK, "va": "center"} | style
    axes.text(x, y, text, parse_math=False, **known)  # type: ignore[arg-type]


def width_of(text: str, size: float = TEXT) -> float:
    """Return about how many pixels a text is wide."""
    return 0.58 * size * len(text)


__all__ = ["ACCENT", "INK", "LINE", "MUTED", "PALE", "PAPER", "SMALL", "TEXT", "Picture",
           "canvas", "clipped", "picture", "width_of", "write"]  # fmt: skip
