"""A feature that the raw table lacks is said where the model is trained."""

from argparse import Namespace
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.config.model import Features
from pipeline.config.preprocess import Date, RowValues, Text
from pipeline.step import lineage
from pipeline.step.run import StepRun
from pipeline.store.artifacts import Store
from pipeline.store.drafts import Provenance
from pipeline.store.versions import InputOf
from pipeline.tables import table_files
from pipeline.tracking.record import Record

TEXT = Text("words", ["title"])


def features(*numeric: str) -> Features:
    return Features(list(numeric), [], "words")


@pytest.fixture
def run(tmp_path: Path) -> StepRun:
    """A step that has read a table that has one column more than the raw one, made by a step."""
    store = Store(tmp_path / "store")
    tables = {"raw": ["size", "title"], "made": ["size", "title", "words", "area"]}
    inputs: tuple[InputOf, ...] = ()
    for name, columns in tables.items():
        path = tmp_path / f"{name}.csv"
        metadata = table_files.write(pa.table({column: ["1"] for column in columns}), path)
        about = Provenance(inputs=inputs)
        version = store.put(f"{name}.csv", path, "table", metadata=metadata, provenance=about)
        inputs = ({"name": version.name, "version": version.version, "digest": version.digest},)
    facts = Record("train", vars(Namespace()), "2026-01-01T00:00:00")
    made = StepRun(facts, tmp_path / "record", tmp_path, store)
    made.use_artifact("made.csv:latest")
    return made


@pytest.mark.parametrize(
    ("wanted", "text", "lacking"),
    [
        (features("size"), TEXT, None),  # the exported model makes `words` itself
        (features("size", "area"), TEXT, "'area'"),
        (features("size", "area"), None, "'area', 'words'"),
        (features("size"), Text("words", ["area"]), "'words'"),
        (features("size", "day_month", "day_year"), TEXT, "'day_year'"),
    ],
)
def test_it_is_said(
    run: StepRun, caplog: pytest.LogCaptureFixture, wanted: dict[str, object],
    text: Text | None, lacking: str | None,
) -> None:  # fmt: skip
    made = RowValues(text=text, dates={"day": Date(parts=["month"])})
    lineage.warn_of_made_features(run, wanted, made)
    said = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    if lacking is None:
        assert said == []
    else:
        (line,) = said
        assert line.startswith(f"raw.csv:v0 lacks the features {lacking}: a step makes them")
