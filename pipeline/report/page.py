"""The page: the data of a run, laid out by the templates beside this file."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from string import ascii_lowercase
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.config.model import CARD
from pipeline.judging import formatting
from pipeline.judging.evaluation import Estimate, estimates_of
from pipeline.judging.permuting.screening import sentence
from pipeline.judging.pictures.canvas import Picture
from pipeline.report import (
    checks_section,
    data_section,
    model_card,
    results_section,
    run_section,
    summary,
)
from pipeline.report.differences import plain
from pipeline.report.make import CARD_PAGE, FILE
from pipeline.report.report_data import ReportData
from pipeline.report.svg import svg
from pipeline.text.escaping import escaped_lines
from pipeline.tracking.record import reference

TEMPLATES = Path(__file__).parent / "templates"
SECTIONS = {
    "failed": "Failed checks",
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
MISSED = ("results", "gate", "data", "split", "lineage")  # what a run is said not to have


def render(data: ReportData) -> str:
    """Return the page of a run.

    All text is escaped; there is no script, and the page may fetch nothing.
    """
    return fill("page.html", _views(data))


def pages(data: ReportData) -> dict[str, str]:
    """Return file name → text: the page of a run, and the card of the model that it judged."""
    views = _views(data)
    found = {FILE: fill("page.html", views)}
    if text := model_card.card(data, views["all_sections"], views["summary"]):
        heading = text.partition("\n")[0].removeprefix("# ")
        about = views | {"card": model_card.page(text), "heading": heading}
        found |= {CARD: text, CARD_PAGE: fill("card.html", about)}
    return found


def fill(template: str, views: Mapping[str, object]) -> str:
    """Return what a template makes of its views, without blank lines."""
    text = _environment().get_template(template).render(views)
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def _views(data: ReportData) -> dict[str, Any]:
    """Return what the templates are given, section by section; those the run has."""
    sections = summary.Sections(
        run=run_section.run(data.manifest),
        results=results_section.results(data),
        gate=summary.gate(data),
        previous=summary.previous(data),
        checks=checks_section.checks(data),
        split=data_section.split(data),
    )
    slices = results_section.slices(data)
    profile, tables = data_section.profile(data), data_section.tables(data.manifest)
    lineage, checks = run_section.picture(data.manifest), sections.checks
    there = vars(sections) | {
        "failed": checks and checks.failed, "slices": slices, "lineage": lineage,
        "data": profile or tables or checks, "environment": True,
    }  # fmt: skip
    missed = [SECTIONS[name] for name in MISSED if not there[name]]
    top = summary.summary(sections, missed)
    return vars(sections) | {
        "all_sections": sections,
        "summary": top,
        "outcome": top.outcome,
        "icon": Markup(top.outcome.icon),
        "slices": slices,
        "profile": profile,
        "tables": tables,
        "lineage": lineage,
        "manifest": data.manifest,
        "dataset": data.manifest["config"]["data"].get("name"),
        "config": plain(data.manifest["config"]),
        "lacks": data.lacks,
        "sections": {name: title for name, title in SECTIONS.items() if there[name]},
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_inert,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (
        formatting.number, formatting.signed, formatting.percent, formatting.title,
        formatting.count, formatting.compact, formatting.listed, formatting.figure,
        formatting.cell, formatting.tidy, results_section.slice_figures,
        run_section.seconds, run_section.why, reference, estimates_of, sentence,
    )  # fmt: skip
    environment.filters |= {function.__name__: function for function in filters}
    environment.filters |= {"svg": _svg, "estimate": _estimate, "right": "#{}".format,
                            "typed": formatting.typed, "notes": _notes}  # fmt: skip
    environment.globals["meanings"] = formatting.MEANINGS
    environment.globals["style"] = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return environment


def _inert(value: object) -> object:
    """Return what a template shows: a text of others with its controls and marks escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return escaped_lines(value)
    return value


def _svg(picture: Picture) -> Markup:
    """Return a picture as it is: its texts are escaped."""
    return Markup(svg(picture))


def _notes(estimates: Iterable[Estimate]) -> dict[str, str]:
    """Return the notes of the figures of a table, each once, with the letter that stands for it."""
    found = dict.fromkeys(note for one in estimates if (note := one.get("note")))
    return dict(zip(found, ascii_lowercase, strict=False))


def _estimate(
    estimate: Estimate | None, digits: int = 3, letters: Mapping[str, str] = MappingProxyType({})
) -> Markup:
    """Return a value with its interval in smaller type, and what is to be noted of it.

    Args:
        estimate: the figure.
        digits: decimals.
        letters: of the notes that stand below the table, see `_notes`.
    """
    if estimate is None:
        return Markup(formatting.NONE)
    value, _, rest = formatting.interval(estimate, digits).partition(" (")
    parts, note = Markup("{}").format(value), estimate.get("note")
    if note and note in letters:
        parts += Markup("<sup>{}</sup>").format(letters[note])
    if rest:
        together = rest.replace("to ", "to\N{NO-BREAK SPACE}")
        parts += Markup(' <span class="interval">({}</span>').format(together)
    if note and note not in letters:
        parts += Markup(' <span class="note">{}</span>').format(note)
    return parts
