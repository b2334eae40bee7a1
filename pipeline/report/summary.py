"""The top of the page: how the run ended, what changed, what it does not have; and the gate."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.judging.evaluation import GateResult, MetricEstimate
from pipeline.judging.formatting import count, listed, signed, title
from pipeline.report import caveats
from pipeline.report.checks_section import Checks
from pipeline.report.data_section import Split
from pipeline.report.differences import Differences, Metric, differences
from pipeline.report.report_data import ReportData
from pipeline.report.results_section import Results
from pipeline.report.run_section import Run, moment


@dataclass(frozen=True)
class Outcome:
    """How a run ended, at a glance: a word, a mark that needs no colour, a class of the style."""

    kind: str
    word: str
    mark: str
    color: str  # of the icon

    @property
    def icon(self) -> str:
        """The icon of the page: an SVG as a data URI."""
        return (
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
            f"%3Crect width='16' height='16' rx='4' fill='%23{self.color}'/%3E"
            f"%3Cpath d='{MARKS[self.kind]}' fill='none' stroke='%23fff' stroke-width='2.2'/%3E"
            "%3C/svg%3E"
        )


MARKS = {"good": "M3.5 8.5l3 3 6-7", "refused": "M8 3v6M8 11v2", "failed": "M4 4l8 8M12 4l-8 8",
         "unfinished": "M5.5 4v8M10.5 4v8"}  # fmt: skip
GOOD = Outcome("good", "Good", "✓", "1a7f37")
REFUSED = Outcome("refused", "Refused", "!", "9a6700")
FAILED = Outcome("failed", "Failed", "✕", "b42318")
UNFINISHED = Outcome("unfinished", "Unfinished", "‖", "5c5c59")


@dataclass(frozen=True)
class Gate:
    """What the gate decided, as a sentence; how often the test set has been used."""

    result: GateResult
    sentence: str
    uses: int | None


@dataclass(frozen=True)
class Previous:
    """The run before, and in what this one differs from it."""

    short: str
    finished: str
    differences: Differences
    summary: str

    @property
    def moved(self) -> list[Metric]:
        """The metrics that are not the same."""
        return [row for row in self.differences.metrics if row["difference"]]


@dataclass(frozen=True)
class Sections:
    """The sections of a page that its summary speaks of; None for what the run does not have."""

    run: Run
    results: Results | None
    gate: Gate | None
    previous: Previous | None
    checks: Checks | None
    split: Split | None


@dataclass(frozen=True)
class Summary:
    """The top of the page.

    Attributes:
        outcome: how the run ended; `verdict` says it in a sentence.
        headline: the metric that stands for the model.
        change: what is different from the run before.
        caveats: what a reader must know.
        absent: what the run does not have, and why.
    """

    outcome: Outcome
    verdict: str
    headline: MetricEstimate | None
    change: str
    caveats: Sequence[str]
    absent: str


def gate(data: ReportData) -> Gate | None:
    """Return what the gate decided; None for a run without one."""
    result = data.gate
    if not result:
        return None
    verb = "passed" if result["passed"] else "did not pass"
    promoted = " and is the champion now" if result["promoted"] else ""
    uses = [step["uses"] for step in data.manifest["steps"] if step.get("uses")]
    return Gate(result, f"The model {verb} the gate{promoted}.", uses[-1] if uses else None)


def previous(data: ReportData) -> Previous | None:
    """Return in what this run differs from the one before; None when there is none."""
    other = data.previous
    if other is None:
        return None
    differs = differences(data.manifest, other)
    parts = [
        count(len(differs.config), "config value"),
        count(len(differs.code), "difference") + " in code and packages",
        count(len(differs.data), "artifact") + " with other content",
    ]
    return Previous(other["run"][:8], moment(other["finished"]), differs, listed(parts))


def summary(sections: Sections, names: Sequence[str]) -> Summary:
    """Return the top of the page; `names` are those of the sections that the run does not have."""
    results = sections.results
    headline = results.overall[0] if results and results.overall else None
    outcome, verdict = _ending(sections)
    return Summary(
        outcome, verdict, headline, _change(sections.previous, headline),
        caveats.caveats(sections.run.notes, sections.split, sections.checks, results,
                        sections.gate.uses if sections.gate else None),
        _absent(sections.run, names),
    )  # fmt: skip


def _ending(sections: Sections) -> tuple[Outcome, str]:
    """Return how the run ended, and that in a sentence."""
    run, decided, results = sections.run, sections.gate, sections.results
    if decided and not decided.result["passed"]:
        return REFUSED, f"{decided.sentence} {'; '.join(decided.result['reasons'])}".strip()
    if run.failed:
        return FAILED, f"Step {run.failed[0]} failed: {run.error or 'it left no reason'}."
    if run.refused:
        single = re.sub(r" \(.*", "", run.refused)  # what failed has a section of its own
        return REFUSED, f"{single if sections.checks else run.refused}."
    if run.not_reached:
        return UNFINISHED, f"The run stopped before {listed(run.not_reached)} ended."
    done = f"{count(len(run.steps), 'step').capitalize()} ended well"
    if decided:
        return GOOD, f"{done}. {decided.sentence}"
    if results and results.evaluation:
        return GOOD, f"{done}; the model was judged on {results.evaluation['rows']:,} test rows."
    return GOOD, f"{done}; {'the model was judged' if results else 'no model was judged'}."


def _absent(run: Run, names: Sequence[str]) -> str:
    """Return in one sentence which sections there are not, and why."""
    if not names:
        return ""
    if run.failed:
        reason = f": step {run.failed[0]} failed before"
    elif run.refused:
        reason = ": it was refused before"
    elif run.not_reached:
        reason = ": it stopped before"
    else:
        reason = ""
    return f"This run has nothing on {listed([name.lower() for name in names], 9)}{reason}."


def _change(view: Previous | None, headline: MetricEstimate | None) -> str:
    """Return in one sentence what is different from the run before."""
    if view is None:
        return "There is no earlier run with the same steps to compare with."
    since = f"Against run {view.short} of {view.finished}"
    if view.differences.is_empty:
        result = "but other metrics" if view.moved else "and the same metrics"
        return f"{since}: the same config, code and data, {result}."
    rows = [r for r in view.differences.metrics if headline and r["metric"] == headline["metric"]]
    if not rows:
        return f"{since}: {view.summary}."
    last = rows[-1]  # of the last step that has it
    moved = signed(last["difference"]) if last["difference"] else "unchanged"
    return f"{since}: {view.summary}; {title(last['metric'])} {moved}."
