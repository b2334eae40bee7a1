"""What people read of a run and of a model in MLflow, in Markdown."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.markdown import markdown
from pipeline.text.escaping import escaped
from pipeline.text.masking import masked_text
from pipeline.tracking.entities import models
from pipeline.tracking.record import Record, reference

LONGEST = 5000  # characters of a text; MLflow's databases take no more
SHOWN = 3  # metrics in a description
COUNTS = ("rows",)  # beginnings of metrics that are no figures of merit
GATE = "gate"  # type of the artifact that says what the gate decided


@dataclass(frozen=True)
class Run:
    """A whole run that has ended.

    Attributes:
        id: of the MLflow run.
        steps: records of its steps, with True for what an earlier execution did.
        failure: why it failed; None: it has not.
        overrides: as typed.
        folder: of its results, as a person finds it.
        has_report: whether a report is logged to it.
    """

    id: str
    steps: Sequence[tuple[Record, bool]]
    failure: str | None
    overrides: Sequence[str]
    folder: str
    has_report: bool


def tags(run: Run, experiment: str, commit: str | None, patch: str) -> dict[str, str]:
    """Return what is known of a run when it is over, as MLflow's tags.

    Args:
        run: the run.
        experiment: the id of its experiment.
        commit: that the code is at; None: there is none.
        patch: what has changed in it since.
    """
    promoted = [_champion(r) for r, cached in run.steps if r.promoted and not cached]
    values = {
        models.NOTE: _of_run(run, experiment),
        "commit": f"{commit[:12]}{'-dirty' if patch else ''}" if commit else "",
        "champion": promoted[-1] if promoted else "",
    }
    return {name: value[:LONGEST] for name, value in values.items() if value}


def _champion(record: Record) -> str:
    """Return the version of the model that a step has promoted."""
    digest = record.promoted["digest"] if record.promoted else ""
    return next((reference(a) for a in record.inputs if a["digest"] == digest), "")


def _of_run(run: Run, experiment: str) -> str:
    """Return what is read above a run's figures: result, report, how to do it again."""
    records = [record for record, _ in run.steps]
    figures = next((f for r in reversed(records) if (f := _figures(r))), "")
    page = f"#/experiments/{experiment}/runs/{run.id}/artifacts/report.html"
    lines = [
        f"**{escaped(_verdict(run))}** {figures}".strip(),
        f"{f'[Report]({page}) · results' if run.has_report else 'Results'} in `{run.folder}`",
        f"Again: `{shlex.join(['python', 'main.py', *run.overrides])}` · "
        f"proof: `python main.py main.action=verify main.run={run.id[:8]}`",
        markdown([_row(*step) for step in run.steps]),
    ]
    return masked_text("\n\n".join(filter(None, lines)))


def _verdict(run: Run) -> str:
    """Return in one sentence how a run ended."""
    records = [record for record, _ in run.steps]
    if refused := next((r.refused for r in records if r.refused), None):
        return f"Refused: {refused}."
    if run.failure:
        return f"Failed: {run.failure}."
    judged = [r for r in records if any(a["type"] == GATE for a in r.outputs)]
    if not judged:
        return f"{len(records)} of {len(records)} steps ended well."
    promoted = " and is the champion now" if judged[-1].promoted else ""
    return f"The model passed the gate{promoted}."


def _row(record: Record, cached: bool) -> dict[str, object]:
    made = ", ".join(reference(output) for output in record.outputs)
    ended = "cached" if cached else f"{record.outcome}, {record.seconds:.1f} s"
    return {"step": record.step, "ended": ended, "made": made, "figures": _figures(record)}


def _figures(record: Record) -> str:
    """Return the first metrics of the whole, with their intervals where there are some."""
    found = [i for i in record.headline().items() if not i[0].startswith(COUNTS)]
    return " · ".join(_figure(record, *item) for item in found[:SHOWN])


def _figure(record: Record, name: str, value: float) -> str:
    bounds = [record.metrics.get(f"interval/{name}_{end}") for end in ("low", "high")]
    low, high = bounds
    if low is None or high is None:
        return f"{name} {value:.4g}"
    return f"{name} {value:.4f} ({low:.4f} to {high:.4f})"


def subject(record: Record, tags: Mapping[str, str]) -> dict[str, str]:
    """Return what all versions of a registered model have in common, as its tags.

    Args:
        record: of the step that has judged one.
        tags: of the whole run.
    """
    judged = models.of(record.inputs)
    target = judged["metadata"].get("target") if judged else None
    values = {"dataset": tags.get("dataset"), "target": target}
    return {name: masked_text(str(value)) for name, value in values.items() if value}


def registered_model(subject: Mapping[str, str]) -> str:
    """Return what is read of a registered model, whose versions come and go."""
    what = f"`{subject['target']}`" if "target" in subject else "one column"
    of = f" of the dataset `{subject['dataset']}`" if "dataset" in subject else ""
    return (
        f"Models that predict {what}{of}. Each version has passed the gate when it was made; "
        "`champion` is the one to serve."
    )


def model_version(record: Record) -> str:
    """Return what is read of a version: what the gate saw, and where its parts are."""
    model = models.of(record.inputs)
    tables = [reference(a) for a in record.inputs if a["metadata"].get("rows") is not None]
    about = f"{model['description']} (`{reference(model)}`)" if model else record.step
    lines = [f"{about}.", _figures(record), f"Judged on `{', '.join(tables)}`." if tables else ""]
    return masked_text("\n\n".join(filter(None, lines)))[:LONGEST]
