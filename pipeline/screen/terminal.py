"""Output that bears any text and a reader that goes away, and that shows no secret."""

import io
import os
import sys

from pipeline.text.masking import masked_text


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

    What the terminal's encoding lacks is shown escaped; a pipe that is closed (``| head -1``) ends
    the output and not the work.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is getattr(sys, f"__{name}__") and type(stream) is io.TextIOWrapper:
            lines, encoding = stream.line_buffering, stream.encoding  # detached, it has neither
            steadied = _Steady(stream.detach(), encoding, "backslashreplace", line_buffering=lines)
            setattr(sys, name, steadied)
