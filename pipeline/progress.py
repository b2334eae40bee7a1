"""How far a long loop is: told to a terminal, or to main.py that has one, and else to nobody."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")
Watcher = Callable[[str, int, int | None], None]  # what is counted (empty: it ends), done, of all
EVERY = 0.2  # seconds between two words of a loop; one that takes less says nothing
# How a step tells main.py; what it logs has no such sign.
LINE = re.compile("\x1b_([a-z]*) (\\d+) (\\d*)\n")
_watcher: Watcher | None = None
_speaker: "Counter | None" = None


def watch(watcher: Watcher | None) -> None:
    """Let a watcher be told of this process's loops."""
    global _watcher
    _watcher = watcher


class Counter:
    """How far one loop is; of loops in each other the first that says something is heard."""

    def __init__(self, what: str, total: int | None = None) -> None:
        self.total = total
        self._what, self._told = what, time.monotonic()

    def tell(self, done: int) -> None:
        """Say how many are done, if it is time to."""
        global _speaker
        if _watcher is None or _speaker not in (None, self):
            return
        now = time.monotonic()
        if now - self._told >= EVERY:
            self._told, _speaker = now, self
            _watcher(self._what, done, self.total)

    def end(self) -> None:
        """Say that it is over."""
        global _speaker
        if _watcher and _speaker is self:
            _speaker = None
            _watcher("", 0, None)


def counted(
    items: Iterable[T], what: str, total: int | None, size: Callable[[T], int]
) -> Iterator[T]:
    """Yield the items, and say how far they are.

    Args:
        items: pieces of what is counted.
        what: is counted, in the plural: lower-case letters.
        total: how many there are in all, if that is known.
        size: how many a piece is.
    """
    counter, done = Counter(what, total), 0
    try:
        for item in items:
            yield item
            done += size(item)
            counter.tell(done)
    finally:
        counter.end()


def to_starter(what: str, done: int, total: int | None) -> None:
    """Tell main.py, which shows it on its terminal and not as a line."""
    print(f"\x1b_{what} {done} {'' if total is None else total}\n", end="", flush=True)


class Bar:
    """A bar on a terminal with what is done and the time that is left; a watcher."""

    def __init__(self, console: "Console") -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = TextColumn("  {task.description}"), BarColumn(None), TimeRemainingColumn()
        self.drawn = Progress(*columns, console=console, transient=True)
        self._loop: tuple[str, int | None, int] = ("", None, 0)

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Show how far a loop is; with no name, that it is over."""
        before, self._loop = self._loop, (what, total, done)
        if before[:2] != (what, total) or done < before[2]:  # another loop, or it began anew
            for task in self.drawn.task_ids:
                self.drawn.remove_task(task)
        if what:
            of = "" if total is None else f" of {total:,}"
            tasks = self.drawn.task_ids or [self.drawn.add_task("", total=total)]
            self.drawn.update(tasks[0], completed=done, description=f"{done:,}{of} {what}")


class OwnBar(Bar):
    """The bar of a step that was started alone, on its own terminal; there only while it counts."""

    def __init__(self) -> None:
        from rich.console import Console

        super().__init__(Console(stderr=True))

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Show how far a loop is."""
        super().__call__(what, done, total)
        if what:
            self.drawn.start()
        else:
            self.drawn.stop()
