"""What the steps make of a table is the same with Dask's workers as without."""

import logging
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("distributed")

from check_data import expectations, labels
from pipeline.config.checks import Checks, Column, Labels
from pipeline.config.segregate import Audit
from pipeline.drift import compare
from pipeline.engines.cluster import Cluster
from pipeline.engines.connection import opened
from pipeline.errors import InputError
from pipeline.splits.division import METHODS, Division
from pipeline.tables import table_files
from preprocess import clean
from segregate.split import split

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
ROWS = 40_000


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with opened(None, 2, tmp_path_factory.mktemp("dask"), logging.getLogger("dask")) as cluster:
        yield cluster


def made(seed: int = 0) -> pa.Table:
    """A table with equal rows, gaps, infinities, rare values, a constant column and dates."""
    random = np.random.default_rng(seed)
    number = random.normal(size=ROWS).round(1)
    number[::1000] = np.inf
    words = random.integers(0, 50, ROWS)
    table = pa.table({
        "n": pa.array(number, mask=random.random(ROWS) < 0.05),
        "w": pa.array([None if w == 7 else f"word {w * w // 40}" for w in words], pa.string()),
        "y": pa.array(random.choice(["a", "b", "c"], ROWS, p=[0.6, 0.3, 0.1])),
        "k": pa.array(random.integers(0, 3000, ROWS)),
        "t": pa.array(random.integers(0, 10**6, ROWS), pa.timestamp("s")),
        "one": pa.array([1] * ROWS),
    })  # fmt: skip
    return pa.concat_tables([table.slice(2000), table.slice(5000, 2000)])


TABLE = made()
DUPLICATES: dict[str, Any] = {"by": ["w", "y", "k"], "keep": "aggregate", "mean": ["k"]}
TEXT = {"name": "text", "columns": ["w", "y"]}


@pytest.mark.parametrize(
    "config",
    [
        {"text": TEXT, "drop_constant": True},
        {"map": {"y": {"a": "A"}}, "fill": {"w": "none"}, "drop_missing": ["n"]},
        {"rare": {"w": {"below": 1500, "name": "other"}}, "infinite": "clip"},
        {"rare": {"w": {"below": 900, "name": None}}, "infinite": "drop"},
        {"duplicates": DUPLICATES, "text": TEXT, "infinite": "missing"},
        {"drop_duplicates": False},
    ],
    ids=lambda config: ", ".join(config),
)
def test_cleaning(config: dict[str, Any], cluster: Cluster) -> None:
    ends = [0, 1, 9_000, 9_000, 31_000, ROWS]
    pieces = [TABLE.slice(a, b - a) for a, b in pairwise(ends)]
    results = []
    for each in (clean.here, cluster.each):
        schema, counts, rows = clean._clean(lambda: pieces, TABLE.schema, config, each)
        results.append((schema, list(counts.items()), pa.concat_tables(rows).combine_chunks()))
    assert results[0] == results[1]
    assert len(results[0][2]) != ROWS or config == {"drop_duplicates": False}


def test_what_cannot_be_cleaned(cluster: Cluster) -> None:
    config = {"map": {"y": {"a": 1}}}
    with pytest.raises(InputError, match="a value that is not mapped is none"):
        clean._clean(lambda: [TABLE], TABLE.schema, config, cluster.each)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("method", METHODS)
def test_dividing(method: str, suffix: str, cluster: Cluster, tmp_path: Path) -> None:
    takes = METHODS[method].options
    options = {"stratify": "y", "group_by": ["k"], "time_column": "t", "gap": 0.1}
    how = Division(0.3, 5, method=method, **{n: v for n, v in options.items() if n in takes})
    path = tmp_path / f"table.{suffix}"
    source = table_files.Source(path, table_files.write(TABLE.drop_columns(["one"]), path))
    found = []
    for name, each in (("here", clean.here), ("dask", cluster.each)):
        folder = tmp_path / name
        folder.mkdir()
        files = [folder / f"{part}.{suffix}" for part in ("train", "test")]
        audit = Audit(target="y", key=["k"], time="t", val_size=0.3)
        with (
            table_files.Writer(files[0], source.schema) as train,
            table_files.Writer(files[1], source.schema) as test,
        ):
            certificate = split(source, how, (train, test), folder, audit, each)
        found.append([certificate.as_json(), *(file.read_bytes() for file in files)])
    assert found[0] == found[1]


def test_checking(cluster: Cluster) -> None:
    other = made(1)
    checks = Checks(
        columns={
            "n": Column(type="number", min=-3, max=3),
            "y": Column(type="text", allowed=["a", "b"]),
            "gone": Column(type="text"),
        }
    )
    wanted = Labels(target="y", key=["k"])
    one, two = [
        (
            list(expectations.results(TABLE, checks, each)),
            compare.compare(TABLE, other, 0.05, checks, each),
            list(labels.counts(TABLE, other, wanted, each)),
        )
        for each in (clean.here, cluster.each)
    ]
    assert one == two
    assert {result.verdict for result in one[0]} == {"passed", "failed"}


@pytest.mark.parametrize("name", ["LogisticRegression", "SVC", "MLPClassifier"])
def test_what_a_model_says(name: str, cluster: Cluster, tmp_path: Path) -> None:
    """To the last bit: sums of BLAS depend on its threads."""
    from evaluate.table import TableReader
    from pipeline.config.model import Features, Model
    from pipeline.models import build
    from train_random_forest import train

    module = {"LogisticRegression": "linear_model", "SVC": "svm", "MLPClassifier": "neural_network"}
    about = {"_target_": f"sklearn.{module[name]}.{name}"}
    about |= {"probability": True} if name == "SVC" else {"max_iter": 20}
    table = TABLE.slice(0, 3000).drop_columns(["t", "one"]).to_pandas().replace(np.inf, np.nan)
    pipeline = build.build_pipeline(
        Features(numeric=["n", "k"], categorical=["w"]), Model(estimator=about), 1
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few iterations
        model = train.fit(pipeline, table, "y")
    path = tmp_path / "table.csv"
    clean_table = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    source = table_files.Source(path, table_files.write(clean_table, path))
    one, two = [
        TableReader(source, "y", each).said(model, len(table))[0]
        for each in (clean.here, cluster.each)
    ]
    assert one.tobytes() == two.tobytes()
