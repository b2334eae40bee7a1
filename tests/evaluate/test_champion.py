"""The champion, read: which one, what it says, which rows it was trained on."""

import logging
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from evaluate import champion
from evaluate.champion import Candidate
from evaluate.table import TableReader
from pipeline.config.model import Features
from pipeline.errors import InputError
from pipeline.models import export
from pipeline.tables import table_files

TEST = pa.table({"kind": ["a", "b", "a", "b"], "x": [1.0, 2.0, 3.0, 4.0]})
TRAINED = {"train.csv": pa.table({"x": [2.0, 9.0], "kind": ["b", "a"], "extra": [0, 0]}),
           "more.csv": pa.table({"kind": ["b", "a"], "x": [4.0, 1.5]})}  # fmt: skip


def version(digest, inputs=(), name="model"):
    made_from = [{"name": n, "digest": d} for n, d in inputs]
    return SimpleNamespace(name=name, digest=digest, inputs=made_from, reference=f"{name}:v1")


class Run:
    """What the reading asks of a step's run."""

    def __init__(self, folder, known, kept=TRAINED):
        self.logger, self.inputs = logging.getLogger("evaluate"), []
        self._folder, self._known, self._kept = folder, known, kept

    def exists(self, reference):
        return self._known is not None

    def version(self, reference):
        return self._known

    def use_artifact(self, reference):
        self.inputs.append(reference)
        return self._known, self._folder

    def table_of(self, artifact):
        table = self._kept.get(artifact["name"])
        return table and source(table, self._folder / artifact["name"])


def source(table, path):
    return table_files.Source(path, table_files.write(table, path))


@pytest.fixture
def reading(tmp_path, monkeypatch):
    """Read a champion whose classes are in another order; it says b the surer, the larger x."""

    def read(
        known, candidate, classes=("b", "a"), reference="model:champion", target="kind", **run
    ):
        monkeypatch.setattr(export, "target_of", lambda _: target)
        model = SimpleNamespace(classes_=np.array(classes))
        monkeypatch.setattr(export, "load", lambda *_: model)
        monkeypatch.setattr("evaluate.table.features.features_of", lambda _: Features(["x"]))
        share = lambda frame: frame["x"].to_numpy() / 10  # noqa: E731
        answer = lambda _, frame: (np.column_stack([share(frame), 1 - share(frame)]), None)  # noqa: E731
        monkeypatch.setattr(export, "predict", answer)
        step = Run(tmp_path, known, **run)
        table = TableReader(source(TEST, tmp_path / "test.csv"), "kind")
        asked = Candidate(candidate, ["a", "b"], 4)
        return champion.read(step, reference, asked, table, []), step

    return read


def test_no_champion_or_the_candidate_itself_is_none(reading):
    assert reading(version("1"), version("2"), reference=None)[0] is None
    assert reading(None, version("2"))[0] is None
    found, run = reading(version("2"), version("2"))
    assert (found, run.inputs) == (None, [])


def test_its_probabilities_are_in_the_candidate_s_order_and_it_is_an_input(reading):
    found, run = reading(version("1"), version("2"))
    assert found.reference == "model:v1"
    np.testing.assert_allclose(found.said[:, 1], [0.1, 0.2, 0.3, 0.4])
    assert run.inputs == ["model:v1"]


def test_rows_that_it_was_trained_on_are_known_by_their_values(reading):
    inputs = [("train.csv", "t1"), ("more.csv", "t2")]
    found, _ = reading(version("1", inputs), version("2"))
    assert found.unseen.tolist() == [True, False, True, False]
    found, _ = reading(version("1", inputs), version("2", inputs))
    assert found.unseen.all(), "trained on the same rows: the split keeps test rows apart"


def test_training_rows_that_are_not_kept_are_a_warning(reading, caplog):
    found, _ = reading(version("1", [("train.csv", "t1")]), version("2"), kept={})
    assert found.unseen.all()
    assert "train.csv, which model:v1 was trained on, is not kept" in caplog.text


def test_one_that_cannot_answer_says_why(reading, monkeypatch):
    found, _ = reading(version("1"), version("2"), classes=("b", "c"))
    assert found.reason == "knows other classes: not compared"
    found, _ = reading(version("1"), version("2"), target="genre")
    assert found.reason == "predicts 'genre', not 'kind': not compared"
    known = version("1")

    def refuse(*_):
        raise InputError("the table lacks feature columns 'y'")

    monkeypatch.setattr(TableReader, "said", refuse)
    found, _ = reading(known, version("2"))
    assert found.reason == "cannot judge these rows: the table lacks feature columns 'y'"
