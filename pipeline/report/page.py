"""The page: the data of a run, laid out by the templates beside this file."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.judging import formatting
from pipeline.judging.evaluation import Estimate, estimates_of
from pipeline.judging.pictures.canvas import Picture
from pipeline.report import data_section, results_section, run_section, summary
from pipeline.report.differences import plain
from pipeline.report.report_data import ReportData
from pipeline.report.svg import svg
from pipeline.text.escaping import escaped_lines
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


def render(data: ReportData) -> str:
    """Return the page of a run.

    All text is escaped; there is no script, and the page may fetch nothing.
    """
    return fill("page.html", _views(data))


def fill(template: str, views: Mapping[str, object]) -> str:
    """Return what a template makes of its views, without blank lines."""
    text = _environment().get_template(template).render(views)
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def _views(data: ReportData) -> dict[str, object]:
    """Return what the templates are given, section by section."""
    sections = summary.Sections(
        run=run_section.run(data.manifest),
        results=results_section.results(data),
        gate=summary.gate(data),
        previous=summary.previous(data),
        checks=data_section.checks(data),
        split=data_section.split(data),
    )
    return vars(sections) | {
        "summary": summary.summary(sections),
        "slices": data.evaluation["slices"] if data.evaluation else [],
        "profile": data_section.profile(data),
        "tables": data_section.tables(data.manifest),
        "lineage": run_section.picture(data.manifest),
        "manifest": data.manifest,
        "config": plain(data.manifest["config"]),
        "lacks": data.lacks,
        "sections": SECTIONS,
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
        run_section.seconds, run_section.why, reference, estimates_of,
    )  # fmt: skip
    environment.filters |= {function.__name__: function for function in filters}
    environment.filters |= {"svg": _svg, "estimate": _estimate, "right": "#{}".format}
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


def _estimate(estimate: Estimate | None, digits: int = 3) -> Markup:
    """Return a value with its interval in smaller type, and what is to be noted of it."""
    if estimate is None:
        return Markup("")
    value, _, rest = formatting.interval(estimate, digits).partition(" (")
    parts = Markup("{}").format(value)
    if rest:
        parts += Markup(' <span class="interval">({}</span>').format(rest)
    if note := estimate.get("note"):
        parts += Markup(' <span class="note">{}</span>').format(note)
    return parts
