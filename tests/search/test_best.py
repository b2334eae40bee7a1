"""The best trial as an experiment, and that nobody's file is lost for it."""

from pathlib import Path

import pytest
import yaml

from pipeline.errors import InputError
from pipeline.search import best

SAID = ["The best of 40 trials:", "  python main.py main.action=tune search=x"]
CHOICES = {"data/segregate": "group", "model": "extra_trees"}
VALUES = {"model.estimator.max_depth": None, "model.text.max_features": 20, "data.val_size": 0.2}


def test_it_is_an_experiment_with_what_was_found_on_top() -> None:
    text = best.text(SAID, CHOICES, VALUES)
    lines = text.splitlines()
    assert lines[0] == "# @package _global_"
    assert [f"# {line}" for line in SAID] == lines[2:4]
    assert yaml.safe_load(text) == {
        "defaults": [{"override /data/segregate": "group"}, {"override /model": "extra_trees"}],
        "model": {"estimator": {"max_depth": None}, "text": {"max_features": 20}},
        "data": {"val_size": 0.2},
    }


def test_a_search_replaces_what_a_search_wrote(tmp_path: Path) -> None:
    path = best.place(tmp_path, "x")
    best.write(path, best.text(SAID, CHOICES, VALUES))
    best.write(path, best.text(SAID, CHOICES, {}))
    assert "max_depth" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("edit", ["# mine\n", "", "gate: {margin: 0}\n"])
def test_a_file_of_somebody_is_kept(tmp_path: Path, edit: str) -> None:
    path = best.place(tmp_path, "x")
    path.parent.mkdir(parents=True)
    written = best.text(SAID, CHOICES, VALUES)
    found = edit + written if edit.startswith("#") else edit and written + edit
    path.write_text(found, encoding="utf-8")
    with pytest.raises(InputError, match=r"^conf/experiment/best_x.yaml is there and no search"):
        best.write(path, written)
    assert path.read_text(encoding="utf-8") == found
