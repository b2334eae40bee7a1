"""What a person sees of a sweep: a line for each job that has ended, below it those that run."""

import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.screen import terminal
from pipeline.sweep import choice
from pipeline.sweep.job import Asked, Ended
from pipeline.text.escaping import escaped

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

STEP = re.compile(rb"^\[\d+/\d+\] (\w+)", re.MULTILINE)
TAIL = 4000  # bytes at the end of a log, in which the newest step is looked for


@dataclass(frozen=True)
class _Shown:
    asked: Asked
    log: Path
    begin: float


class Screen:
    """The lines of a sweep's jobs; on a terminal the ones that run are shown as well."""

    def __init__(self, metric: str | None) -> None:
        """Take the figure that is shown of each job."""
        self.total = 0  # of the jobs; 0: it is not known
        self._metric = metric
        self._shown: dict[int, _Shown] = {}
        self._live: Live | None = None

    def begin(self, asked: Asked, log: Path) -> None:
        """Show that a job runs."""
        self._shown[asked.number] = _Shown(asked, log, time.monotonic())
        if self._live is None and terminal.is_terminal(sys.stdout):
            from rich.console import Console  # not needed elsewhere
            from rich.live import Live

            console = Console(file=sys.stdout)
            self._live = Live(
                get_renderable=self._running, console=console, transient=True, refresh_per_second=4
            )
            self._live.start()

    def end(self, ended: Ended) -> None:
        """Print the line of a job that has ended."""
        del self._shown[ended.asked.number]
        name = choice.shown([ended], self._metric)
        figure = f"{name} {ended.metrics[name]:.5g}" if name in ended.metrics else ""
        title = f"best: {ended.asked.title}" if ended.asked.whole else ended.asked.title
        parts = [title, ended.outcome, figure, f"{ended.seconds:.1f} s", ended.error]
        line = escaped(" · ".join(filter(None, parts)))
        print(f"{self._place(ended.asked)} {line}", flush=True)

    def close(self) -> None:
        """Show no more jobs that run."""
        if self._live:
            self._live.stop()
            self._live = None

    def _place(self, asked: Asked) -> str:
        return f"[{asked.number + 1}/{self.total}]" if self.total else f"[{asked.number + 1}]"

    def _running(self) -> "Group":
        from rich.console import Group
        from rich.text import Text

        lines = [self._line(job) for job in list(self._shown.values())]
        return Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in lines))

    def _line(self, job: _Shown) -> str:
        seconds = time.monotonic() - job.begin
        parts = [job.asked.title, _step(job.log), f"{seconds:.0f} s"]
        return f"{self._place(job.asked)} {escaped(' · '.join(filter(None, parts)))}"


def _step(log: Path) -> str:
    """Return the step that a job is at, by its log; empty if it is at none."""
    with log.open("rb") as file:
        file.seek(max(log.stat().st_size - TAIL, 0))
        steps = STEP.findall(file.read())
    return steps[-1].decode() if steps else ""
