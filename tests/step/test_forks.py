"""Forks: results in order, errors raised here, and none outlives what asked for it."""

import os
import signal
import sys
import time
from contextlib import closing
from multiprocessing import active_children
from pathlib import Path

import pytest

from pipeline import processes
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.step import forks

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="one worker elsewhere"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]


def test_results_come_in_order() -> None:
    answers = list(forks.in_order(lambda n: (n, os.getpid()), 5, 2))
    assert [number for number, _ in answers] == list(range(5))
    assert len({process for _, process in answers} - {os.getpid()}) == 5


def test_an_error_is_raised_here() -> None:
    def work(number: int) -> int:
        raise InputError("no such column")

    with pytest.raises(InputError, match=r"^no such column$"):
        list(forks.in_order(work, 2, 2))


def test_one_that_is_killed_is_said() -> None:
    def work(number: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(InputError, match=r"was killed \(-9\).*main\.workers=1"):
        list(forks.in_order(work, 3, 2))


def test_those_not_asked_for_any_more_end() -> None:
    def work(number: int) -> int:
        time.sleep(60 * number)
        return os.getpid()

    with closing(forks.in_order(work, 3, 2)) as answers:
        assert next(answers)
    assert active_children() == []


def test_they_end_with_what_started_them(tmp_path: Path) -> None:
    def work(number: int) -> None:
        write_text(tmp_path / str(number), processes.identity())
        time.sleep(60)

    starter = os.fork()
    if starter == 0:
        list(forks.in_order(work, 2, 2))
    while len(found := sorted(tmp_path.glob("[01]"))) < 2:
        time.sleep(0.01)
    os.kill(starter, signal.SIGKILL)
    os.waitpid(starter, 0)
    while any(processes.lives(path.read_text()) for path in found):
        time.sleep(0.01)
