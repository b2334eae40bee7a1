"""Configs that are guessed from a table: valid, and the table passes their checks."""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from check_data import expectations
from pipeline.commands import column_roles
from pipeline.config import schema, yaml_text
from pipeline.config.loader import defaults, load
from pipeline.config.model import Features

FACTS = {"file_url": "a $table.csv", "sha256": None, "description": "d: ${x}"}
DAY = datetime.date(2026, 1, 1)
ROWS = range(40)
TABLE = pa.table({
    "id": list(ROWS),
    "big": [2**60 + 7 * (n % 30) for n in ROWS],
    "whole": [n % 37 for n in ROWS],
    "few": [n % 3 for n in ROWS],
    "real": [None if n % 8 == 0 else n / 3 for n in ROWS],
    "nan": [float("nan") if n % 8 == 0 else n / 3 for n in ROWS],
    "infinite": [float("inf") if n == 1 else n / 3 for n in ROWS],
    "small": pa.array([n / 3 for n in ROWS], pa.float32()),
    "half": pa.array([n / 4 for n in ROWS], pa.float16()),
    "money": [Decimal(n) / 100 for n in ROWS],
    "yes": [n % 2 == 0 for n in ROWS],
    "word": [["no", "1e5", "${data.target}", r"a\${b}", "ü: [x]"][n % 5] for n in ROWS],
    "category": pa.array(["ab"[n % 2] for n in ROWS]).dictionary_encode(),
    "coded": pa.array([n % 5 for n in ROWS]).dictionary_encode(),
    "large": pa.array([f"word {n}" for n in ROWS], pa.large_string()),
    "second": [f"w {n}" for n in ROWS],
    "gaps": [f"word {n}" if n % 4 else None for n in ROWS],
    "question": ["???", "!!!"] * 20,
    "day": [DAY + datetime.timedelta(n) for n in ROWS],
    "moment": [datetime.datetime(2026, 1, 1, n % 24) for n in ROWS],
    "clock": [datetime.time(n % 24) for n in ROWS],
    "nothing": pa.nulls(40),
    "empty": pa.nulls(40, pa.float64()),
    "constant": [1.5] * 40,
    "label": ["p", "q"] * 20,
})  # fmt: skip


def loaded(text: str, folder: Path, **more: Any) -> schema.Data:
    """Return the dataset as Hydra gives it to the pipeline."""
    path = folder / "guess.yaml"
    path.write_text(text, encoding="utf-8")
    split = {"test_size": 0.3, "random_state": 1}
    needed = {"test_size": 0.3, "val_size": 0.3, "ks_alpha": 0.05, "segregate": split}
    dataset = OmegaConf.merge(defaults(schema.Data), OmegaConf.load(path), needed, more)
    return load(schema.Data, OmegaConf.to_container(dataset, resolve=True), "data")


def failed(table: pa.Table, data: schema.Data) -> list[str]:
    found = expectations.results(table, data.checks)
    failed = (finding for finding in found if finding.verdict != "passed")
    return [str(f) for f in failed if f"{f.check} {f.column}" not in data.checks.warn]


def test_a_table_of_every_type_passes_its_own_checks(tmp_path: Path) -> None:
    text = column_roles.config(TABLE, FACTS | {"sha256": "ab" * 32}, "label")
    data = loaded(text, tmp_path)
    assert failed(TABLE, data) == []
    assert (data.file_url, data.sha256, data.target) == ("a $table.csv", "ab" * 32, "label")
    columns = data.checks.columns
    assert list(columns) == TABLE.column_names
    assert columns["word"].allowed == sorted(set(TABLE["word"].to_pylist()))
    assert (columns["real"].max_missing, columns["nan"].max_missing) == (0.19, 0.19)  # 12.5 %
    assert (columns["clock"].type, columns["nothing"].type) == ("any", "any")
    assert columns["infinite"].max is None
    assert data.checks.warn == ["finite infinite"]
    assert columns["question"].allowed is None


def test_what_may_be_features(tmp_path: Path) -> None:
    text = column_roles.config(TABLE, FACTS, "label")
    features = loaded(text, tmp_path).features
    assert features.numeric == ["big", "whole", "real", "nan", "small", "half", "money"]
    assert features.categorical == ["few", "yes", "word", "category", "coded", "question"]
    assert features.text == "large"
    left_out = [line for line in text.splitlines() if line.startswith("# Left out: ")]
    assert "# Left out: 'id' (another value in every row, like a name)" in left_out
    assert "# Left out: 'second' (a second text)" in left_out
    assert any(line.startswith("# Left out: 'infinite' (infinite values") for line in left_out)
    assert len(left_out) == 10


def test_without_a_target_the_features_are_comments(tmp_path: Path) -> None:
    text = column_roles.config(TABLE, FACTS, None)
    assert "\ntarget: ???\n# Name the target" in text
    data = loaded(text, tmp_path, target="whole")
    assert data.features == Features()
    assert failed(TABLE, data) == []
    commented = text.replace("# features:", "features:").replace("\n#   ", "\n  ")
    assert "label" in yaml.safe_load(commented)["features"]["categorical"]


HARD = [
    "null", "1e5", "1e3", "0x1F", "0o7", "1_000", "1:30", "2020-01-01", ".inf", ".nan", "1",
    "true", "yes", "off", "~", "<<", "=", "a: b", "${a}", r"\${a}", "a.b", "#", "- x", "???", "",
    " ", " a", "a ", "a  b", "a\nb", "a\n", "\n", "a\r\nb", "\t", "a\tb", "'", "''", '"', "\\",
    "%", "@", "`", "&a", "*a", "!a", "|", ">", "?", "? x", "[", "{a}", ",", ":", "---", "...",
    "\x00", "\x07", "\x1b", "\x1c", "\x7f", "\x85", "a\x85b", "\xa0", "\u2028", "\u2029",
    "a\u2028", "\ufeff", "\ufeffa", "\ufffe", "\U0001f600", "\U0010ffff", "w " * 80, "w" * 200,
    "\x85 " * 60,
]  # fmt: skip
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(HARD)


@pytest.mark.parametrize("text", [t for t in HARD if t != "???"])
def test_a_text_that_yaml_would_lose(tmp_path: Path, text: str) -> None:
    """As a value, a column's name and a feature; as a step reads it, and as Hydra does."""
    table = pa.table({text: ["x", "y"] * 20, "v": [text, "other"] * 20, "t": ["p", "q"] * 20})
    data = loaded(column_roles.config(table, FACTS, "t"), tmp_path)
    assert failed(table, data) == []
    assert text in (data.checks.columns["v"].allowed or [])
    assert data.features.categorical == [text, "v"]
    for values in ({text: [text]}, text, [text, {"a": text}]):
        (tmp_path / "step.yaml").write_text(yaml_text.dump(values), encoding="utf-8")
        assert yaml_text.read(tmp_path / "step.yaml") == values


@pytest.mark.slow
@given(
    names=st.lists(NAMES, min_size=1, max_size=3, unique=True),
    values=st.lists(NAMES, min_size=1),
)
@settings(max_examples=50, deadline=None)
def test_any_names_and_values(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], values: list[str]
) -> None:
    """Whatever YAML and OmegaConf would make of them."""
    table = pa.table({name: (values * 20)[: 20 + len(names)] for name in names})
    text = column_roles.config(table, FACTS, names[0] if names[0] != "???" else "t")
    data = loaded(text, tmp_path_factory.getbasetemp())
    assert failed(table, data) == []
    assert list(data.checks.columns) == names
    categorical = data.features.categorical
    assert set(categorical) <= set(names[1:])
