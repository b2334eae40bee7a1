"""What a person sees while the pipeline runs: the step, how long, its output, a closing table."""

import os
import shlex
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from pipeline import paths, progress
from pipeline.cache.decision import Decision
from pipeline.context import RunContext, tracking_uri
from pipeline.screen import table, terminal
from pipeline.screen.served import Served, ago
from pipeline.store.artifacts import Store
from pipeline.text.escaping import escaped
from pipeline.text.masking import masked_text
from pipeline.tracking import record
from pipeline.tracking.record import ArtifactFacts, Record

if TYPE_CHECKING:
    from rich.console import Console, Group


@contextmanager
def step(number: int, total: int, name: str, reason: str) -> Iterator[None]:
    """Announce a step; on a terminal a line below its output shows the time it has taken."""
    title, reason = f"[{number}/{total}] {name}", escaped(reason)
    if not terminal.is_terminal(sys.stdout):
        print(f"{title}  {reason}", flush=True)
        yield
        return
    from rich.console import Console  # not needed elsewhere
    from rich.live import Live

    file = os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding, errors="plain")
    screen = Console(file=file)
    _announce(screen, *terminal.written([title, reason], file))
    clock = _Clock(title, screen)
    with (
        Live(get_renderable=clock, console=screen, transient=True, refresh_per_second=8),
        _output_to(clock),
    ):
        yield


def wait(number: int, total: int, name: str, why: str) -> None:
    """Say why a step does not begin yet."""
    print(f"[{number}/{total}] {name}  waits: {why}", flush=True)


def _announce(screen: "Console", title: str, reason: str) -> None:
    """Print a step's name and reason; with a rule behind it if there is room."""
    from rich.text import Text

    line = Text.assemble((title, "bold"), "  ", reason)
    if line.cell_len < screen.width - 2:
        screen.rule(line, align="left")
    else:
        screen.print(line)


class _Clock:
    """A spinner with the seconds since it was made; below it how far a long loop is."""

    def __init__(self, title: str, screen: "Console") -> None:
        from rich.spinner import Spinner

        self.screen, self.bar = screen, progress.Bar(screen)
        self._spinner = Spinner("dots" if screen.encoding.startswith("utf") else "line")
        self._title, self._start = title, time.monotonic()

    def __call__(self) -> "Group":
        from rich.console import Group

        seconds = time.monotonic() - self._start
        self._spinner.update(text=f"{self._title}  {seconds:.0f} s")
        return Group(self._spinner, *([self.bar.drawn] if self.bar.drawn.tasks else []))


@contextmanager
def _output_to(clock: _Clock) -> Iterator[None]:
    """Send what this process and its children print through a pipe, above the live line.

    mlflow.run gives its child our standard output: only its file descriptors can be redirected.
    What goes to no terminal, as with ``2> file``, is left to go there.
    """
    read_end, write_end = os.pipe()
    saved = {descriptor: os.dup(descriptor) for descriptor in (1, 2) if os.isatty(descriptor)}
    for descriptor in saved:
        os.dup2(write_end, descriptor)
    os.close(write_end)
    reader = threading.Thread(target=_print_lines, args=(read_end, clock), daemon=True)
    reader.start()
    try:
        yield
    finally:
        for descriptor, original in saved.items():
            os.dup2(original, descriptor)
            os.close(original)
        reader.join(timeout=2)  # a child that outlives its step would keep the pipe open


def _print_lines(read_end: int, clock: _Clock) -> None:
    from rich.text import Text

    encoding = clock.screen.encoding  # the children have the same from the same environment
    with os.fdopen(read_end, encoding=encoding, errors="backslashreplace") as lines:
        for line in lines:
            if told := progress.LINE.search(line):
                clock.bar(told[1], int(told[2]), int(told[3]) if told[3] else None)
                line = line[: told.start()]
                if not line:
                    continue
            clock.screen.print(Text.from_ansi(line.rstrip("\n")), soft_wrap=True)


def served(plan: Sequence[Decision], context: RunContext, store: Store) -> Served:
    """Return what is shown of a run that earlier executions serve whole."""
    records = [d.hit.record for d in plan if d.hit]
    return {
        "heads": [
            (f"[{n}/{len(plan)}] {d.step}  {escaped(d.reason)}", d.when)
            for n, d in enumerate(plan, 1)
        ],
        "rows": [_row(r, True) for r in records],
        "foot": where_to_look(context, store),
        "record": asdict(records[-1]),
    }


def plan(decisions: Sequence[Decision]) -> None:
    """Print what would be done about each step, why, and how long it is expected to take."""
    rows = []
    for decision in decisions:
        verdict, _, why = decision.reason.partition(": ")
        seconds = 0.0 if decision.hit else decision.seconds
        why += f", {ago(decision.when)}" if decision.when else ""
        expected = "?" if seconds is None else f"{seconds:.0f} s"
        rows.append([[decision.step], [verdict], why.split(" "), [expected]])
    table.show(("step", "", "why", "expected"), rows)


def closing_table(executions: Sequence[tuple[Record, bool]]) -> None:
    """Print what each step did; with True, what an earlier execution did for it."""
    in_steps = sum(execution.seconds for execution, cached in executions if not cached)
    table.show_steps([_row(execution, cached) for execution, cached in executions], in_steps)


def _row(r: Record, cached: bool) -> list[list[str]]:
    """Return a row of table.STEPS."""
    rows_in, rows_out = _rows(r.inputs), _rows(r.outputs)
    rows = [*rows_in, *([f"→ {rows_out[0]}", *rows_out[1:]] if rows_in and rows_out else rows_out)]
    metrics = table.parts(figures(r)[:3])
    artifacts = table.parts(record.reference(a) for a in r.outputs)
    status = (["cached"], []) if cached else ([r.outcome], [f"{r.seconds:.1f} s"])
    return [[r.step], *status, rows, metrics, artifacts]


def figures(r: Record) -> list[str]:
    """Return a step's metrics with their names, without those that its rows tell."""
    items = r.headline().items()
    return [f"{name} {value:.5g}" for name, value in items if not name.startswith("rows")]


def _rows(artifacts: list[ArtifactFacts]) -> list[str]:
    counts = [a["metadata"].get("rows") for a in artifacts]
    texts = [f"{count:,}" for count in counts if count is not None]
    return [*texts[:1], *(f"+ {text}" for text in texts[1:])]


def where_to_look(context: RunContext, store: Store) -> list[str]:
    """Return lines that say where the results are, and how to see them."""
    uri = masked_text(tracking_uri(paths.ROOT))
    is_server = uri.startswith(("http://", "https://"))  # it shows its pages itself
    how = uri if is_server else f"mlflow ui --backend-store-uri {shlex.quote(uri)}"
    lines = [f"See the runs: {how}"]
    if context.wandb_mode != "disabled" and not store.online:
        main = shlex.quote(str(paths.ROOT / "main.py"))
        lines.append(f"Send them to W&B: python {main} main.action=sync")
    return [*lines, f"Artifacts: {store.url} · log: {paths.LOG_FILE}"]
