"""The config's `engine`."""

from dataclasses import dataclass, field

from pipeline.errors import InputError


@dataclass(kw_only=True)
class Engine:
    """What works on the pieces of the steps' tables, without a difference: docs/engines.md."""

    name: str = field(default="local", metadata={"one_of": ["local", "dask"]})
    # Of Dask's scheduler, such as tcp://host:8786; null: each step makes workers of its own.
    address: str | None = None
    workers: int | None = field(default=None, metadata={"at_least": 1})  # of these; null: all cores


def check_engine(engine: Engine) -> None:
    """Raise InputError for what only Dask takes."""
    for key, value in (("address", engine.address), ("workers", engine.workers)):
        if value is not None and engine.name != "dask":
            raise InputError(
                f"engine.{key}={value} is for Dask; give engine=dask as well, or leave it out"
            )
