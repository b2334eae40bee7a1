"""From the words of main.run to runs."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.comparison import choose
from pipeline.errors import InputError
from pipeline.files import write_json
from pipeline.store.artifacts import Store
from pipeline.tracking.record import artifact_facts
from tests.comparison.recorded import judged, rows
from tests.fakes.recorded import manifest, step

CHAMPION = "model_export:champion"


@pytest.fixture
def runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Four runs: ab1, ab2 made and judged a model, c3 used it again, d4 is of another kind."""
    monkeypatch.setattr(choose, "_in_mlflow", lambda *_: [])
    store = Store(root / "artifacts")
    weights = tmp_path / "weights"
    found = {}
    for day, (run, text) in enumerate([("ab1", "x"), ("ab2", "y"), ("c3", "y"), ("d4", "z")], 1):
        weights.write_text(text)
        model = artifact_facts(store.put("model_export", weights, "model"))
        made = manifest([step("train", outputs=[model])])
        if run != "d4":
            made["steps"] += judged(store, tmp_path, rows(30), "e", 1.0)["steps"]
        made |= {"run": run.ljust(32, "0"), "finished": f"2026-01-0{day}T00:00:00+00:00"}
        made["config"]["main"]["experiment_name"] = "baseline" if run == "d4" else "dev"
        folder = root / f"outputs/2026-01-0{day}/10-00-00"
        folder.mkdir(parents=True)
        write_json(folder / "manifest.json", made)
        found[run] = made
    store.set_alias("model_export:v1", "champion")
    return {"root": root, **found}


def names(runs: dict[str, Any], words: str, champion: str | None = CHAMPION) -> list[str]:
    location = str(runs["root"] / "artifacts")
    chosen = choose.chosen(words, runs["root"], location, champion)
    return [run["run"].rstrip("0") for run in chosen]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ab1,c", ["ab1", "c3"]),
        ("latest,ab1", ["d4", "ab1"]),
        ("champion, latest", ["ab2", "d4"]),
        ("model_export:v0,model_export:latest", ["ab1", "d4"]),
        ("baseline,c3,ab2", ["d4", "c3", "ab2"]),
    ],
)
def test_ids_names_and_what_they_made(
    runs: dict[str, Any], words: str, expected: list[str]
) -> None:
    assert names(runs, words) == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("latest", "main.run=latest: give 2 to 8 runs"),
        (",".join("abcdefghi"), "give 2 to 8 runs"),
        ("ab,c", "main.run=ab: 2 runs are called so: ab200000, ab100000; give the beginning"),
        ("dev,c", "main.run=dev: 3 runs are called so"),
        ("feed,c", "main.run=feed: there is no such run; the newest are: ab1"),
        ("c,c3", "main.run=c,c3: run c3000000 is there twice"),
        ("model_export:v9,c", "main.run=model_export:v9: there is no model_export:v9 in "),
        ("other:v0,c", "there is no other:v0"),
    ],
)
def test_what_names_no_run_or_several(runs: dict[str, Any], words: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        names(runs, words)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_champion_that_is_not_asked_for_and_one_whose_run_is_gone(runs: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"gate\.champion is null"):
        names(runs, "champion,latest", None)
    for day in (2, 3):
        (runs["root"] / f"outputs/2026-01-0{day}/10-00-00/manifest.json").unlink()
    with pytest.raises(InputError, match="no run that is kept here made model_export:v1"):
        names(runs, "champion,latest")


def test_a_damaged_manifest_is_said_and_left_out(
    runs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (runs["root"] / "outputs/2026-01-04/10-00-00/manifest.json").write_text("{")
    assert names(runs, "latest,ab1") == ["c3", "ab1"]
    assert "manifest.json is damaged" in capsys.readouterr().err
