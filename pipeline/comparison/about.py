"""What a person calls a run by: its id, when it ended, how, on which dataset, which model."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.replay import runs
from pipeline.replay.manifest import Manifest, StepEntry
from pipeline.tracking.record import ArtifactFacts

StepMetrics = tuple[str, dict[str, float], list[ArtifactFacts]]


@dataclass(frozen=True)
class About:
    """A run in words.

    Attributes:
        run: the MLflow run's id.
        when: it ended, as date and time of day.
        status: finished, cached, refused or failed.
        dataset: its name.
        model: the estimator's name, as files of conf/model/ are called.
    """

    run: str
    when: str
    status: str
    dataset: str
    model: str

    @property
    def short(self) -> str:
        """The beginning of its id."""
        return self.run[:8]


def about(manifest: Manifest) -> About:
    """Return what a person calls a run by."""
    config = manifest["config"]
    return About(
        run=manifest["run"],
        when=f"{manifest['finished'][:16].replace('T', ' ')} UTC",
        status=_status(manifest),
        dataset=str(config["data"].get("name") or ""),
        model=_model(config),
    )


def _status(manifest: Manifest) -> str:
    steps = manifest["steps"]
    if runs.failed_steps(manifest) or not steps:
        return "failed"
    if any(step.get("refused") for step in steps):
        return "refused"
    return "cached" if runs.is_cached(steps) else "finished"


def _model(config: Mapping[str, Mapping[str, Mapping[str, object]]]) -> str:
    """Return ``random_forest`` for sklearn.ensemble.RandomForestClassifier."""
    target = str(config.get("model", {}).get("estimator", {}).get("_target_") or "")
    name = target.rpartition(".")[2].removesuffix("Classifier")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def judging_step(manifest: Manifest) -> StepEntry | None:
    """Return the step that judged a model; None without one."""
    return next((s for s in reversed(manifest["steps"]) if _judges(s["outputs"])), None)


def _judges(outputs: Iterable[ArtifactFacts]) -> bool:
    """Say whether a step that made these judged a model: a table of predictions is among them."""
    return any(artifact["type"] == "predictions" for artifact in outputs)


def metrics(manifest: Manifest) -> dict[str, float]:
    """Return the metrics of a run: ``STEP/NAME``, and those of the judged model as ``NAME``."""
    return metrics_of((s["step"], s["metrics"], s["outputs"]) for s in manifest["steps"])


def metrics_of(steps: Iterable[StepMetrics]) -> dict[str, float]:
    """Return the same of steps: name, metrics and outputs of each."""
    values: dict[str, float] = {}
    judged: dict[str, float] = {}
    for step, own, outputs in steps:
        values |= {f"{step}/{name}": value for name, value in own.items()}
        judged = own if _judges(outputs) else judged
    return values | judged
