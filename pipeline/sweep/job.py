"""A sweep and its jobs: what is asked for, and what came of it."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pipeline.config.overrides import as_typed
from pipeline.config.schema import Main
from pipeline.config.schema import Sweep as Settings
from pipeline.text.masking import masked_text

JOBS = "jobs.json"  # in a sweep's folder: what came of its jobs


@dataclass(frozen=True)
class Sweep:
    """What the jobs of a sweep have in common.

    Attributes:
        folder: of its results; those of its jobs are in it.
        name: of its MLflow run.
        group: of the jobs' W&B runs.
        workers: how many jobs run at once.
        only: the steps that a job is limited to, as `main.steps`.
        metric: the figure by which jobs are compared; None: what suits what they predict.
        warm: whether jobs and steps are forks of a process with their libraries.
    """

    folder: Path
    name: str
    group: str
    workers: int
    only: str
    metric: str | None
    warm: bool = True

    @classmethod
    def of(
        cls, kind: str, name: str, folder: Path, workers: int, main: Main, settings: Settings
    ) -> Self:
        """Return a sweep that a config asks for.

        Args:
            kind: a word for it in the name of the W&B group.
            name: of its MLflow run.
            folder: of its results.
            workers: how many jobs run at once.
            main: `main` of the config.
            settings: `sweep` of the config.
        """
        only, warm = settings.steps, main.warm and main.env_manager in ("auto", "local")
        return cls(
            folder=folder,
            name=name,
            group=f"{main.experiment_name}-{kind}-{secrets.token_hex(4)}",
            workers=workers,
            only=only if isinstance(only, str) else ",".join(only),
            metric=settings.metric,
            warm=warm,
        )


@dataclass(frozen=True)
class Asked:
    """A job that is to run.

    Attributes:
        number: from 0; the name of its folder in the sweep's.
        overrides: of Hydra, all of them.
        varied: those that tell it apart from the others.
        whole: whether it runs all steps that are asked for, also those that the others leave out.
    """

    number: int
    overrides: tuple[str, ...]
    varied: tuple[str, ...]
    whole: bool = False

    @property
    def title(self) -> str:
        """What tells it apart, for people."""
        return masked_text(" ".join(short_names(as_typed(self.varied))))


@dataclass(frozen=True)
class Ended:
    """What came of a job.

    Attributes:
        asked: the job.
        outcome: finished, cached, refused or failed.
        seconds: that it took.
        run: its MLflow run; empty: earlier executions served it whole.
        record: of its last step, as a dictionary; empty: it has none.
        error: one line; empty: there is none.
    """

    asked: Asked
    outcome: str
    seconds: float
    run: str
    record: dict[str, Any]
    error: str

    @property
    def metrics(self) -> dict[str, float]:
        """Figures of its last step."""
        return dict(self.record.get("metrics") or {})


def short_names(words: Sequence[str]) -> list[str]:
    """Return overrides with no more of their keys than tells them apart."""
    keys = [word.partition("=")[0] for word in words]
    lasts = [re.split(r"[./]", key)[-1] for key in keys]
    return [
        (last if lasts.count(last) == 1 else key) + word[len(key) :]
        for word, key, last in zip(words, keys, lasts, strict=True)
    ]
