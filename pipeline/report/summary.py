"""The top of the page, the gate, and the comparison with the run before."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.judging.evaluation import GateResult, MetricEstimate
from pipeline.judging.formatting import count, interval, listed, signed, title
from pipeline.report.data_section import Checks, Split
from pipeline.report.differences import Differences, Metric, differences
from pipeline.report.report_data import ReportData
from pipeline.report.results_section import Results
from pipeline.report.run_section import Run, moment


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
    """The top of the page: verdict, headline metric, what changed, what a reader must know."""

    verdict: str
    headline: MetricEstimate | None
    change: str
    caveats: Sequence[str]


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


def summary(sections: Sections) -> Summary:
    """Return the top of the page."""
    results = sections.results
    headline = results.overall[0] if results and results.overall else None
    return Summary(
        _verdict(sections), headline, _change(sections.previous, headline), list(_caveats(sections))
    )


def _verdict(sections: Sections) -> str:
    """Return in one sentence how the run ended."""
    run, decided, results = sections.run, sections.gate, sections.results
    if decided and not decided.result["passed"]:
        return f"{decided.sentence} {'; '.join(decided.result['reasons'])}".strip()
    if run.failed:
        return f"Step {run.failed[0]} failed: {run.error or 'it left no reason'}."
    if run.refused:
        return f"{run.refused}."
    if run.not_reached:
        return f"The run stopped before {listed(run.not_reached)} ended."
    done = f"{count(len(run.steps), 'step').capitalize()} ended well"
    if decided:
        return f"{done}. {decided.sentence}"
    if results and results.evaluation:
        return f"{done}; the model was judged on {results.evaluation['rows']:,} test rows."
    return f"{done}; {'the model was judged' if results else 'no model was judged'}."


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


def _caveats(sections: Sections) -> list[str]:
    """Return what a reader should know before trusting the figures."""
    notes = (note for step in sections.run.steps for note in step.get("notes", []))
    lines = list(dict.fromkeys(notes))  # each step says it of the same table
    if sections.split and sections.split.is_suspicious:
        lines.append(sections.split.sentence)
    checks = sections.checks
    if checks and (checks.counts["failed"] or checks.counts["warned"]):
        lines.append(f"Checks of the data: {checks.summary}.")
    rows = sections.results.per_class if sections.results else ()
    defined = [(value, row) for row in rows if (value := row["f1"]["value"]) is not None]
    if len(defined) > 2:
        _, weak = min(defined, key=lambda pair: pair[0])
        lines.append(f"The weakest class is {weak['class']}: F1 {interval(weak['f1'], 2)}, "
                     f"{count(weak['support'], 'row')}.")  # fmt: skip
    if sections.gate and (sections.gate.uses or 0) > 1:
        lines.append(f"This test set has been used {sections.gate.uses} times.")
    return lines
