"""What a person sees while the pipeline runs: the step, how long, its output, a closing table."""

import os
import shlex
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.markup import escape as no_markup
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from pipeline import paths
from pipeline.cache.decision import Decision
from pipeline.cache.unchanged import ago
from pipeline.context import RunContext
from pipeline.store.artifacts import Store
from pipeline.text.escaping import escaped, escaped_lines
from pipeline.text.masking import masked_text
from pipeline.tracking import record
from pipeline.tracking.record import ArtifactFacts, Record

COLUMNS = ("step", "status", "seconds", "rows in → out", "key metrics", "artifacts")


@contextmanager
def step(number: int, total: int, name: str, reason: str) -> Iterator[None]:
    """Announce a step; on a terminal a line below its output shows the time it has taken."""
    title, reason = f"[{number}/{total}] {name}", escaped(reason)
    if not sys.stdout.isatty():
        print(f"{title}  {reason}", flush=True)
        yield
        return
    terminal = Console(file=os.fdopen(os.dup(1), "w", encoding="utf-8"))
    terminal.rule(f"[bold]{no_markup(title)}[/]  {no_markup(reason)}", align="left")
    with (
        Live(_Clock(title), console=terminal, transient=True, refresh_per_second=8) as live,
        _output_to(live),
    ):
        yield


def wait(number: int, total: int, name: str) -> None:
    """Say that another run is at the work of a step."""
    print(f"[{number}/{total}] {name}  waits: another run is at the same work", flush=True)


class _Clock:
    """A spinner with the seconds since it was made."""

    def __init__(self, title: str) -> None:
        self._spinner, self._title, self._start = Spinner("dots"), title, time.monotonic()

    def __rich__(self) -> Spinner:
        seconds = time.monotonic() - self._start
        self._spinner.update(text=f"{self._title}  {seconds:.0f} s")
        return self._spinner


@contextmanager
def _output_to(live: Live) -> Iterator[None]:
    """Send what this process and its children print through a pipe, above the live line.

    mlflow.run gives its child our standard output: only its file descriptors can be redirected.
    """
    read_end, write_end = os.pipe()
    saved = [os.dup(1), os.dup(2)]
    for descriptor in (1, 2):
        os.dup2(write_end, descriptor)
    os.close(write_end)
    reader = threading.Thread(target=_print_lines, args=(read_end, live), daemon=True)
    reader.start()
    try:
        yield
    finally:
        for original, descriptor in zip(saved, (1, 2), strict=True):
            os.dup2(original, descriptor)
            os.close(original)
        reader.join(timeout=2)  # a child that outlives its step would keep the pipe open


def _print_lines(read_end: int, live: Live) -> None:
    with os.fdopen(read_end, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            live.console.print(Text.from_ansi(line.rstrip("\n")), soft_wrap=True)


def served(
    plan: Sequence[Decision], context: RunContext, store: Store
) -> list[tuple[str, float | None]]:
    """Return the lines for a run that earlier executions serve whole, for unchanged.print_lines."""
    heads = [
        (f"[{n}/{len(plan)}] {d.step}  {escaped(d.reason)}", d.when) for n, d in enumerate(plan, 1)
    ]
    rows = [_line(_row(d.hit.record, True)) for d in plan if d.hit]
    return [*heads, *((line, None) for line in [*rows, *where_to_look(context, store)])]


def plan(decisions: Sequence[Decision]) -> None:
    """Print what would be done about each step, why, and how long it is expected to take."""
    rows = []
    for decision in decisions:
        verdict, _, why = decision.reason.partition(": ")
        seconds = 0.0 if decision.hit else decision.seconds
        why += f", {ago(decision.when)}" if decision.when else ""
        rows.append((decision.step, verdict, why, "?" if seconds is None else f"{seconds:.0f} s"))
    _print_table(("step", "", "why", "expected"), rows)


def closing_table(executions: Sequence[tuple[Record, bool]]) -> None:
    """Print what each step did; with True, what an earlier execution did for it."""
    _print_table(COLUMNS, [_row(execution, cached) for execution, cached in executions])


def _print_table(columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table on a terminal, plain lines elsewhere."""
    if not rows:
        return
    if not sys.stdout.isatty():
        for row in rows:
            print(_line(row))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(no_markup(escaped_lines(cell)) for cell in row))
    Console().print(table)


def _line(row: Sequence[str]) -> str:
    return " · ".join(escaped(cell.replace("\n", ", ")) for cell in row if cell)


def _row(r: Record, cached: bool) -> tuple[str, ...]:
    rows_in, rows_out = _rows(r.inputs), _rows(r.outputs)
    rows = " → ".join(part for part in (rows_in, rows_out) if part)
    items = [item for item in r.headline().items() if not item[0].startswith("rows")]
    metrics = ", ".join(f"{name} {value:.5g}" for name, value in items[:3])
    separator = "\n" if sys.stdout.isatty() else ", "
    artifacts = separator.join(record.reference(a) for a in r.outputs)
    status = ("cached", "") if cached else (r.outcome, f"{r.seconds:.1f} s")
    return r.step, *status, rows, metrics, artifacts


def _rows(artifacts: list[ArtifactFacts]) -> str:
    counts = [a["metadata"].get("rows") for a in artifacts]
    return " + ".join(f"{count:,}" for count in counts if count is not None)


def where_to_look(context: RunContext, store: Store) -> list[str]:
    """Return lines that say where the results are, and how to see them."""
    uri = shlex.quote(masked_text(context.mlflow_uri))
    lines = [f"See the runs: mlflow ui --backend-store-uri {uri}"]
    if context.wandb_mode != "disabled" and not store.online:
        main = shlex.quote(str(paths.ROOT / "main.py"))
        lines.append(f"Send them to W&B: python {main} main.action=sync")
    return [*lines, f"Artifacts: {store.url} · log: {paths.LOG_FILE}"]
