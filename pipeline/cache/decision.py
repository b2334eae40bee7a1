"""What is to be done about a step, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.cache.history import Execution
from pipeline.cache.step_key import StepKey
from pipeline.store.versions import Version


@dataclass(frozen=True)
class Decision:
    """What is to be done about one step.

    Attributes:
        step: the step.
        values: its parameters as in the config, artifact references pinned to ``name:vN``.
        inputs: the version that each parameter which is a reference means; None: not there.
        reason: why it runs, or what it is the same as; one line.
        key: the facts about it; None when they cannot be known (yet).
        hit: the earlier execution that is used instead, if there is one.
        seconds: what the newest execution took; None when there was none.
        followed: the references by which verdicts on its tables were looked for.
    """

    step: str
    values: Mapping[str, object]
    inputs: Mapping[str, Version | None]
    reason: str
    key: StepKey | None = None
    hit: Execution | None = None
    seconds: float | None = None
    followed: Sequence[str] = ()

    @property
    def when(self) -> float | None:
        """When the execution that serves ended, in seconds since 1970."""
        return self.hit.finished if self.hit else None
