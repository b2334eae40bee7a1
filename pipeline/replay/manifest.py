"""The manifest of a run: all that is needed to execute it again and to compare the two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

from pipeline.cache import packages
from pipeline.cache.decision import Decision
from pipeline.files import write_json
from pipeline.replay.checkout import CodeState, Machine, machine
from pipeline.tracking.record import ArtifactFacts, Record, Row

FILE = "manifest.json"
MODEL = "model"  # type of the artifact that is one


@dataclass(frozen=True)
class Outcome:
    """A step of a run: why it ran or what served instead, and the record of that execution."""

    decision: Decision
    record: Record


@dataclass(frozen=True)
class Request:
    """What a run was asked to do: resolved config, overrides as typed, builder of environments."""

    config: dict[str, object]
    overrides: Sequence[str]
    environment: str


class StepEntry(TypedDict):
    """What a manifest says of a step: its decision and its record."""

    step: str
    status: str  # finished · failed · cached
    reason: str
    key: str | None
    facts: dict[str, str]
    parameters: dict[str, object]
    catalog: str
    inputs: list[ArtifactFacts]
    outputs: list[ArtifactFacts]
    metrics: dict[str, float]
    tables: dict[str, list[Row]]
    pictures: dict[str, str]
    error: str | None
    refused: str | None
    stopped: str | None
    notes: list[str]
    uses: int | None
    seconds: float
    mlflow_run: str | None
    wandb_run: str | None
    from_run: str | None


class Manifest(TypedDict):
    """A run: all that is needed to execute it again and to compare the two."""

    run: str  # id of the MLflow run
    finished: str
    code: CodeState
    overrides: list[str]
    config: dict[str, Any]
    environment: str
    machine: Machine
    packages: dict[str, str]
    steps: list[StepEntry]


def write(
    folder: Path, run: str, request: Request, code: CodeState, outcomes: Sequence[Outcome]
) -> None:
    """Write the manifest of a run into its folder.

    Args:
        folder: the run's folder.
        run: id of the MLflow run.
        request: what it was asked to do.
        code: what code_of said when the run began.
        outcomes: the steps that ran or were served.
    """
    content: Manifest = {
        "run": run,
        "finished": datetime.now(UTC).isoformat("T", "seconds"),
        "code": code,
        "overrides": list(request.overrides),
        "config": request.config,
        "environment": request.environment,
        "machine": machine(),
        "packages": packages.installed(),
        "steps": [_step(outcome) for outcome in outcomes],
    }
    write_json(folder / FILE, content)


def _step(outcome: Outcome) -> StepEntry:
    decision, record = outcome.decision, outcome.record
    return {
        "step": record.step,
        "status": "cached" if decision.hit else record.status,
        "reason": decision.reason,
        "key": decision.key.digest if decision.key else None,
        "facts": dict(decision.key.facts) if decision.key else {},
        "parameters": dict(decision.values),
        "catalog": record.catalog,
        "inputs": record.inputs,
        "outputs": record.outputs,
        "metrics": record.metrics,
        "tables": record.tables,
        "pictures": record.pictures,
        "error": record.error,
        "refused": record.refused,
        "stopped": record.stopped,
        "notes": record.notes,
        "uses": record.uses,
        "seconds": round(record.seconds, 3),
        "mlflow_run": record.mlflow_run,
        "wandb_run": record.wandb_run,
        "from_run": decision.hit.run if decision.hit else None,
    }


def output(manifest: Manifest, kind: str) -> ArtifactFacts | None:
    """Return the artifact of a type that a run made last, None without one."""
    made = [a for step in manifest["steps"] for a in step["outputs"]]
    of_kind = [a for a in made if kind in (a["type"], a["name"].removesuffix(".json"))]
    return of_kind[-1] if of_kind else None


def model(manifest: Manifest) -> ArtifactFacts | None:
    """Return the model that a run judged last, else the one it made; None without one."""
    steps = list(reversed(manifest["steps"]))
    found = [a for s in steps for a in s["inputs"] if a["type"] == MODEL]  # a champion comes after
    return next(iter(found), None) or output(manifest, MODEL)


def table(manifest: Manifest, name: str) -> list[Row]:
    """Return the rows of a small table that a step of the run recorded last; none without it."""
    recorded = [s["tables"][name] for s in manifest["steps"] if s["tables"].get(name)]
    return list(recorded[-1]) if recorded else []
