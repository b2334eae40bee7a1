"""The log file on a disk that takes nothing more."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FULL = Path("/dev/full")  # Linux's own disk that is always full
PROGRAM = """
import logging, sys
from pipeline.screen.log_file import LogFile
logging.basicConfig(level=logging.INFO, handlers=[LogFile(sys.argv[1], delay=True)])
logging.info("one")
logging.info(*eval(sys.argv[2]))
"""


def said(file: Path, words: str) -> str:
    command = [sys.executable, "-c", PROGRAM, str(file), words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr


@pytest.mark.skipif(not FULL.exists(), reason="writes to /dev/full")
def test_a_full_disk_is_said_once_in_one_line() -> None:
    assert said(FULL, "['two']") == (
        "cannot write /dev/full: No space left on device; free some space there, or give another "
        "folder (folder /dev); what follows is not in the log\n"
    )


def test_a_file_that_cannot_be_opened_is_said_once_in_one_line(tmp_path: Path) -> None:
    assert said(tmp_path / "no folder" / "log", "['two']").count("\n") == 1


def test_what_is_no_disk_stays_a_bug(tmp_path: Path) -> None:
    assert "--- Logging error ---" in said(tmp_path / "log", "['%d rows', 'x']")
