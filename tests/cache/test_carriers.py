"""What only carries what a step makes does not count; what a config names does."""

from pathlib import Path

import pytest

from pipeline.cache import code_digests, step_key
from pipeline.store.digests import Digests

FILES = {
    "step/run.py": "from pipeline.step import performance, run\nfrom step import work\n",
    "step/work.py": "logger = ...\ndef f(run):\n    run.logger.info('%s rows', 3)\n",
    "step/MLproject": "name: step\nentry_points:\n  main:\n    command: python run.py\n",
    "pipeline/__init__.py": "",
    "pipeline/errors.py": "TEXT = 'no'\n",
    "pipeline/context.py": "import os\n",
    "pipeline/step/__init__.py": "",
    "pipeline/step/run.py": "from pipeline.store import store\nfrom pipeline.tables import files\n",
    "pipeline/step/performance.py": "from pipeline.step import run\n",
    "pipeline/store/__init__.py": "",
    "pipeline/store/store.py": "import obstore\nfrom pipeline import errors, context\n",
    "pipeline/tracking/recorder.py": "import wandb\n",
    "pipeline/tables/__init__.py": "",
    "pipeline/tables/files.py": "import pyarrow\nfrom pipeline import errors\n",
    "own_models/__init__.py": "",
    "own_models/voting.py": "import numpy\nfrom own_models import helper\nclass Voting: ...\n",
    "own_models/helper.py": "X = 1\n",
}
MODEL = {"model": {"estimator": {"_target_": "own_models.voting.Voting", "steps": [1]}}}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def key(root: Path, values: dict[str, object]) -> step_key.StepKey:
    digests = Digests(root / "digests.json")
    return step_key.step_key(root / "step", root, values, {}, digests, "local")


def test_carriers_are_no_facts_but_what_they_import_is(root: Path) -> None:
    files, packages = code_digests.of_step(root / "step", root)
    assert set(files) == {
        "step/run.py", "step/work.py", "pipeline/tables/__init__.py", "pipeline/tables/files.py",
        "pipeline/step/performance.py",
    }  # fmt: skip
    assert packages == {"pyarrow"}  # not obstore, which only carries


@pytest.mark.parametrize(
    ("name", "text", "counts"),
    [
        ("pipeline/store/store.py", "X = 2\n", False),
        ("pipeline/step/run.py", "X = 2\n", False),
        ("pipeline/tracking/recorder.py", "X = 2\n", False),
        ("pipeline/errors.py", "X = 2\n", False),
        ("pipeline/context.py", "X = 2\n", False),
        ("pipeline/step/performance.py", "X = 2\n", True),
        ("pipeline/tables/files.py", "X = 2\n", True),
        ("step/work.py", "X = 2\n", True),
        ("own_models/voting.py", "X = 2\n", True),
        ("own_models/helper.py", "X = 2\n", True),
    ],
)
def test_an_edit(name: str, text: str, counts: bool, root: Path) -> None:
    before = key(root, MODEL).digest
    path = root / name
    path.write_text(path.read_text() + text)
    assert (key(root, MODEL).digest != before) is counts


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("'%s rows'", "'%s rows of the table'", False),
        (", 3)", ", 4)", True),
        (".info(", ".warning(", True),
        ("run.logger", "run.other", True),
    ],
)
def test_a_log_text_does_not_count(old: str, new: str, counts: bool, root: Path) -> None:
    before = key(root, {}).digest
    path = root / "step" / "work.py"
    path.write_text(path.read_text().replace(old, new))
    assert (key(root, {}).digest != before) is counts


def test_a_class_that_the_config_names_is_a_fact_with_its_packages(root: Path) -> None:
    named, plain = key(root, MODEL).facts, key(root, {}).facts
    assert {name for name in named if name.startswith("code own")} == {
        "code own_models/__init__.py", "code own_models/voting.py", "code own_models/helper.py",
    }  # fmt: skip
    assert "package numpy" in named
    assert not any("own_models" in name or "numpy" in name for name in plain)


@pytest.mark.parametrize("depth", ["list", "mapping"])
def test_a_class_is_found_at_any_depth(depth: str, root: Path) -> None:
    inner: object = {"_target_": "own_models.helper.X"}
    values = {"config": {"steps": [inner] if depth == "list" else {"a": {"b": inner}}}}
    assert "code own_models/helper.py" in key(root, values).facts


def test_a_class_of_an_installed_package_counts_by_its_version(root: Path) -> None:
    facts = key(root, {"model": {"_target_": "sklearn.dummy.DummyClassifier"}}).facts
    assert facts["package scikit-learn"].count(".") == 2


def test_another_format_of_what_is_stored_counts(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key(root, {})
    monkeypatch.setattr(step_key, "FORMAT", step_key.FORMAT + 1)
    now = key(root, {})
    assert now.digest != before.digest
    assert list(step_key.differences(now, before)) == ["the pipeline stores format 2, not 1"]
