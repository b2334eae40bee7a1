"""What decides whether a step runs again, and how the reason is told."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.cache.external_files import UnknownFactError
from pipeline.cache.step_key import StepKey, differences, step_key
from pipeline.store.digests import Digests
from pipeline.store.versions import Version

MLPROJECT = "name: step\nentry_points:\n  main:\n    help: Words.\n    command: python run.py\n"
CONDA = "dependencies:\n  - python=3.9\n  - pip:\n      - pyyaml==0.1\n"
A3 = Version("a.csv", 3, "table", "d1", files=())
B7 = Version("b.csv", 7, "other", "d1", files=(), step="elsewhere")
A4 = Version("a.csv", 4, "table", "d2", files=())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    texts = {"step/MLproject": MLPROJECT, "step/conda.yaml": CONDA, "step/run.py": "import yaml"}
    texts |= {"data/a.csv": "x", "other/é b.csv": "x", "data/a.txt": "x", "data/c.csv": "y"}
    texts |= {"data/a.csv.gz": "x", "data/a.json.gz": "x"}
    for name, text in (texts | {"a.csv": "x", "b.csv": "x"}).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def key(
    root: Path,
    values: Mapping[str, Any],
    inputs: Mapping[str, Version | None] | None = None,
    environment: str = "local",
) -> StepKey:
    digests = Digests(root / "digests.json")
    return step_key(root / "step", root, values, inputs or {}, digests, environment)


def facts(made: StepKey, kind: str) -> dict[str, str]:
    return {name: fact for name, fact in made.facts.items() if name.split(" ")[0] == kind}


def test_parameters_are_facts_down_to_their_leaves(root: Path) -> None:
    config = {"columns": {"tempo": {"max": 300, "allowed": ["ü", None]}}, "none": {}}
    assert facts(key(root, {"size": 0.3, "by": None, "config": config}), "parameter") == {
        "parameter size": "0.3",
        "parameter by": "null",
        "parameter config.columns.tempo.max": "300",
        "parameter config.columns.tempo.allowed": '["ü", null]',
        "parameter config.none": "{}",
    }


LEAVES = st.sampled_from([0, 1, 0.0, False, None, "", "0", "a", [], ["a"], [0]])
VALUES = st.recursive(
    LEAVES, lambda inner: st.dictionaries(st.sampled_from("ab"), inner), max_leaves=3
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(one=VALUES, other=VALUES)
def test_equal_parameters_have_equal_keys_and_others_have_not(
    root: Path, one: Any, other: Any
) -> None:
    texts = [json.dumps(value, sort_keys=True) for value in (one, other)]
    keys = [key(root, {"p": value}) for value in map(json.loads, texts)]
    assert (keys[0].digest == keys[1].digest) == (texts[0] == texts[1])
    assert bool(list(differences(keys[0], keys[1]))) == (texts[0] != texts[1])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("a.csv:latest", A3), ("a.csv:v3", A3), True),
        (("a.csv:v3", A3), ("b.csv:v7", B7), True),
        (("a.csv:latest", A3), ("a.csv:latest", A4), False),
        (("a.csv:latest", A3), ("a.csv:latest", None), False),
        (("a.csv:x", None), ("a.csv:x", None), True),
        (("sklearn:wine", None), ("sklearn:iris", None), False),  # a reference to nothing is a word
    ],
)
def test_inputs_count_by_their_digest(
    one: tuple[str, Version | None], other: tuple[str, Version | None], same: bool, root: Path
) -> None:
    keys = [key(root, {"table": value}, {"table": found}) for value, found in (one, other)]
    assert (keys[0].digest == keys[1].digest) == same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("data/a.csv", "other/é b.csv", True),
        ("data/a.csv", "{root}/data/a.csv", True),
        ("data/a.csv", "file://{root}/other/%C3%A9%20b.csv", True),
        ("data/a.csv", "data/a.txt", False),  # the suffix says how it is read
        ("data/a.csv.gz", "data/a.json.gz", False),
        ("data/a.csv", "data/c.csv", False),
        ("data/a.csv", "data/absent.csv", False),
        ("a.csv", "b.csv", False),  # either may be a plain word
    ],
)
def test_files_count_by_content_and_suffix(one: str, other: str, same: bool, root: Path) -> None:
    keys = [key(root, {"file": value.format(root=root)}) for value in (one, other)]
    assert (keys[0].digest == keys[1].digest) == same


def test_a_folder_counts_by_its_parquet_files(root: Path) -> None:
    part = root / "parts" / "year=2020" / "p.parquet"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"1")
    before = key(root, {"file": "parts/"}).digest
    (root / "parts" / "notes.txt").touch()
    assert key(root, {"file": "parts/"}).digest == before
    part.write_bytes(b"2")
    assert key(root, {"file": "parts/"}).digest != before


def test_a_pinned_url_is_the_file_that_it_pins(root: Path) -> None:
    pin = Digests(root / "none").sha256(root / "data/a.csv")
    pinned = [key(root, {"u": f"http://{h}/x.csv?raw=1", "sha256": pin}) for h in ("a", "b")]
    local = key(root, {"u": "data/a.csv", "sha256": pin})
    assert pinned[0].digest == pinned[1].digest == local.digest


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("step/run.py", "import yaml", "import yaml  # words", None),
        ("step/run.py", "import yaml", "import yaml; x = 1", "step/run.py changed"),
        ("step/MLproject", "Words", "Other words", None),
        ("step/MLproject", "python run.py", "python -O run.py", "command changed"),
        ("step/conda.yaml", "pyyaml==0.1", "pyyaml==0.2", "PyYAML 0.1 → 0.2"),
        ("step/conda.yaml", "python=3.9", "python=3.10", "Python 3.9 → 3.10"),
        ("step/conda.yaml", "- pip:", "- other\n  - pip:", None),
    ],
)
def test_code_command_and_packages(
    name: str, old: str, new: str, told: str | None, root: Path
) -> None:
    before = key(root, {}, environment="conda")
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new))
    os.utime(root / name, (1, 1))  # surely another time than before
    after = key(root, {}, environment="conda")
    assert list(differences(after, before)) == ([told] if told else [])
    assert (before.digest == after.digest) == (told is None)


def test_code_that_does_not_parse_is_an_unknown_fact(root: Path) -> None:
    (root / "step" / "run.py").write_text("x = (")
    with pytest.raises(UnknownFactError, match=r"step/run\.py does not parse$"):
        key(root, {})
