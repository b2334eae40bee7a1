"""Lines of a log: one for each record, without secrets, whatever is in the names it tells of."""

import copy
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TextIO

from pipeline import paths
from pipeline.screen.log_file import LogFile
from pipeline.text.escaping import escaped, escaped_lines
from pipeline.text.masking import masked_text

KEPT = "output.log"  # of a step, as W&B calls it
LINE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
Caught = tuple[type[BaseException], BaseException, TracebackType | None]


class LineFormatter(logging.Formatter):
    """Shows a record as one line; a traceback follows indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line."""
        shown = copy.copy(record)
        shown.message, shown.name = escaped(masked_text(record.message)), escaped(record.name)
        return super().formatMessage(shown)

    def formatException(self, ei: Caught) -> str:  # type: ignore[override]  # noqa: N802
        """Return the traceback."""
        return escaped_lines(masked_text(super().formatException(ei)), "    ")


class ScreenFormatter(LineFormatter):
    """The same for people: a traceback is in the log file only."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        shown = copy.copy(record)
        shown.exc_info = shown.exc_text = shown.stack_info = None
        return super().format(shown)


class _Screen(logging.StreamHandler[TextIO]):
    """Writes to what is standard output now: while a bar is drawn, lines go above it."""

    @property
    def stream(self) -> TextIO:
        """Return standard output."""
        return sys.stdout

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """Leave it as it is."""


def log_file() -> logging.Handler:
    """Return what writes to the log file of all runs; it is there from the first record on."""
    return _file(paths.LOG_FILE)


def _file(path: Path) -> logging.Handler:
    handler = LogFile(path, encoding="utf-8", errors="backslashreplace", delay=True)
    handler.setFormatter(LineFormatter(LINE))
    return handler


def set_up() -> None:
    """Let what this process logs go to the log file and to the screen."""
    screen = _Screen()
    screen.setFormatter(ScreenFormatter(LINE, datefmt="%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[log_file(), screen])
    logging.getLogger("alembic").setLevel(logging.WARNING)  # MLflow's database, which says much


@contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Write what this process logs to a file of a folder too, for a while."""
    handler = _file(folder / KEPT)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def keep_traceback(name: str, error: BaseException) -> None:
    """Write a traceback to the log file and nowhere else."""
    logger, handler = logging.Logger(name), log_file()
    logger.addHandler(handler)
    try:
        logger.critical("stopped", exc_info=error)
    finally:
        handler.close()
