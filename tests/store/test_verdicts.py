"""Verdicts on tables: which one counts for what was made from them."""

from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.store.drafts import Draft, Provenance
from pipeline.store.verdicts import alias, is_alias, trail
from pipeline.store.versions import Version

CHECKS = "checks.json"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def folder(store: Store) -> Path:
    assert store.folder
    store.folder.mkdir(exist_ok=True)
    return store.folder.parent


def make(store: Store, name: str, *sources: Version, text: str = "") -> Version:
    path = folder(store) / name
    path.write_text(text or name)
    return store.publish([Draft(name, path, "table", "", {})], sources, Provenance()).outputs[0]


def judge(store: Store, table: Version, reason: str | None, override: str | None = None) -> Version:
    path = folder(store) / CHECKS
    path.write_text(f"{table.digest} {reason} {override}")
    facts = {"reason": reason, "override": override, "table": table.digest}
    draft = Draft(CHECKS, path, "checks", "", facts, (alias(table.digest),))
    return store.publish([draft], [table], Provenance()).outputs[0]


def refusal(store: Store, *versions: Version, override: str | None = None) -> list[str]:
    return trail(store, CHECKS, versions).require(override)


def test_a_table_that_nobody_checked_is_named(store: Store) -> None:
    raw = make(store, "raw")
    train = make(store, "train", make(store, "clean", raw))
    assert refusal(store, raw) == ["raw:v0 was never checked; check_data does"]
    assert refusal(store, train) == ["train:v0 was never checked; check_data does"]


def test_a_refusal_reaches_all_that_is_made_from_the_table(store: Store) -> None:
    clean = make(store, "clean", make(store, "raw"))
    train = make(store, "train", clean)
    model = make(store, "model", train)
    judge(store, clean, "1 of 2 checks failed")
    for version in (clean, train, model):
        with pytest.raises(InputError, match=r"check_data refused clean:v0: 1 of 2 checks failed;"):
            refusal(store, version)
    assert refusal(store, model, override="it is meant") == [
        "clean:v0 is used although check_data refused it (1 of 2 checks failed): it is meant"
    ]


def test_the_newest_verdict_counts_though_its_text_is_an_old_one(store: Store) -> None:
    table = make(store, "clean")
    judge(store, table, None)
    assert refusal(store, table) == []
    for _ in range(2):
        judge(store, table, "too few rows")
        judge(store, make(store, "clean", text="another"), None)
        with pytest.raises(InputError, match="too few rows"):
            refusal(store, table)
        judge(store, table, None)  # the content of v0
        assert refusal(store, table) == []


def test_a_verdict_on_what_is_made_from_a_refused_table_ends_the_way_back(store: Store) -> None:
    refused = make(store, "clean")
    judge(store, refused, "too few rows")
    mended = make(store, "mended", refused)
    judge(store, mended, None)
    assert refusal(store, make(store, "train", mended)) == []


def test_a_table_that_is_gone_keeps_its_verdict(store: Store) -> None:
    table = make(store, "clean")
    train = make(store, "train", table)
    judge(store, table, "too few rows")
    make(store, "clean", text="another")
    store.remove(table)
    with pytest.raises(InputError, match="clean:v0: too few rows"):
        refusal(store, train)


def test_a_verdict_with_a_reason_to_use_the_table(store: Store) -> None:
    table = make(store, "clean")
    judge(store, table, "too few rows", override="a pilot")
    assert refusal(store, table) == [
        "clean:v0 is used although check_data refused it (too few rows): a pilot"
    ]
    assert trail(store, CHECKS, [table]).standing(None) == []


def test_the_verdict_of_this_run_counts_before_its_alias_moves(store: Store) -> None:
    table = make(store, "clean")
    good = judge(store, table, None)
    judge(store, table, "too few rows")
    assert trail(store, CHECKS, [table]).standing(None) == ["clean:v0"]
    assert trail(store, CHECKS, [table], {CHECKS: good.digest}).standing(None) == []


def test_aliases_of_verdicts_are_told_from_others(store: Store) -> None:
    verdict = judge(store, make(store, "clean"), None)
    words = [word for word, number in store.aliases(CHECKS).items() if number == verdict.version]
    assert [is_alias(word) for word in sorted(words)] == [False, True]
