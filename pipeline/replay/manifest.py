"""The manifest of a run: all that is needed to execute it again and to compare the two."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

from pipeline.cache import packages
from pipeline.cache.decision import Decision
from pipeline.replay.checkout import CodeState, Machine, machine
from pipeline.tracking.record import ArtifactFacts, Record, Row

FILE = "manifest.json"


@dataclass(frozen=True)
class Done:
    """A step of a run: why it ran or what served instead, and the record of that execution."""

    decision: Decision
    record: Record


@dataclass(frozen=True)
class Asked:
    """What a run was asked to do: resolved config, overrides as typed, builder of environments."""

    config: dict[str, Any]
    overrides: Sequence[str]
    environment: str


class StepEntry(TypedDict):
    """What a manifest says of a step: its decision and its record."""

    step: str
    status: str  # finished · failed · cached
    reason: str
    key: str | None
    facts: dict[str, str]
    parameters: dict[str, Any]
    catalog: str
    inputs: list[ArtifactFacts]
    outputs: list[ArtifactFacts]
    metrics: dict[str, float]
    tables: dict[str, list[Row]]
    pictures: dict[str, str]
    error: str | None
    refused: str | None
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


def write(folder: Path, run: str, asked: Asked, code: CodeState, done: Sequence[Done]) -> None:
    """Write the manifest of a run into its folder.

    Args:
        folder: the run's folder.
        run: id of the MLflow run.
        asked: what it was asked to do.
        code: what code_of said when the run began.
        done: the steps that ran or were served.
    """
    content: Manifest = {
        "run": run,
        "finished": datetime.now(UTC).isoformat("T", "seconds"),
        "code": code,
        "overrides": list(asked.overrides),
        "config": asked.config,
        "environment": asked.environment,
        "machine": machine(),
        "packages": packages.installed(),
        "steps": [_step(d) for d in done],
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def _step(done: Done) -> StepEntry:
    decision, facts = done.decision, done.record
    return {
        "step": facts.step,
        "status": "cached" if decision.hit else facts.status,
        "reason": decision.reason,
        "key": decision.key.digest if decision.key else None,
        "facts": dict(decision.key.facts) if decision.key else {},
        "parameters": dict(decision.values),
        "catalog": facts.catalog,
        "inputs": facts.inputs,
        "outputs": facts.outputs,
        "metrics": facts.metrics,
        "tables": facts.tables,
        "pictures": facts.pictures,
        "error": facts.error,
        "refused": facts.refused,
        "uses": facts.uses,
        "seconds": round(facts.seconds, 3),
        "mlflow_run": facts.mlflow_run,
        "wandb_run": facts.wandb_run,
        "from_run": decision.hit.run if decision.hit else None,
    }
