"""What all pictures are drawn with: axes in pixels, colours, texts; and a picture as PNG.

Sizes are in CSS pixels: a figure has 72 dots an inch. The report replaces each colour by a variable
of its style sheet, so that dark mode and print apply to pictures as well; a PNG has them as here.
"""

import textwrap
import warnings
from dataclasses import dataclass
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.text.escaping import escaped

DOTS = 72  # an inch: one unit of the SVG is one pixel
INK, MUTED, LINE, PAPER, ACCENT, PALE = (
    "#111112", "#606061", "#c8c8c9", "#fefefd", "#0b5cae", "#eeeeef",
)  # fmt: skip
VARIABLES = {INK: "ink", MUTED: "muted", LINE: "line", PAPER: "paper", ACCENT: "accent",
             PALE: "pale"}  # fmt: skip
TEXT, SMALL = 12, 11  # pixels: less is not legible on a phone
SHARPNESS = 2  # dots of a PNG for each pixel


@dataclass(frozen=True)
class Picture:
    """A picture: a name, a title, and in one sentence what it shows, for those who hear it."""

    name: str
    title: str
    caption: str
    figure: Figure


def canvas(width: float, height: float) -> Axes:
    """Return axes in pixels, origin at the lower left, nothing drawn."""
    figure = Figure(figsize=(width / DOTS, height / DOTS), dpi=DOTS)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    return axes


def picture(axes: Axes, name: str, title: str, caption: str) -> Picture:
    """Return the figure of some axes of `canvas` as a picture."""
    figure = axes.figure
    assert isinstance(figure, Figure)
    return Picture(name, title, caption, figure)


def png(picture: Picture) -> bytes:
    """Return a PNG with title and caption; it depends on the picture only: no date, no version."""
    figure = picture.figure
    width, height = figure.get_size_inches() * DOTS
    lines = textwrap.wrap(printable(picture.caption), max(int(width / width_of("x", SMALL)), 40))
    style = {"va": "bottom", "parse_math": False}
    above = 16 + 15.0 * len(lines)  # the caption
    title = {"size": 14, "color": INK, "weight": "bold"}
    texts = [
        figure.text(8 / width, 1 + pixels / height, text, **style, **font)  # type: ignore[arg-type]
        for text, pixels, font in (
            ("\n".join(lines), 10.0, {"size": SMALL, "color": MUTED}),
            (printable(picture.title), above, title),
        )
    ]
    content = BytesIO()
    with warnings.catch_warnings():  # a script that the font lacks is boxes, not a failure
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(content, format="png", dpi=SHARPNESS * DOTS, facecolor=PAPER,
                       bbox_inches="tight", pad_inches=0.2,
                       metadata={"Software": None})  # fmt: skip
    for text in texts:
        text.remove()
    return content.getvalue()


def printable(text: str) -> str:
    """Return the text on one line, with what is not seen, or XML cannot hold, escaped."""
    return escaped(" ".join(text.split()))


def clipped(text: str, length: int) -> str:
    """Return the text, cut with an ellipsis where it is too long."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def write(axes: Axes, x: float, y: float, text: str, **style: object) -> None:
    """Write text, taken literally ($ begins no formula)."""
    whole = {"size": TEXT, "color": INK, "va": "center"} | style
    axes.text(x, y, printable(text), parse_math=False, **whole)  # type: ignore[arg-type]


def width_of(text: str, size: float = TEXT) -> float:
    """Return about how many pixels a text is wide."""
    return 0.58 * size * len(text)
