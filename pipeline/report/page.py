"""The page: what is known of a run, laid out by the templates beside this file."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report import data, results, story, words
from pipeline.report.charts import Picture
from pipeline.report.differences import plain
from pipeline.report.facts import Facts
from pipeline.tracking.record import reference

TEMPLATES = Path(__file__).parent / "templates"
SECTIONS = {
    "results": "Results",
    "slices": "Slices",
    "gate": "Gate and champion",
    "previous": "Against the run before",
    "data": "Data",
    "split": "How the rows were divided",
    "lineage": "Lineage",
    "run": "How to repeat it",
    "environment": "Environment",
}


def render(facts: Facts) -> str:
    """Return the page of a run.

    All text is escaped; there is no script, and the page may fetch nothing.
    """
    text = _environment().get_template("page.html").render(**views(facts))
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def views(facts: Facts) -> dict[str, Any]:
    """Return what the templates are given, section by section."""
    found: dict[str, Any] = {
        "results": results.results(facts),
        "gate": story.gate(facts),
        "previous": story.previous(facts),
        "profile": data.profile(facts),
        "checks": data.checks(facts),
        "split": data.split(facts),
        "run": story.run(facts),
    }
    evaluation = facts.contents.get("evaluation") or {}
    return found | {
        "summary": story.summary(facts, found),
        "slices": evaluation.get("slices") or [],
        "tables": data.tables(facts.recorded),
        "lineage": story.picture(facts),
        "recorded": facts.recorded,
        "config": plain(facts.recorded["config"]),
        "lacks": facts.lacks,
        "sections": SECTIONS,
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = (
        "number",
        "signed",
        "percent",
        "seconds",
        "moment",
        "title",
        "interval",
        "count",
        "compact",
        "listed",
        "figure",
    )
    environment.filters |= {name: getattr(words, name) for name in names}
    environment.filters["why"] = story.why
    environment.filters |= {
        "svg": _svg,
        "estimate": _estimate,
        "reference": reference,
        "right": "#{}".format,
    }
    environment.globals["meanings"] = words.MEANINGS
    environment.globals["style"] = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return environment


def _svg(picture: Picture) -> Markup:
    """Return a picture as it is: matplotlib has escaped the texts in it."""
    return Markup(picture.svg)


def _estimate(estimate: Mapping[str, Any] | None, digits: int = 3) -> Markup:
    """Return a value with its interval in smaller type, and what is to be noted of it."""
    if estimate is None:
        return Markup("")
    value, _, rest = words.interval(estimate, digits).partition(" (")
    parts = Markup("{}").format(value)
    if rest:
        parts += Markup(' <span class="interval">({}</span>').format(rest)
    if note := estimate.get("note"):
        parts += Markup(' <span class="note">{}</span>').format(note)
    return parts
