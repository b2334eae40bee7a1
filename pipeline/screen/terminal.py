"""Output that bears any text and a reader that goes away, and that shows no secret."""

import codecs
import io
import os
import sys
import time
from collections.abc import Iterable
from typing import TextIO

from pipeline import progress
from pipeline.context import variables
from pipeline.text.masking import masked_text

# What is written instead of our own signs where the terminal's encoding lacks them.
ASCII = {"→": "->", "−": "-", "·": "-", "–": "-", "─": "-", "×": "x", "…": "~"}
_begun = time.monotonic()  # main.py imports this before what takes long


class _Steady(io.TextIOWrapper):
    """A text stream that says nothing more once nobody reads it: what it is about goes on."""

    def write(self, text: str) -> int:
        try:
            return super().write(masked_text(text) if "=" in text or ":" in text else text)
        except BrokenPipeError:
            self._mute()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            self._mute()

    def _mute(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())  # for the processes that this one starts as well
        os.close(nowhere)


def steady() -> None:
    """Let this process print whatever comes, wherever to.

    What the terminal's encoding lacks is shown in ASCII, others' signs escaped; a pipe that is
    closed (``| head -1``) ends the output and not the work.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is getattr(sys, f"__{name}__") and type(stream) is io.TextIOWrapper:
            lines, encoding = stream.line_buffering, stream.encoding  # detached, it has neither
            steadied = _Steady(stream.detach(), encoding, "plain", line_buffering=lines)
            setattr(sys, name, steadied)


def show_progress(to_starter: bool, alone: bool) -> None:
    """Let how far this process's long loops are be seen, if there is a terminal.

    Args:
        to_starter: whether main.py, which has started this step, shows it on its terminal.
        alone: whether nobody has started this step.
    """
    if to_starter:
        progress.watch(progress.to_starter)
    elif alone and all(map(is_terminal, (sys.stdout, sys.stderr))):
        progress.watch(progress.OwnBar())


def begin() -> None:
    """Let time be counted from now on; the first time begins when main.py does."""
    global _begun
    _begun = time.monotonic()


def seconds() -> float:
    """Return the time since the run began, with the start of its process."""
    return time.monotonic() - _begun


def is_terminal(stream: TextIO) -> bool:
    """Say whether a person sees the stream on a terminal that can move its cursor."""
    return stream.isatty() and variables().get("TERM") != "dumb"


def width(stream: TextIO) -> int:
    """Return how many columns the stream's terminal has; COLUMNS says more than the terminal."""
    asked = variables().get("COLUMNS", "")
    return int(asked if asked.isdecimal() else os.get_terminal_size(stream.fileno()).columns) or 80


def written(texts: Iterable[str], stream: TextIO) -> list[str]:
    """Return texts as the stream's encoding will show them, to know how long they are there."""
    encoding = stream.encoding or "utf-8"
    return [text.encode(encoding, "plain").decode(encoding) for text in texts]


def _plain(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replace the first sign that an encoding lacks; a handler as the codecs module calls it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    sign = error.object[error.start]
    return ASCII.get(sign) or ascii(sign)[1:-1], error.start + 1


codecs.register_error("plain", _plain)
