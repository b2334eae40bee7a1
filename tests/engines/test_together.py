"""Partitions that work at once: their sums, errors of one of them, workers that are lost."""

import logging
import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("xgboost", reason="needs uv sync --extra xgboost")

from pipeline.engines import together
from pipeline.engines.engine import Engine
from pipeline.engines.together import BrokenError, Chunk, Group
from pipeline.errors import InputError

NUMBER = 3
PIECES = [(n % NUMBER, pa.table({"n": [float(n), 2.0 * n]})) for n in range(1, 10)]
SUM = sum(3.0 * n for n in range(1, 10))


@dataclass(frozen=True)
class Sum:
    """Adds up a column of all partitions; one of them may fail on the way."""

    number: int = NUMBER
    fails: str = ""
    folder: Path | None = None

    def chunk(self, piece: pa.Table) -> Chunk:
        if self.fails == "chunk":
            raise InputError("column n: no numbers")
        if self.fails == "dies at a chunk" and piece["n"][0].as_py() == 8.0:
            self._die_once()
        return (np.asarray(piece["n"]),)

    def work(self, chunks: Sequence[Chunk], partition: int, group: Group) -> tuple[float, int]:
        from xgboost import collective
        from xgboost.core import XGBoostError

        try:
            with collective.CommunicatorContext(**group):
                if partition == 1 and self.fails == "work":
                    raise InputError("partition 1: no numbers")
                if partition == 1 and self.fails == "dies at work":
                    time.sleep(0.2)
                    self._die_once()
                own = np.array([sum(rows.sum() for (rows,) in chunks)])
                total = collective.allreduce(own, collective.Op.SUM)
                return float(total[0]), collective.get_rank()
        except XGBoostError as error:
            raise BrokenError(str(error)) from error

    def _die_once(self) -> None:
        assert self.folder
        if not (self.folder / "died").exists():
            (self.folder / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(params=["local", "dask"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "dask":
        pytest.importorskip("distributed")
    settings = {"name": request.param, "address": None, "workers": 2}
    made = Engine(settings, tmp_path, logging.getLogger("engines"))
    yield made
    made.close()


slow = pytest.mark.slow
asks_dask = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@slow
@asks_dask
def test_the_first_answers_with_the_sum_of_all(engine: Engine, tmp_path: Path) -> None:
    for _ in range(2):
        assert engine.together(Sum(), lambda: PIECES) == (SUM, 0)
    assert not list(tmp_path.rglob("*.npy"))


@slow
@asks_dask
@pytest.mark.parametrize(
    ("fails", "line"), [("chunk", "column n: no numbers"), ("work", "partition 1: no numbers")]
)
def test_the_error_of_one_is_not_hidden_by_those_of_the_others(
    engine: Engine, fails: str, line: str
) -> None:
    with pytest.raises(InputError, match=f"^{line}$"):
        engine.together(Sum(fails=fails), lambda: PIECES)
    assert engine.together(Sum(), lambda: PIECES) == (SUM, 0)


@slow
def test_one_that_waits_for_another_that_never_comes_is_freed() -> None:
    tracker = together.begun(together.HERE, 2)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(Sum().work, [], 0, tracker.worker_args())
        time.sleep(0.5)
        assert not waits.done()
        together.end(tracker)
        assert isinstance(waits.exception(10), BrokenError)


@slow
@asks_dask
@pytest.mark.parametrize("fails", ["dies at a chunk", "dies at work"])
@pytest.mark.parametrize("number", [2, 5])
def test_when_a_worker_is_lost_the_others_begin_again(
    tmp_path: Path, fails: str, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("distributed")
    settings = {"name": "dask", "address": None, "workers": 2}
    engine = Engine(settings, tmp_path, logging.getLogger("engines"))
    pieces = [(n % number, piece) for n, (_, piece) in enumerate(PIECES)]
    try:
        answer = engine.together(Sum(number, fails, tmp_path), lambda: pieces)
    finally:
        engine.close()
    assert answer == (SUM, 0)
    assert (tmp_path / "died").exists()
    assert "a worker was lost" in caplog.text


@slow
@asks_dask
def test_a_worker_that_is_lost_each_time(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    settings = {"name": "dask", "address": None, "workers": 1}
    engine = Engine(settings, tmp_path, logging.getLogger("engines"))
    with pytest.raises(InputError, match="lost in each of 6 attempts to fit the model"):
        engine.together(_Dies(), lambda: PIECES)
    engine.close()


@dataclass(frozen=True)
class _Dies(Sum):
    def work(self, chunks: Sequence[Chunk], partition: int, group: Group) -> tuple[float, int]:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


@slow
@asks_dask
def test_two_that_share_workers_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """Each has a partition on every worker; a worker does one thing at a time."""
    pytest.importorskip("distributed")
    from threading import Thread

    from pipeline.engines.cluster_together import on_workers
    from pipeline.engines.connection import opened

    answers: list[tuple[float, int]] = []
    with opened(None, 2, tmp_path, logging.getLogger("engines")) as cluster:

        def ask() -> None:
            answers.append(on_workers(cluster, Sum(2), lambda: [(n % 2, p) for n, p in PIECES]))

        threads = [Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert answers == [(SUM, 0)] * 6
