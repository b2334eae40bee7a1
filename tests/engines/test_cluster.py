"""Dask's workers: their answers, those that are lost, clusters that cannot be used."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("distributed")

from pipeline.engines import worker
from pipeline.engines.cluster import Cluster
from pipeline.engines.connection import opened
from pipeline.errors import InputError
from tests.processes import ROOT, clean_environment
from tests.workers import of_project

pytestmark = [
    pytest.mark.slow,
    # Dask leaves a socket open when the usual port of its dashboard is taken.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
LOG = logging.getLogger("engines")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with opened(None, 2, tmp_path_factory.mktemp("dask"), LOG) as cluster:
        yield cluster


def doubled(number: int, by: int = 2) -> int:
    time.sleep(0.01 * (number % 3))
    return number * by


def own_process(_: object) -> int:
    return os.getpid()


def dies_once(number: int, folder: Path) -> int:
    """End the worker when the third item comes for the first time."""
    if number == 3 and not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def dies(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refused(number: int) -> int:
    raise InputError(f"column {number}: no numbers")


def threads_of_blas(_: object) -> int:
    return worker.blas_threads()


def rows_and_bytes(table: pa.Table) -> tuple[int, int]:
    return len(table), sum(chunk.buffers()[1].size for chunk in table[0].chunks)


def test_answers_are_in_the_order_of_their_items(cluster: Cluster) -> None:
    assert list(cluster.each(doubled, range(40))) == list(range(0, 80, 2))
    assert list(cluster.each(doubled, range(5), 3)) == [0, 3, 6, 9, 12]
    assert os.getpid() not in set(cluster.each(own_process, range(8)))


def test_sums_are_added_in_the_same_order(cluster: Cluster) -> None:
    """BLAS divides them among its threads, of which a worker has one unless it is told."""
    assert list(cluster.each(threads_of_blas, [None])) == [worker.blas_threads()]


def test_items_are_made_as_they_are_needed(cluster: Cluster) -> None:
    made = 0

    def items() -> Iterator[int]:
        nonlocal made
        while True:
            yield made
            made += 1

    answers = cluster.each(doubled, items())
    assert next(answers) == 0
    assert made < 10
    answers.close()


def test_of_a_piece_of_a_table_only_its_rows_travel(cluster: Cluster) -> None:
    table = pa.table({"n": np.arange(1_000_000.0)})
    ((rows, size),) = cluster.each(rows_and_bytes, [table.slice(500_000, 10)])
    assert rows == 10
    assert size < 1000


def test_an_error_of_a_worker_is_the_line_that_it_is_here(cluster: Cluster) -> None:
    with pytest.raises(InputError, match=r"^column 7: no numbers$"):
        list(cluster.each(refused, [7]))


def test_what_a_lost_worker_had_is_done_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"), opened(None, 2, tmp_path, LOG) as cluster:
        assert list(cluster.each(dies_once, range(20), tmp_path)) == list(range(20))
        assert (tmp_path / "died").exists()
    assert "a worker was lost" in caplog.text
    assert "dashboard: http://" in caplog.text


def test_a_piece_that_ends_every_worker(tmp_path: Path) -> None:
    lost = r"has ended more than 5 workers, most likely for want of memory"
    with opened(None, 1, tmp_path, LOG) as cluster, pytest.raises(InputError, match=lost):
        list(cluster.each(dies, [None]))


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A scheduler as a user starts one, its address."""
    file = tmp_path / "scheduler.json"
    words = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)]
    with subprocess.Popen(
        [sys.executable, "-m", "dask", *words, "--no-dashboard"], cwd=tmp_path,
        env=clean_environment(), stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        try:
            while not file.exists() or not file.read_text("utf-8").strip().endswith("}"):
                time.sleep(0.1)
            yield json.loads(file.read_text("utf-8"))["address"], process
        finally:
            process.terminate()


def workers(address: str, folder: Path, stack: ExitStack) -> subprocess.Popen[bytes]:
    """Start a worker as a user does, in a checkout."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", "worker", address, "--nthreads", "2", "--no-dashboard"],
        cwd=folder, env=clean_environment() | {"PYTHONPATH": str(folder)},
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process


def test_workers_of_the_users_own(
    scheduler: tuple[str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    address, process = scheduler
    with ExitStack() as stack:
        workers(address, ROOT, stack)
        with opened(address, None, tmp_path, LOG) as cluster:
            assert list(cluster.each(str.upper, ["a", "b"])) == ["A", "B"]
            answers = cluster.each(doubled, iter(range(10_000)))
            next(answers)
            process.kill()
            with pytest.raises(
                InputError, match=f"engine.address={address}: the scheduler is away"
            ):
                list(answers)


def test_workers_with_other_code(
    scheduler: tuple[str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    address, other = scheduler[0], tmp_path / "other"
    shutil.copytree(ROOT / "pipeline", other / "pipeline")
    with ExitStack() as stack:
        workers(address, other, stack)
        with pytest.raises(InputError, match="differs from this process in this project's code"):
            stack.enter_context(opened(address, None, tmp_path, LOG))


def test_workers_without_this_project(
    scheduler: tuple[str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with ExitStack() as stack:
        workers(scheduler[0], empty, stack)
        with pytest.raises(InputError, match="a worker finds no module 'pipeline'; start workers"):
            stack.enter_context(opened(scheduler[0], None, tmp_path, LOG))


def test_a_scheduler_without_workers(
    scheduler: tuple[str, subprocess.Popen[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.engines.cluster.EMPTY", 1.0)
    with ExitStack() as stack, pytest.raises(InputError, match="no worker came in 1 s; start some"):
        stack.enter_context(opened(scheduler[0], None, tmp_path, LOG))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere", "ftp://127.0.0.1:1"])
def test_no_scheduler(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.engines.connection.CONNECT", 2.0)
    where = f"engine.address={address}: no scheduler answers there"
    with ExitStack() as stack, pytest.raises(InputError, match=where):
        stack.enter_context(opened(address, None, tmp_path, LOG))


def test_what_a_worker_must_share() -> None:
    ours = worker.own_facts()
    assert worker.answer(ours, 1, doubled, 3) == 6
    other = ours | {"numpy": "1.0"}
    with pytest.raises(InputError, match=r"numpy \(.*, here 1\.0\); start workers"):
        worker.answer(other, 1, doubled, 3)
    assert worker.answer(ours | {"an extra": "1.0"}, 1, doubled, 3) == 6


def forest(rows: int) -> Any:
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier

    x, y = make_classification(rows, 20, n_informative=8, n_classes=3, random_state=1)
    return RandomForestClassifier(24, n_jobs=-1, random_state=3), x.astype(np.float32), y


def nodes(fitted: Any) -> list[bytes]:
    return [tree.tree_.__getstate__()["nodes"].tobytes() for tree in fitted.estimators_]


def test_trees_are_the_same_when_a_worker_is_lost_at_any_moment(tmp_path: Path) -> None:
    estimator, x, y = forest(20_000)
    alone = nodes(estimator.fit(x, y))
    with opened(None, 2, tmp_path, LOG) as cluster:
        for delay in (0.0, 0.05, 0.3, 1.0):
            first = next(cluster.each(own_process, [None]))
            timer = threading.Timer(delay, os.kill, (first, signal.SIGKILL))
            timer.start()
            with cluster.joblib():
                assert nodes(estimator.fit(x, y)) == alone
            timer.join()


def test_a_task_that_fails(cluster: Cluster) -> None:
    with cluster.joblib(), pytest.raises(InputError, match="column 7: no numbers"):
        joblib.Parallel(n_jobs=2)(joblib.delayed(refused)(number) for number in (7, 7, 7))
    with cluster.joblib():
        assert joblib.Parallel(n_jobs=2)(joblib.delayed(doubled)(n) for n in (1, 2)) == [2, 4]
        assert (
            joblib.Parallel()(joblib.delayed(own_process)(n) for n in (1, 2)) == [os.getpid()] * 2
        )


def test_workers_end_with_the_step_that_made_them(tmp_path: Path) -> None:
    program = (
        "import sys, time, logging; from pathlib import Path\n"
        "from pipeline.engines.connection import opened\n"
        "with opened(None, 2, Path(sys.argv[1]), logging.getLogger()) as cluster:\n"
        "    print('there', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True,
        cwd=tmp_path, env=clean_environment() | {"PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == "there\n"
        assert len(of_project(tmp_path)[process.pid]) == 2
        process.kill()
    end = time.monotonic() + 20
    while of_project(tmp_path) and time.monotonic() < end:
        time.sleep(0.1)
    assert of_project(tmp_path) == {}
