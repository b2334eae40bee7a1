"""The log file of all steps, on a disk that may be full."""

import logging
import sys
from pathlib import Path

from pipeline.files import unusable


class LogFile(logging.FileHandler):
    """A log file that says once, in one line, that its disk takes nothing more."""

    said = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; the file is opened with the first one, which may fail, too."""
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say why a line is not in the file."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not self.said:
            self.said = True
            line = unusable(error, Path(self.baseFilename), "write")
            print(f"{line}; what follows is not in the log", file=sys.stderr)
