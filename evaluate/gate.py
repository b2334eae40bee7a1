"""Whether a model may become the champion: thresholds, and a comparison on the same rows."""

import json
from collections.abc import Iterator
from typing import Literal

from evaluate.baseline import not_beaten
from evaluate.comparison import SURE
from evaluate.weaknesses import weaknesses
from pipeline.config.evaluate import LOSSES, Gate, bounds
from pipeline.judging.evaluation import (
    Comparison,
    Evaluation,
    GateResult,
    Threshold,
    Verdict,
    estimates_of,
)
from pipeline.step.start import StepRun
from pipeline.store.versions import Version, parse_reference


def decide(
    evaluation: Evaluation, gate: Gate, compared: Comparison | None, obstacle: str | None = None
) -> Verdict:
    """Return the verdict on a model.

    Args:
        evaluation: of the model.
        gate: the thresholds.
        compared: the comparison; None when there is no champion, or it cannot be compared with.
        obstacle: why it cannot be compared with the champion that there is; None if it can.
    """
    thresholds = list(_thresholds(evaluation, gate))
    reasons = [_reason(row) for row in thresholds if not row["passed"]]
    if obstacle and gate.incomparable == "refuse":
        reasons.append(
            f"{obstacle}; gate.incomparable=promote takes it without a comparison, "
            "gate.champion=NAME:ALIAS compares with another model"
        )
    if compared and compared["worse"]:
        reasons.append(
            f"{compared['metric']} {compared['candidate']:.4f} is worse than the champion's "
            f"{compared['champion']:.4f} by more than {compared['margin']:g}, with {SURE} % "
            "confidence"
        )
    if gate.champion is not None and gate.weak_test_set == "refuse":
        reasons += [f"{told}; gate.weak_test_set=promote takes the model all the same"
                    for told in weaknesses(evaluation)]  # fmt: skip
    dummy = evaluation.get("baseline")
    if gate.champion is not None and dummy and (worthless := not_beaten(dummy)):
        reasons.append(worthless)
    return {
        "passed": not reasons,
        "reasons": reasons,
        "thresholds": thresholds,
        "comparison": [compared] if compared else [],
    }


def publish(run: StepRun, name: str, verdict: GateResult, version: Version, gate: Gate) -> None:
    """Record the verdict of the gate; a model that passed becomes the champion at the end.

    Args:
        run: where it is recorded.
        name: of the artifact.
        verdict: what was decided.
        version: the model.
        gate: the alias it gets.
    """
    path = run.output_path(name)
    text = json.dumps(verdict, ensure_ascii=False, allow_nan=False)
    path.write_text(f"{text}\n", "utf-8")
    run.add_artifact(name, path, "gate", "Whether the model may become the champion, and why", {})
    if verdict["passed"] and verdict["champion"] and not verdict["comparison"]:
        run.note(f"{version.reference} passes without a comparison: {verdict['note']}")
    elif verdict["passed"] and verdict["note"]:
        run.logger.warning("%s", verdict["note"])
    if not verdict["passed"]:
        run.refuse(f"the gate refuses {version.reference}: {'; '.join(verdict['reasons'])}")
    elif gate.champion is not None:
        run.promote(version, parse_reference(gate.champion)[1], gate.registered_model)


def _thresholds(evaluation: Evaluation, gate: Gate) -> Iterator[Threshold]:
    whole = {row["metric"]: row["value"] for row in evaluation["overall"]}
    for metric, bound in bounds(gate.overall).items():
        yield _threshold("all test rows", metric, bound, whole.get(metric))
    for metric, bound in bounds(gate.per_class).items():
        for row in evaluation["per_class"]:
            value = estimates_of(row)[metric]["value"]
            yield _threshold(f"class {row['class']}", metric, bound, value)
    for metric, bound in bounds(gate.slices).items():
        for part in evaluation["slices"]:
            if not part["small"]:
                where = f"{part['column']} {part['value']}"
                yield _threshold(where, metric, bound, part["metrics"][metric]["value"])


def _threshold(where: str, metric: str, bound: float, value: float | None) -> Threshold:
    """Hold a figure against its bound; one that is not defined does not reach it."""
    least, most = (None, bound) if metric in LOSSES else (bound, None)
    passed = value is not None and (value <= bound if most is not None else value >= bound)
    return {"where": where, "metric": metric, "least": least, "most": most, "value": value,
            "passed": passed}  # fmt: skip


def _reason(row: Threshold) -> str:
    kind: Literal["least", "most"] = "least" if row["most"] is None else "most"
    seen = "not defined" if row["value"] is None else f"{row['value']:.4f}"
    return f"{row['metric']} of {row['where']} is {seen}, must be at {kind} {row[kind]:g}"
