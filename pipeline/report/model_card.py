"""The model's card: what training wrote of it, and how good it is; in Markdown and as HTML."""

from collections.abc import Mapping

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from pipeline.judging.evaluation import Baseline, Estimate, Evaluation, estimates_of
from pipeline.judging.formatting import (
    NONE,
    cell,
    count,
    interval,
    listed,
    number,
    percent,
    title,
)
from pipeline.judging.model_card import bullets, inline, parts, table
from pipeline.judging.pictures import captions
from pipeline.markdown import markdown
from pipeline.replay.manifest import model
from pipeline.report.report_data import ReportData
from pipeline.report.results_section import slices
from pipeline.report.summary import Sections, Summary
from pipeline.tracking.record import Row, reference


def card(data: ReportData, sections: Sections, top: Summary) -> str | None:
    """Return the card of the model that a run judged, in Markdown; None if it judged none.

    Args:
        data: of the run.
        sections: of its report.
        top: of its report.
    """
    judged, evaluation = model(data.manifest), data.evaluation
    if not (judged and evaluation):
        return None
    begin = data.card or f"# Model card: {inline(judged['description'])}\n\n"
    return begin.rstrip() + "\n\n" + parts({
        "How good it is": _verdict(data, sections, top),
        "Each class": markdown([
            {"class": inline(row["class"]), "rows": cell(row["support"])}
            | _figures(estimates_of(row)) for row in evaluation["per_class"]
        ]),
        "Parts of the test rows": markdown([
            {"column": inline(row["column"]), "value": inline(row["value"]),
             "rows": f"{cell(row['rows'])}{', few' if row['small'] else ''}"}
            | _figures(row["metrics"]) for row in slices(data)
        ]),
        "Calibration": "" if "residuals" in evaluation
        else inline(captions.calibration(evaluation["calibration"])),
        "To bear in mind": bullets(top.caveats),
        "The data": table(_data(data, sections)),
        "How to make it again": table(_origin(data, sections)),
    })  # fmt: skip


def _verdict(data: ReportData, sections: Sections, top: Summary) -> str:
    assert data.evaluation
    sampling, tests = data.evaluation["bootstrap"], data.evaluation["rows"]
    dummy = data.evaluation.get("baseline")
    rows: list[Row] = [
        {"metric": title(row["metric"]), "value": interval(row)}
        | ({_always(dummy): number(dummy["metrics"].get(row["metric"]))} if dummy else {})
        for row in data.evaluation["overall"]
    ]
    decided = sections.gate.sentence if sections.gate else "No gate decided about it."
    reasons = sections.gate.result["reasons"] if sections.gate else []
    return "\n\n".join([
        f"**{top.outcome.word}.** {inline(decided)}", *([bullets(reasons)] if reasons else []),
        f"On {count(tests, 'test row')}; in brackets {100 * sampling['confidence']:g} % intervals.",
        markdown(rows), *_interval(data.evaluation),
    ])  # fmt: skip


def _interval(evaluation: Evaluation) -> list[str]:
    """Return a sentence on the prediction intervals, if there are any."""
    found = evaluation["residuals"]["interval"] if "residuals" in evaluation else None
    if not found:
        return []
    return [
        f"Prediction intervals are the prediction ± {cell(found['half_width'])}, made to hold for "
        f"{percent(1 - found['alpha'], 0)} of new rows from {count(int(found['rows']), 'row')} "
        "that validated; coverage is the share of the test rows for which they hold."
    ]


def _always(dummy: Baseline) -> str:
    return inline(f"always {cell(dummy['class'])}")


def _figures(estimates: Mapping[str, Estimate]) -> Row:
    return {title(name): interval(found) for name, found in estimates.items()}


def _data(data: ReportData, sections: Sections) -> list[tuple[str, object]]:
    config = data.manifest["config"]["data"]
    rows: list[tuple[str, object]] = [
        ("what it is", config["description"]),
        ("licence", config.get("license") or "unknown"),
        ("file", config.get("file_url")),
        ("its SHA-256", config.get("sha256") or "not checked"),
    ]
    if sections.split:
        certificate = sections.split.certificate
        over = f" over {sections.split.columns}" if sections.split.columns else ""
        shares = " and ".join(f"{certificate['rows'][side]:,} to {side}"
                              for side in ("train", "test"))  # fmt: skip
        rows.append(("how its rows were divided", f"{certificate['method']}{over}: {shares}"))
        rows.append(("SHA-256 of who is where", certificate["assignment"]))
    if sections.checks:
        rows.append(("checks", sections.checks.summary))
    return rows


def _origin(data: ReportData, sections: Sections) -> list[tuple[str, object]]:
    run, judged = sections.run, model(data.manifest)
    assert judged
    lock = data.manifest["code"]["lock"]
    return [
        ("model", f"{reference(judged)}, digest {judged['digest']}"),
        ("run", f"{run.identity}, ended {run.finished}"),
        ("command", run.command),
        ("proof", run.verify if run.is_verifiable else NONE),
        ("commit", (run.commit or NONE) + (
            f", with uncommitted changes in {listed(run.changed)}" if run.changed else "")),
        ("SHA-256 of uv.lock", lock or NONE),
    ]  # fmt: skip


def page(text: str) -> Markup:
    """Return a card as HTML: tables scroll in themselves, and are called after their headings."""
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    renderer.add_render_rule("table_open", _table_open)
    renderer.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return Markup(renderer.render(text))


def _table_open(_: RendererHTML, tokens: list[Token], index: int, *__: object) -> str:
    above = max(n for n in range(index) if tokens[n].type == "heading_open")
    begin = '<div class="scroll" role="region" tabindex="0" aria-label="{}"><table>'
    return Markup(begin).format(tokens[above + 1].content)
