"""Tables of many columns, classes, groups, and of large cells: what twice as many cost.

    python benchmarks/odd_tables.py [--columns 5000] [--classes 300] [--groups 1000000] [--cells 10]

Everything runs in this process, as the steps do it without recording. Shown are the seconds at half
the size and at the whole, and their ratio: 2 is linear, 4 is the square. It takes minutes.
"""

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from segregate.audit import Audit

Works = Iterator[tuple[str, Callable[[], object]]]  # what is done, one after the other
ROWS = 300


def columns(size: int, folder: Path) -> Works:
    """Take a table of so many columns, half numbers and half texts, through the steps."""
    from check_data import expectations
    from pipeline.commands import column_roles
    from pipeline.config.checks import Checks, Column
    from pipeline.config.model import Features
    from pipeline.config.segregate import Audit as Wanted
    from pipeline.drift import compare as drift
    from pipeline.tables import table_files
    from preprocess.clean import clean
    from segregate.audit import Audit

    random = np.random.default_rng(0)
    numbers = {f"n{i}": random.random(ROWS) for i in range(size // 2)}
    texts = {f"t{i}": np.array(["a", "b", "c"])[random.integers(0, 3, ROWS)]
             for i in range(size - size // 2)}  # fmt: skip
    table = pa.table(numbers | texts | {"y": np.array(["u", "v"])[np.arange(ROWS) % 2]})
    metadata = table_files.write(table, folder / "raw.parquet")

    def preprocess() -> None:
        source = table_files.Source(folder / "raw.parquet", metadata)
        schema, _, rows = clean(source, {"drop_constant": True})
        with table_files.Writer(folder / "clean.csv", schema) as writer:
            for piece in rows:
                writer.write(piece)

    kinds = {"n": "number", "t": "text", "y": "text"}
    checks = Checks(columns={n: Column(type=kinds[n[0]]) for n in table.column_names})
    audit = Audit(table.schema, (200, 100), Wanted(target="y"), folder)
    settings = {"file_url": "t", "sha256": None, "description": ""}
    yield "preprocess", preprocess
    yield "check_data: schema", lambda: list(expectations.results(table, checks))
    yield "check_data: drift", lambda: drift.compare(table, table.slice(0, 150), 0.05, checks)
    yield "infer_checks", lambda: column_roles.config(table, settings, "y", None)
    yield "segregate: train rows", lambda: _look_at(audit, 0, table.slice(0, 200))
    yield "segregate: test rows", lambda: _look_at(audit, 1, table.slice(200))
    yield "segregate: leaks", lambda: list(audit.leaks())
    yield from _modelled(table, Features(list(numbers), list(texts)), folder)


def _look_at(audit: "Audit", part: int, block: pa.Table) -> None:
    """Look at rows of a part as segregate does."""
    from segregate.look import look

    audit.add(part, look(block, audit.asked(part, len(block)), audit.columns))


def classes(size: int, folder: Path) -> Works:
    """Train and judge with so many classes."""
    from pipeline.config.model import Features

    numbers = np.random.default_rng(0).random((3000, 10))
    table = pa.table({f"n{i}": numbers[:, i] for i in range(10)}
                     | {"y": [f"class {n % size}" for n in range(3000)]})  # fmt: skip
    yield from _modelled(table, Features([f"n{i}" for i in range(10)]), folder)


def _modelled(table: pa.Table, features: object, folder: Path) -> Works:
    from evaluate import evaluate, intervals
    from pipeline.config.evaluate import Judging
    from pipeline.config.model import Model
    from pipeline.judging import importances, metrics
    from pipeline.judging.bootstrap import Bootstrap
    from pipeline.judging.predictions import Predictions, class_codes
    from pipeline.models import build, export
    from train_random_forest import train

    forest = {"_target_": "sklearn.ensemble.RandomForestClassifier", "n_estimators": 20}
    frame = table.to_pandas()
    training, test = frame.iloc[: len(frame) * 2 // 3], frame.iloc[len(frame) * 2 // 3 :]
    unfitted = build.build_pipeline(features, Model(estimator=forest), 1)  # type: ignore[arg-type]
    fitted = train.fit(unfitted, training, "y")
    codes = class_codes(test["y"].to_numpy(), fitted.classes_)
    found = Predictions(codes, export.predict(fitted, test)[0], fitted.classes_)
    draws = evaluate.draws(
        Judging(resamples=100, slice_resamples=2, small_slice=1, permutation_rows=500,
                permutation_repeats=2), 1)  # fmt: skip
    yield "train: fit", lambda: train.fit(unfitted, training, "y")
    yield "train: export", lambda: export.export(fitted, folder / "model", training, "y")
    yield "evaluate: predict", lambda: export.predict(fitted, test)
    yield "evaluate: figures", lambda: metrics.classification_metrics(found)
    yield "evaluate: intervals", lambda: intervals.estimates(found, Bootstrap(100, 1))
    sample = test.iloc[draws.all_rows(codes)]
    yield "evaluate: importances", lambda: importances.of_columns(fitted, sample, found, draws)


def groups(size: int, _: Path) -> Works:
    """Divide rows of so many groups, some of two classes."""
    from pipeline.splits import division

    random = np.random.default_rng(0)
    table = pa.table(
        {"g": random.integers(0, size, 2 * size), "y": random.integers(0, 3, 2 * size)}
    )
    how = division.Division(size=0.3, size_name="test_size", seed=1, stratify="y", method="group",
                            group_by=["g"])  # fmt: skip
    yield "segregate: groups", lambda: division.divide(table, how)


def cells(size: int, folder: Path) -> Works:
    """Write, clean and check texts of so many MB."""
    from check_data import expectations
    from pipeline.config.checks import Checks, Column
    from pipeline.report import profile
    from pipeline.tables import table_files
    from preprocess.clean import preprocess

    table = pa.table(
        {"t": [letter * size * 10**6 for letter in "abcdeabcde"], "y": [*"uvuvuvuvuv"]}
    )
    checks = Checks(columns={"t": Column(type="text", allowed=["x"]), "y": Column(type="text")})
    path = folder / "t.parquet"
    yield "write and read", lambda: table_files.read(path, table_files.write(table, path))
    yield "preprocess", lambda: preprocess(table, {"drop_constant": True})
    yield "check_data: schema", lambda: list(expectations.results(table, checks))
    yield "report: profile", lambda: profile.profile(table, "t:v0")


KINDS = {"columns": (columns, 5000), "classes": (classes, 300), "groups": (groups, 1_000_000),
         "cells": (cells, 10)}  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    """Return how long the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Show a table for each kind."""
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for kind, (_, most) in KINDS.items():
        parser.add_argument(f"--{kind}", type=int, default=most, help=f"{most:,}; 0: none")
    given = vars(parser.parse_args())
    for kind, (works, _) in KINDS.items():
        if not (size := given[kind]):
            continue
        print(f"\n{kind}: {size // 2:,} and {size:,}")
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            pairs = zip(works(size // 2, Path(one)), works(size, Path(two)), strict=True)
            for (name, less), (_, more) in pairs:
                half, whole = seconds(less), seconds(more)
                print(f"  {name:24}{half:8.2f} s {whole:8.2f} s  x {whole / half:.1f}", flush=True)


if __name__ == "__main__":
    main()
