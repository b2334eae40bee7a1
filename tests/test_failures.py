"""Whatever happens is one line on the screen; a fault of ours is whole in the log."""

import errno
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import paths
from pipeline.errors import InputError
from pipeline.screen import failures, logs
from pipeline.text.escaping import escaped


class FarError(Exception):
    """What a library raises."""


FarError.__module__ = "sqlalchemy.exc"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("no such column; choose another"), "no such column; choose another"),
        (KeyboardInterrupt(), "stopped"),
        (SystemExit(143), "stopped with status 143"),
        (MemoryError(), "not enough memory; use a smaller table or a machine with more"),
        (
            OSError(errno.ENOSPC, "No space left", "/x"),
            "cannot use /x: No space left; free some space",
        ),
        (OSError(errno.EMFILE, "Too many open files"), "cannot use "),
        (FarError("malformed\n[SQL: SELECT 1]"), "MLflow: malformed; "),
        (FarError("The experiment 3 must be in the 'active' state"), "MLflow: The experiment 3 mu"),
    ],
)
def test_what_is_known(error: BaseException, line: str) -> None:
    said = failures.describe(error, "x")
    assert said.startswith(line)
    assert said.isprintable()


def test_a_fault_is_in_the_log_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "LOG_FILE", tmp_path / "log")
    error = ZeroDivisionError("of\n2026-01-01 FORGED")
    line = failures.describe(error, "evaluate")
    assert failures.describe(error, "evaluate") == line
    assert line.startswith("ZeroDivisionError: of 2026-01-01 FORGED; this is a fault")
    assert f"its traceback is in {tmp_path / 'log'}" in line
    text = (tmp_path / "log").read_text()
    assert text.count("CRITICAL evaluate: stopped") == 1
    assert "\n    ZeroDivisionError: of\n    2026-01-01 FORGED\n" in text


def test_the_screen_has_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logs.ScreenFormatter(logs.LINE))
    logger = logging.Logger("x")
    logger.addHandler(handler)
    try:
        raise ValueError("a\nb")
    except ValueError:
        logger.exception("it\nfailed")
    assert capsys.readouterr().out.endswith(" x: it\\nfailed\n")


PRINTS = "from pipeline.screen import terminal; terminal.steady(); "


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -c "$0" | head -1; exit ${{PIPESTATUS[0]}}', code],
        cwd=paths.ROOT, env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_pipe_that_is_closed_ends_the_output_alone() -> None:
    code = PRINTS + "[print(i, flush=True) for i in range(100000)]; open(2, 'w').write('went on')"
    done = python(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "went on")


def test_a_terminal_that_lacks_a_letter_shows_its_number() -> None:
    done = python(PRINTS + r"print('a \u2192 \u00e9')", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout, done.stderr) == (0, "a -> \\xe9\n", "")


def test_a_secret_that_is_printed_is_masked() -> None:
    done = python(PRINTS + "print('at https://u:dummy@host/?key=dummy')")
    assert done.stdout == "at https://***@host/?key=***\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("R&B", "R&B"), ("日本", "日本"), ("a\nb", r"a\nb"), ("\x1b[1m", r"\x1b[1m"),
     ("\u202eabc", r"\u202eabc"), ("a\u200bb", r"a\u200bb"), ("a\u3164", r"a\u3164"), ("", "")],
)  # fmt: skip
def test_what_is_not_seen_is_shown(text: str, shown: str) -> None:
    assert escaped(text) == shown
