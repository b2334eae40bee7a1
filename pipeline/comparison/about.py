"""What a person calls a run by: its id, when it ended, how, on which dataset, which model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.replay import runs
from pipeline.replay.manifest import Manifest, StepEntry


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
    return "cached" if all(step["status"] == "cached" for step in steps) else "finished"


def _model(config: Mapping[str, Mapping[str, Mapping[str, object]]]) -> str:
    """Return ``random_forest`` for sklearn.ensemble.RandomForestClassifier."""
    target = str(config.get("model", {}).get("estimator", {}).get("_target_") or "")
    name = target.rpartition(".")[2].removesuffix("Classifier")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def judging_step(manifest: Manifest) -> StepEntry | None:
    """Return the step that judged a model: it made a table of predictions; None without one."""
    steps = reversed(manifest["steps"])
    return next((s for s in steps if any(a["type"] == "predictions" for a in s["outputs"])), None)


def metrics(manifest: Manifest) -> dict[str, float]:
    """Return the metrics of a run: ``STEP/NAME``, and those of the judged model as ``NAME``."""
    values = {
        f"{s['step']}/{name}": v for s in manifest["steps"] for name, v in s["metrics"].items()
    }
    judged = judging_step(manifest)
    return {**values, **(judged["metrics"] if judged else {})}
