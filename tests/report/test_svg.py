"""Pictures: the same bytes each time, safe inside a page, for one class and for thirty."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from pipeline.judging.evaluation import Estimate, bare
from pipeline.judging.pictures import draw
from pipeline.judging.pictures.canvas import Picture, picture
from pipeline.judging.pictures.confusion import DARK, matrix, shares, strength
from pipeline.judging.pictures.panels import Panel, panels
from pipeline.judging.pictures.ranges import Column, ranges
from pipeline.report.lineage import BETWEEN, Node, layout, lineage, outside
from pipeline.report.page import TEMPLATES
from pipeline.report.svg import svg
from tests.fakes.recorded import EVIL

NODES = [
    Node("prepare", "cached", "same as run 1", ("raw:v0",), ("clean:v1",)),
    Node("divide", "finished", "first time", ("clean:v1",), ("train:v0", "test:v0", "proof:v0")),
    Node("judge", "failed", EVIL, ("model:v7", "test:v0"), ()),
]


def drawn(classes: int) -> list[Picture]:
    names = [f"{EVIL} $x$ {n}" for n in range(classes)]
    counts = np.arange(classes * classes).reshape(classes, classes) + 90 * np.eye(
        classes, dtype=int
    )
    line = [(x, x**0.3) for x in np.linspace(0, 1, 50)]
    bare_panel = Panel("nothing", "")
    dotted = [Panel(n, "", dots=line[::5], areas=[0.5] * 10, bars=(0, 1)) for n in names]
    estimates: list[Estimate] = [
        {"value": n / classes, "low": 0.1, "high": 0.9, "note": None} for n in range(classes - 1)
    ]
    lines = [*(Panel(n, "AUC 0.9", line) for n in names), bare_panel]
    axes = {
        "confusion": matrix(names, counts.sum(axis=1), shares(counts)),
        "roc": panels(lines, ("x", "y")),
        "dots": panels(dotted),
        "ranges": ranges(names, [Column("F1", [*estimates, bare(None)])]),
    }
    return [*(picture(drawn, name, "Title", EVIL) for name, drawn in axes.items()),
            lineage(NODES, EVIL)]  # fmt: skip


@pytest.mark.parametrize("classes", [1, 2, 30])
def test_a_picture_is_the_same_each_time_and_says_what_it_shows(classes: int) -> None:
    first, second = ([svg(one) for one in drawn(classes)] for _ in range(2))
    assert first == second
    for text in first:
        assert "<script" not in text
        root = ElementTree.fromstring(text)
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-label"] == EVIL
        assert len(text) < 600_000


def test_colours_are_the_page_s_and_ids_are_of_the_picture() -> None:
    for text, name in zip(
        map(svg, drawn(3)), ("confusion", "roc", "dots", "ranges", "lineage"), strict=True
    ):
        assert re.findall(r"(?:fill|stroke): (#\w+)", text) == [], name
        assert "var(--accent)" in text
        assert "font-family" not in text
        assert all(i.startswith(f"{name}-") for i in re.findall(r' id="([^"]*)"', text))
        targets = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)
        assert {a or b for a, b in targets} == set(re.findall(r' id="([^"]*)"', text))


def test_numbers_that_say_nothing_are_drawn_as_not_defined() -> None:
    axes = ranges(["a"], [Column("F1", [bare(None)])])
    assert "not defined" in svg(picture(axes, "ranges", "", "x"))


def test_what_xml_cannot_hold_is_escaped_in_texts() -> None:
    text = svg(draw.inputs([("a\x00b\ud800 \x1b[1m", 1.0)]))
    assert r"a\x00b\ud800 \x1b[1m" in text


def luminance(color: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_a_cell_s_figure_stands_out_whatever_its_share(scheme: int) -> None:
    styles = (TEMPLATES / "style.css").read_text(encoding="utf-8").split(":root {")[scheme + 1]
    found = dict(re.findall(r"--(\w+): (#\w+)", styles.partition("}")[0]))
    full = {name: c if len(c) == 7 else "#" + "".join(2 * d for d in c[1:])
            for name, c in found.items()}  # fmt: skip
    color = {name: np.array([int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)])
             for name, c in full.items()}  # fmt: skip
    for share in np.linspace(0, 1, 101):
        part = strength(share)
        cell = luminance(part * color["accent"] + (1 - part) * color["pale"])
        text = luminance(color["paper" if share > DARK else "ink"])
        assert (max(cell, text) + 0.05) / (min(cell, text) + 0.05) >= 4.5, share


def test_what_no_step_of_the_run_made_comes_from_outside() -> None:
    assert outside(NODES) == ["raw:v0", "model:v7"]
    assert "raw:v0 (from before)" in svg(lineage(NODES, "x"))


def test_steps_lie_below_each_other_and_artifacts_beside_their_maker() -> None:
    place = layout(NODES)
    edges = [edge for step in ("judge", "divide", "prepare") for edge in place.steps[step]]
    assert edges == sorted(edges)
    assert edges[2] - edges[1] == BETWEEN
    for name in ("train:v0", "test:v0", "proof:v0"):
        assert place.steps["divide"][0] < place.artifacts[name] < place.steps["divide"][1]
    assert len(set(place.lanes.values())) == len(place.lanes) == 4
