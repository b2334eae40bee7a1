"""What is told of a run, from its manifest."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.commands.job import Job
from pipeline.errors import InputError
from pipeline.replay import manifest, runs
from pipeline.replay.manifest import StepEntry
from pipeline.report import make
from pipeline.screen import failures
from pipeline.text.masking import masked
from pipeline.tracking.record import headline, judges


@dataclass(frozen=True)
class Facts:
    """What is told of a run; without secrets.

    Attributes:
        outcome: finished, refused or failed.
        events: of those that a hook may wait for.
        step: that failed or refused; None if none did.
        reason: why it did.
        metrics: of the model on the last rows that it was judged on.
        gate: passed or refused; None without a gate.
        report: the file, None if there is none.
        mlflow_run: the id; None if the run was not recorded.
    """

    project: str
    dataset: str
    outcome: str
    events: list[str]
    step: str | None
    reason: str | None
    metrics: dict[str, float]
    gate: str | None
    report: str | None
    mlflow_run: str | None

    @property
    def title(self) -> str:
        """One line that says how it ended."""
        where = f" in {self.step}" if self.step else ""
        return f"{self.project} · {self.dataset}: {self.outcome}{where}"

    def rows(self) -> list[tuple[str, str]]:
        """Return what there is besides, for people: a name and a text each."""
        figures = ", ".join(f"{name} {value:.4g}" for name, value in self.metrics.items())
        rows = [("Reason", self.reason), ("Metrics", figures), ("Gate", self.gate),
                ("Report", self.report), ("MLflow run", self.mlflow_run)]  # fmt: skip
        return [(name, text) for name, text in rows if text]


def of(job: Job, error: BaseException | None) -> Facts | None:
    """Return the facts of a run; None if earlier executions served for all of its steps.

    Args:
        job: what was asked for.
        error: what ended the run, if it ended so.
    """
    run, steps = _recorded(job)
    if not error and runs.is_cached(steps):
        return None
    failed = next((s for s in steps if s["status"] not in ("finished", "cached")), None)
    refused = next((s for s in steps if s.get("refused")), None)
    stopped = failed or refused
    outcome = "finished" if not error else "refused" if refused and not failed else "failed"
    begun = job.steps[len(steps) : len(steps) + 1]  # a step that was killed left no record
    why = stopped and (stopped["error"] or stopped.get("refused"))
    reason = (why or failures.describe(error, "main")) if error else None
    gated = next((s for s in steps if any(a["type"] == "gate" for a in s["outputs"])), None)
    gate = gated and ("refused" if gated.get("refused") else "passed")
    happened = {"end": True, "failure": outcome == "failed", "refused": gate == "refused",
                "drift": any(map(_has_drifted, steps))}  # fmt: skip
    return Facts(
        project=job.context.project,
        dataset=str(job.config.data.name),
        outcome=outcome,
        events=[event for event, has in happened.items() if has],
        step=None if not error else stopped["step"] if stopped else next(iter(begun), None),
        reason=masked(reason),
        metrics=_metrics(steps),
        gate=gate,
        report=str(page) if (page := job.folder / make.FILE).is_file() else None,
        mlflow_run=run,
    )


def _recorded(job: Job) -> tuple[str | None, Sequence[StepEntry]]:
    """Return the id and the steps of a run; nothing if it has no manifest (the disk is full)."""
    if not (job.folder / manifest.FILE).is_file():
        return None, []
    try:
        recorded = runs.read(job.folder)
    except InputError:  # as above: whoever writes it has said so
        return None, []
    return recorded["run"], recorded["steps"]


def _metrics(steps: Sequence[StepEntry]) -> dict[str, float]:
    """Return the figures of the last step that judged a model; without those of its folds."""
    judged = [step["metrics"] for step in steps if judges(step["metrics"], step["tables"])]
    whole = headline(judged[-1] if judged else {})
    return {name: value for name, value in whole.items() if not name.startswith("cv_")}


def _has_drifted(step: StepEntry) -> bool:
    """Whether a check failed or warned of drift; what was told of an earlier run is no news."""
    news = step["status"] != "cached" or step.get("refused")
    return bool(news) and any(
        row["verdict"] == "failed" or (row["check"] == "drift" and row["verdict"] == "warned")
        for row in step["tables"].get("checks", [])
    )
