"""One run at a time does the work of a key: in a folder, and in an object store."""

import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.cache import claims
from pipeline.cache.decision import Decision
from pipeline.cache.history import Execution
from pipeline.cache.step_key import StepKey
from pipeline.errors import InputError
from pipeline.store.objects import Objects
from pipeline.tracking.record import Record

KEYS = ("a" * 64, "b" * 64)
ROOT = Path(__file__).resolve().parents[2]
HOLDER = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from pipeline.cache import claims
from pipeline.store.objects import Objects
with claims.held(Objects(sys.argv[1]), sys.argv[2], lambda: print("waits", flush=True)):
    print("has it", flush=True)
    sys.stdin.readline()
"""


def nothing() -> None: ...


def holder(folder: Path, key: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", HOLDER, str(folder), key]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_others_wait_until_it_is_free(tmp_path: Path) -> None:
    with claims.held(Objects(tmp_path / "store"), KEYS[0], nothing):
        with holder(tmp_path / "store", KEYS[1]) as other:  # another key: at once
            assert line(other) == "has it"
            other.communicate("\n")
        second = holder(tmp_path / "store", KEYS[0])
        assert line(second) == "waits"
        time.sleep(3 * claims.LOOK)
        assert second.poll() is None
    assert line(second) == "has it"
    second.communicate("\n")


def test_a_dead_run_holds_nothing(tmp_path: Path) -> None:
    with holder(tmp_path, KEYS[0]) as first:
        assert line(first) == "has it"
        first.kill()
    with claims.held(Objects(tmp_path), KEYS[0], lambda: pytest.fail("waits")):
        pass


def test_a_store_that_cannot_be_written_to_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with (
        pytest.raises(InputError, match=r"cannot write .*claims"),
        claims.held(Objects(tmp_path / "file"), KEYS[0], nothing),
    ):
        pass


def test_another_run_has_ended_the_work_between_decision_and_claim(tmp_path: Path) -> None:
    runs = Decision("step", {}, {}, "run: first time", StepKey({}))
    served = replace(runs, reason="hit", hit=Execution(StepKey({}), Record("step", {}, ""), 0, ""))
    decisions = iter([runs, served])
    with claims.decided(lambda: next(decisions), str(tmp_path), False, print) as decision:
        assert decision == served


def test_one_run_at_a_time_decides_about_a_champion(tmp_path: Path) -> None:
    champion, said = "model:champion", list[str]()
    key = hashlib.sha256(champion.encode()).hexdigest()
    works = Decision("step", {}, {}, "run: forced")
    decisions = iter([works, replace(works, reason="run: the champion is another one now")])
    with holder(tmp_path, key) as other:
        assert line(other) == "has it"

        def tell(why: str) -> None:
            said.append(why)
            assert other.stdin
            other.stdin.write("\n")
            other.stdin.flush()

        ask = claims.decided(lambda: next(decisions), str(tmp_path), True, tell, champion)
        with ask as decision:  # forced: it waits all the same
            assert decision.reason == "run: the champion is another one now"
            with holder(tmp_path, key) as third:
                assert line(third) == "waits"
                third.kill()
    assert said == ["another run decides about model:champion"]


@pytest.fixture
def leases(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Objects]:
    monkeypatch.setattr(claims, "RENEWAL", 0.2)
    monkeypatch.setattr(claims, "EXPIRY", 3.0)
    return lambda: Objects("s3://bucket/store")


@pytest.mark.slow
def test_leases_of_an_object_store(leases: Callable[[], Objects]) -> None:
    said: list[str] = []

    def second() -> None:
        with claims.held(leases(), KEYS[0], lambda: said.append("waits")):
            said.append("has it")

    thread = threading.Thread(target=second)
    with claims.held(leases(), KEYS[0], nothing):
        with claims.held(leases(), KEYS[1], nothing):
            pass
        thread.start()
        time.sleep(1.5 * claims.EXPIRY)  # it is renewed all the while
        assert said == ["waits"]
    thread.join(timeout=30)
    assert said == ["waits", "has it"]
    assert leases().keys(claims.FOLDER) == []


@pytest.mark.slow
def test_a_lease_that_nobody_renews_is_free_after_a_while(leases: Callable[[], Objects]) -> None:
    leases().create(f"{claims.FOLDER}/{KEYS[0]}/0", b"7")  # of a run that was killed
    begin = time.monotonic()
    with claims.held(leases(), KEYS[0], nothing):
        assert time.monotonic() - begin >= claims.EXPIRY
    assert leases().keys(claims.FOLDER) == []
