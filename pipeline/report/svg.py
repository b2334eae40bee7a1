"""A picture as SVG inside a page: the page's colours and fonts, no ids that could clash."""

import io
import warnings
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import matplotlib as mpl

from pipeline.judging.pictures.canvas import VARIABLES, Picture
from pipeline.text.escaping import escaped

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
LEFT_OUT = (f"{SVG}metadata", f"{SVG}style")


def svg(picture: Picture) -> str:
    """Return the element that shows a picture; equal pictures give equal texts."""
    root = ElementTree.fromstring(_drawn(picture))
    width, height = (round(float(part)) for part in root.attrib["viewBox"].split()[2:])
    for parent in root.iter():
        for child in [child for child in parent if child.tag in LEFT_OUT]:
            parent.remove(child)
    targets = set(_targets(root))
    for element in root.iter():
        _fit(element, picture.name, targets)
    root.attrib = {
        "role": "img", "aria-label": escaped(picture.caption), "viewBox": f"0 0 {width} {height}",
        "style": f"width:{width}px;min-width:{width}px",  # smaller, its texts are not legible
    }  # fmt: skip
    return ElementTree.tostring(root, "unicode")


def _drawn(picture: Picture) -> str:
    file = io.StringIO()
    metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with (
        warnings.catch_warnings(),  # a script that the font lacks is the browser's to show
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": picture.name}),
    ):
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        picture.figure.savefig(file, format="svg", transparent=True, metadata=metadata)
    return file.getvalue()


def _targets(root: Element) -> Iterator[str]:
    """Yield the ids that something refers to."""
    for element in root.iter():
        for name, value in element.items():
            if name == f"{XLINK}href":
                yield value.removeprefix("#")
            elif value.startswith("url(#"):
                yield value[len("url(#") : -1]


def _fit(element: Element, picture: str, targets: set[str]) -> None:
    """Leave of an element what the page needs, with the page's names for colours and fonts."""
    element.tag = element.tag.removeprefix(SVG)
    element.tail = element.tail and element.tail.strip()
    text = element.text or ""
    element.text = escaped(text) if element.tag == "text" else text.strip() or None
    attributes = dict(element.items())
    element.attrib.clear()
    for name, value in attributes.items():
        if name == "style":
            element.set(name, _style(value))
        elif name == f"{XLINK}href":
            element.set("href", f"#{picture}-{value[1:]}")
        elif value.startswith("url(#"):
            element.set(name, value.replace("#", f"#{picture}-"))
        elif name == "id" and value in targets:
            element.set(name, f"{picture}-{value}")
        elif name != "id" and not value.startswith("rotate(-0 "):
            element.set(name, " ".join(value.split()))


def _style(text: str) -> str:
    """Return the declarations of a style with the page's variables in place of its values."""
    parts = dict(part.split(": ", 1) for part in text.split("; ") if part)
    parts.pop("font-family", None)  # the page's
    if "font" in parts:  # as some versions of matplotlib write size, weight and family
        parts["font"] = parts["font"].partition("px")[0] + "px var(--plain)"
    values = ((n, f"var(--{VARIABLES[v]})" if v in VARIABLES else v) for n, v in parts.items())
    return ";".join(f"{name}: {value}" for name, value in values)
