"""What was run, how to run it again, and the lineage of what came of it."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.config import steps as order
from pipeline.judging.formatting import count, listed
from pipeline.judging.pictures.canvas import Picture
from pipeline.replay.manifest import Manifest, StepEntry
from pipeline.report.differences import changed
from pipeline.report.lineage import Node, lineage
from pipeline.tracking.record import reference

HOW = ("main.action=", "main.run=", "main.steps=")


@dataclass(frozen=True)
class Run:
    """A run: its id, its steps, its code, and the commands that repeat it.

    Attributes:
        identity: the MLflow run's id.
        command: as it was started; `whole` with all steps, `verify` proves it.
        commit: of the code, None outside git; `changed` and `left_out` are names of files.
        failed: the steps that failed, `error` the first one's; `not_reached` left no record.
        masked: whether a secret in the command is masked.
    """

    identity: str
    finished: str
    command: str
    whole: str
    commit: str | None
    changed: Sequence[str]
    left_out: Sequence[str]
    steps: Sequence[StepEntry]
    failed: Sequence[str]
    error: str | None
    not_reached: Sequence[str]
    masked: bool

    @property
    def short(self) -> str:
        """The beginning of its id."""
        return self.identity[:8]

    @property
    def refused(self) -> str | None:
        """What a step says against the table or the model; None if none does."""
        return next((step["refused"] for step in self.steps if step.get("refused")), None)

    @property
    def notes(self) -> list[str]:
        """What its steps noted for a reader of the results."""
        return [note for step in self.steps for note in step.get("notes", [])]

    @property
    def verify(self) -> str:
        """The command that proves it."""
        return command(["main.action=verify", f"main.run={self.identity}"])

    @property
    def is_verifiable(self) -> bool:
        """Whether it can be proved."""
        return bool(self.commit) and not self.failed and bool(self.steps)


def run(manifest: Manifest) -> Run:
    """Return what was run, and how to run it again."""
    code, overrides, steps = manifest["code"], manifest["overrides"], manifest["steps"]
    failed = [step for step in steps if step["status"] == "failed"]
    return Run(
        identity=manifest["run"],
        finished=moment(manifest["finished"]),
        command=command(overrides),
        whole=command(word for word in overrides if not word.startswith(HOW)),
        commit=code["commit"],
        changed=changed(code["patch"]),
        left_out=code["left_out"],
        steps=steps,
        failed=[step["step"] for step in failed],
        error=failed[0]["error"] if failed else None,
        not_reached=_not_reached(manifest),
        masked=any("***" in word for word in overrides),
    )


def _not_reached(manifest: Manifest) -> list[str]:
    """Return the steps that were asked for and did not leave a record."""
    config = manifest["config"]
    asked = order.select(config["main"]["steps"], config["steps"])
    done = {step["step"] for step in manifest["steps"]}
    return [step for step in asked if step not in done]


def picture(manifest: Manifest) -> Picture | None:
    """Return the lineage as a picture; None for a run without steps."""
    steps = manifest["steps"]
    if not steps:
        return None
    nodes = [
        Node(s["step"], s["status"], s["error"] or why(s["reason"]),
             tuple(dict.fromkeys(map(reference, s["inputs"]))),
             tuple(dict.fromkeys(map(reference, s["outputs"]))))
        for s in steps
    ]  # fmt: skip
    outcomes = {
        "ran": [n.name for n in nodes if n.status == "finished"],
        "served by earlier executions": [n.name for n in nodes if n.status == "cached"],
        "failed": [n.name for n in nodes if n.status == "failed"],
    }
    parts = "; ".join(f"{name}: {listed(names, 8)}" for name, names in outcomes.items() if names)
    artifacts = len({name for node in nodes for name in node.outputs})
    return lineage(nodes, f"{parts}. {count(artifacts, 'artifact')} in all.".capitalize())


def why(reason: str) -> str:
    """Return a reason without its verdict, which the status says."""
    return reason.partition(": ")[2] or reason


def moment(text: str) -> str:
    """Return an ISO 8601 time as date and time of day."""
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M %Z").strip()


def seconds(value: float) -> str:
    """Return a duration."""
    return f"{value:.1f} s" if value < 120 else f"{value / 60:.0f} min"


def command(words: Iterable[str] = ()) -> str:
    """Return the command that starts the pipeline with these overrides."""
    return shlex.join(["python", "main.py", *words])
