"""Which version the reference of drift means."""

from pathlib import Path

import pytest

from pipeline.commands import set_reference
from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.store.verdicts import alias


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "store")
    for text in ("one", "two"):
        path = tmp_path / "table.csv"
        path.write_text(text)
        made.put("table.csv", path, "table")
    return made


def test_it_moves(store: Store) -> None:
    versions = ("v0", "latest", "good")
    lines = [set_reference.move(store, "table.csv:good", v, "checks.json") for v in versions]
    assert lines == [
        "table.csv:v0 was never checked; check_data does\ntable.csv:good was not there, is v0",
        "table.csv:v1 was never checked; check_data does\ntable.csv:good was v0, is v1",
        "table.csv:v1 was never checked; check_data does\ntable.csv:good is v1, as before",
    ]
    assert store.get("table.csv:good").version == 1


def test_a_table_that_was_refused_is_no_reference(store: Store, tmp_path: Path) -> None:
    table = store.get("table.csv:v1")
    (tmp_path / "checks.json").write_text("{}")
    facts = {"reason": "too few rows", "override": None, "table": table.digest}
    said = [alias(table.digest)]
    store.put("checks.json", tmp_path / "checks.json", "checks", metadata=facts, aliases=said)
    with pytest.raises(InputError, match=r"check_data refused table.csv:v1: too few rows"):
        set_reference.move(store, "table.csv:good", "v1", "checks.json")
    assert not store.exists("table.csv:good")
    line = set_reference.move(store, "table.csv:good", "v1", "checks.json", "a new season")
    assert line.endswith("(too few rows): a new season\ntable.csv:good was not there, is v1")


@pytest.mark.parametrize(
    ("name", "version", "words"),
    [
        (None, "latest", "data.reference is null; set data.reference to NAME:ALIAS"),
        ("table.csv", "latest", "data.reference=table.csv is not NAME:ALIAS"),
        ("table.csv:v0", "v1", "is a version, which cannot move"),
        ("table.csv:latest", "v0", "moves by itself"),
        ("a b:good", "latest", "is not NAME:ALIAS"),
        ("table.csv:good", "v7", "has no v7; its versions: v0, v1"),
        ("tabel.csv:good", "latest", "did you mean 'table.csv'? it holds"),
        ("table.csv:good", "a b", "artifact reference 'table.csv:a b' is not"),
    ],
)
def test_refused(store: Store, name: str | None, version: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        set_reference.move(store, name, version, "checks.json")
    assert words in str(caught.value)
    assert store.aliases("table.csv") == {"latest": 1}
