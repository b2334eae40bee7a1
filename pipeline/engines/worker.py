"""What a Dask worker is asked to do."""

import functools
import hashlib
import platform
from collections.abc import Callable
from contextlib import suppress
from copyreg import pickle
from importlib import metadata
from io import BytesIO
from pickle import Unpickler
from typing import Any, TypeVar

import pyarrow as pa
from threadpoolctl import threadpool_info, threadpool_limits

from pipeline import paths
from pipeline.errors import InputError

R = TypeVar("R")
# By whose versions answers may differ; the last three are extras.
PACKAGES = ("numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "xgboost-cpu", "lightgbm",
            "catboost")  # fmt: skip


def answer(
    facts: dict[str, str] | None, threads: int, function: Callable[..., R], *given: Any
) -> R:
    """Call a function, where this process is like the one that asks.

    Args:
        facts: of that one; None: this process was made by it.
        threads: of BLAS there, by which sums differ in the last bit.
        function: to be called.
        given: with these.

    Raises:
        InputError: this process has other code or packages.
    """
    if facts is not None and (faults := differences(facts, own_facts())):
        raise InputError(
            f"engine.address: a worker differs from this process in {'; '.join(faults)}; start "
            "workers in a checkout of the same commit, with the environment of uv.lock"
        )
    with threadpool_limits(threads, user_api="blas"):
        return function(*given)


def task(facts: dict[str, str] | None, threads: int, content: bytes, *parts: Any) -> Any:
    """Do a task of joblib, whose parts were sent by themselves; see answer."""

    class Apart(Unpickler):
        def persistent_load(self, number: int) -> Any:
            return parts[number]

    return answer(facts, threads, Apart(BytesIO(content)).load())


def blas_threads() -> int:
    """Return how many threads BLAS has in this process."""
    import scipy.linalg  # noqa: F401  # has a BLAS of its own, which counts when it is there

    found = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    return max(found, default=1)


def differences(ours: dict[str, str], theirs: dict[str, str]) -> list[str]:
    """Say in which facts a worker differs; what only one of the two has is none."""
    return [f"{name} ({theirs[name]}, here {fact})" for name, fact in ours.items()
            if theirs.get(name, fact) != fact]  # fmt: skip


@functools.cache
def own_facts() -> dict[str, str]:
    """Return what this process must share with others for equal answers, in words by name."""
    digest = hashlib.sha256()
    for path in sorted([*paths.ROOT.glob("pipeline/**/*.py"), *paths.ROOT.glob("*/*.py")]):
        digest.update(path.relative_to(paths.ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    facts = {"this project's code": digest.hexdigest()[:12], "Python": platform.python_version()}
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            facts[name] = metadata.version(name)
    return facts


def _packed(table: pa.Table) -> tuple[Callable[[pa.Buffer], pa.Table], tuple[pa.Buffer]]:
    """Return how a table is sent: Arrow itself would send all rows of which it is a part."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return _opened, (sink.getvalue(),)


def _opened(buffer: pa.Buffer) -> pa.Table:
    return pa.ipc.open_stream(buffer).read_all()


pickle(pa.Table, _packed)
