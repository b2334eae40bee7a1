"""What a report is made from: the manifest, the artifacts that are there, the run before."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.report import report_data
from pipeline.store.artifacts import Store
from tests.fakes.recorded import artifact, manifest, published, step, whole


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "artifacts")


def test_everything_is_gathered_and_masked(store: Store, tmp_path: Path) -> None:
    recorded = published(store, whole(), tmp_path)
    found = report_data.gather(recorded, [whole(run="b" * 32)], str(store.url))
    assert found.certificate
    assert found.certificate["method"] == "stratified"
    assert found.gate
    assert found.gate["passed"] is True
    assert found.profile
    assert (found.profile.table, found.profile.rows) == ("clean.csv:v0", 2)
    assert found.previous
    assert not found.lacks
    assert "hunter2" not in str(found)
    assert "hunter2" in str(recorded), "what is given stays as it is"


def test_artifacts_that_are_gone_are_lacks_and_no_error(store: Store) -> None:
    found = report_data.gather(whole(), [], str(store.url))
    assert set(found.lacks) == {"evaluation", "certificate", "gate", "profile", "card"}
    assert found.lacks["gate"].startswith("gate.json:v0 cannot be read: gate.json:v0 is gone from")
    assert (found.evaluation, found.certificate, found.gate) == (None, None, None)


def test_another_version_under_the_same_number_is_gone(store: Store, tmp_path: Path) -> None:
    recorded = published(store, whole(), tmp_path)
    recorded["steps"][2]["outputs"][1]["digest"] = "another"
    assert set(report_data.gather(recorded, [], str(store.url)).lacks) == {"certificate"}


def test_what_another_catalog_has_numbered_is_found_by_its_content(tmp_path: Path) -> None:
    place = tmp_path / "artifacts"
    recorded = published(Store(place, "wandb/team/songs"), whole(), tmp_path)
    assert set(report_data.gather(recorded, [], str(place)).lacks) >= {"gate", "certificate"}
    recorded["steps"][0]["catalog"] = "wandb/team/songs"
    recorded["steps"][-1]["outputs"][-1]["version"] = 12
    assert not report_data.gather(recorded, [], str(place)).lacks


def test_what_drifted_is_read_beside_its_reference(store: Store, tmp_path: Path) -> None:
    row = {"check": "drift", "column": "energy", "verdict": "failed"}
    old, new = artifact("old.csv", "x"), artifact("new.csv", "x")
    tables = {"checks": [row, row | {"column": "genre", "verdict": "passed"}], "drift": [row]}
    steps = [step("make", outputs=[old, new]), step("check", inputs=[new, old], tables=tables)]
    recorded = published(store, manifest(steps), tmp_path)
    found = report_data.gather(recorded, [], str(store.url)).shifts
    assert found
    assert (found.table, found.reference) == ("new.csv:v0", "old.csv:v0")
    assert [shift.name for shift in found.columns] == ["energy"]
    recorded["steps"][1]["inputs"].pop()
    assert report_data.gather(recorded, [], str(store.url)).shifts is None


def test_the_card_is_that_of_the_model_that_was_judged(store: Store, tmp_path: Path) -> None:
    recorded = whole()
    for name in ("champion", "model_export"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "MLmodel").write_text("x")
        (folder / "model_card.md").write_text(f"# {name}")
        version = store.put(name, folder, "model")
        made = artifact(name, "model") | {"digest": version.digest}
        recorded["steps"][-1]["inputs"].insert(0, made)
    assert report_data.gather(recorded, [], str(store.url)).card == "# model_export"


def test_a_large_table_is_not_read(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_data, "LARGEST", 10)
    found = report_data.gather(published(store, whole(), tmp_path), [], str(store.url))
    assert found.profile is None
    assert "tables above 0 MB are not read for a report" in found.lacks["profile"]


def test_a_run_without_tables_has_no_profile_and_lacks_nothing(store: Store) -> None:
    found = report_data.gather(manifest([]), [], str(store.url))
    assert (found.profile, found.lacks, found.previous) == (None, {}, None)


def run(name: str, *steps: str, status: str = "finished") -> dict[str, Any]:
    return manifest([step(s, status=status) for s in steps], run=name)


def test_the_run_before_is_the_newest_that_ended_well_with_the_same_steps() -> None:
    failed, part = run("failed", "a", "b", status="failed"), run("part", "a")
    elsewhere = run("elsewhere", "a", "b")
    elsewhere["config"]["data"]["target"] = "price"
    earlier = [failed, part, elsewhere, run("all", "a", "b", "c"), run("old", "a", "b")]
    found = report_data.comparable(run("now", "a", "b"), earlier)
    assert found
    assert found["run"] == "all"
    assert report_data.comparable(run("now", "d"), earlier) is None
    assert report_data.comparable(manifest([]), earlier) is None


def test_the_table_to_describe_is_what_was_divided_else_the_last_that_is_no_prediction() -> None:
    divided = report_data.divided(whole())
    assert divided
    assert divided["name"] == "clean.csv"
    made = [artifact("raw.parquet", "raw"), artifact("predictions.csv", "predictions")]
    last = report_data.divided(manifest([step("a", outputs=made), step("b")]))
    assert last
    assert last["name"] == "raw.parquet"
