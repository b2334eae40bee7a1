"""When a report is made, where it lands, and what happens when it cannot be."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from pipeline import paths
from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.replay import manifest, runs
from pipeline.report import make
from pipeline.store.artifacts import Store
from tests.fakes import recorded as fake

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository root."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    return tmp_path


def context(root: Path) -> RunContext:
    return RunContext(str(root / "artifacts"), "disabled", 1, 1, "disabled", "songs")


def again(run: str, root: Path) -> Path:
    return make.again(run, str(root / "artifacts"))


def recorded(root: Path, when: str, kept: dict[str, Any]) -> Path:
    folder = root / "outputs" / "2026-01-02" / when
    folder.mkdir(parents=True)
    (folder / manifest.FILE).write_text(json.dumps(kept), encoding="utf-8")
    return folder


def test_a_report_is_made_again_by_the_beginning_of_the_run_s_id(root: Path) -> None:
    first = recorded(root, "01", fake.whole(run="1" * 32))
    second = recorded(root, "02", fake.whole(run="2" * 32, finished="2026-01-03T03:04:05+00:00"))
    assert again("1111", root) == first / make.FILE
    assert again("latest", root) == second / make.FILE
    text = (second / make.FILE).read_text(encoding="utf-8")
    assert "Against run 11111111" in text
    assert "There is no earlier run" in (first / make.FILE).read_text(encoding="utf-8")
    assert sorted(p.name for p in second.iterdir()) == [manifest.FILE, make.FILE]


def test_an_unknown_run_is_refused_with_those_there_are(root: Path) -> None:
    with pytest.raises(InputError, match="there is no such run; the newest are: none yet"):
        again("latest", root)
    recorded(root, "01", fake.whole())
    folder, kept = runs.find("aaaa")
    assert (folder, kept["run"]) == (root / "outputs" / "2026-01-02" / "01", "a" * 32)


@pytest.mark.parametrize(("given", "asked"), [("aaaa", "LIKE 'aaaa%'"), ("a" * 32, None)])
def test_a_run_of_somebody_else_is_asked_of_mlflow(
    given: str, asked: str | None, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = fake.whole()

    class Client:
        def search_experiments(self) -> list[Any]:
            return [SimpleNamespace(experiment_id="1")]

        def search_runs(self, _: list[str], condition: str, max_results: int) -> list[Any]:
            assert asked
            assert asked in condition
            ids = ("a" * 31 + "b", kept["run"])  # the run of a step, and that of the whole
            return [SimpleNamespace(info=SimpleNamespace(run_id=found)) for found in ids]

        def download_artifacts(self, run: str, file: str, folder: str) -> str:
            if run != kept["run"]:
                raise MlflowException("nothing there")
            (Path(folder) / file).write_text(json.dumps(kept), encoding="utf-8")
            return f"{folder}/{file}"

    monkeypatch.setattr("mlflow.MlflowClient", Client)
    monkeypatch.setattr(runs.mlflow_database, "prepare", lambda _: None)
    assert runs.find(given) == (None, kept)


def test_runs_before_come_newest_first_without_later_ones(root: Path) -> None:
    for hour, name in ((1, "old"), (2, "newer"), (3, "this"), (4, "later")):
        kept = fake.whole(run=name, finished=f"2026-01-02T0{hour}:00:00+00:00")
        recorded(root, f"0{hour}", kept)
    _, this = runs.find("this")
    assert [other["run"] for other in runs.before(this)] == ["newer", "old"]


def test_a_damaged_manifest_is_left_out_and_said(root: Path, capsys: Capture) -> None:
    folder = recorded(root, "01", fake.whole())
    (recorded(root, "00", {}) / manifest.FILE).write_text('{"run": ', encoding="utf-8")
    assert list(runs.before(runs.read(folder))) == []
    assert again("latest", root) == folder / make.FILE
    assert re.match(
        r"left out: .*manifest\.json is damaged \(.*\); delete it\n", capsys.readouterr().err
    )


def test_a_folder_that_cannot_be_written_is_one_line_and_nothing_half_written(root: Path) -> None:
    folder = recorded(root, "01", fake.whole())
    (folder / make.FILE / "in the way").mkdir(parents=True)
    with pytest.raises(InputError, match=r"cannot write .*report\.html: Is a directory"):
        again("latest", root)
    assert sorted(p.name for p in folder.iterdir()) == [manifest.FILE, make.FILE]


def no_fork(*_: str) -> None:
    """Run no program: there is no process to fork."""


def test_at_the_end_the_report_is_made_by_a_process_of_its_own(
    root: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr("mlflow.MlflowClient.log_artifact", lambda *_: None)
    folder = recorded(root, "01", fake.whole())
    with make.at_end(folder, context(root), lambda *words: asked.append(words) or 0):
        pass
    assert asked == [(make.PROGRAM, str(folder), str(root / "artifacts"))]
    assert Path(make.__file__).as_posix().endswith(f"/{make.PROGRAM}")
    assert not (folder / make.FILE).exists()
    assert capsys.readouterr().out == f"Report: {folder / make.FILE}\n"


def test_at_the_end_the_run_stays_what_it_was_when_the_report_cannot_be(
    root: Path, capsys: Capture
) -> None:
    folder = root / "outputs" / "2026-01-02" / "01"
    with make.at_end(folder, context(root), no_fork):
        recorded(root, "01", fake.whole())
        (folder / make.FILE).mkdir()
    said = capsys.readouterr().err
    assert said.startswith("The report is not made or not recorded: cannot write ")
    assert said.endswith("python main.py main.action=report main.run=aaaaaaaa\n")


def test_at_the_end_a_failed_step_stays_the_failure_and_has_a_report(
    root: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise MlflowException("no such run")

    monkeypatch.setattr("mlflow.MlflowClient.log_artifact", refuse)
    failed = fake.manifest([fake.step("check", status="failed", error="bad rows")])
    folder = recorded(root, "01", failed)
    with (
        pytest.raises(InputError, match="step check failed"),
        make.at_end(folder, context(root), no_fork),
    ):
        raise InputError("step check failed")
    said = capsys.readouterr()
    assert said.out == f"Report: {folder / make.FILE}\n"
    assert "The report is not made or not recorded: no such run; python " in said.err
    assert "bad rows" in (folder / make.FILE).read_text(encoding="utf-8")


def test_at_the_end_the_card_goes_to_the_run_and_beside_the_registered_model(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged, attached = [], []
    monkeypatch.setattr("mlflow.MlflowClient.log_artifact", lambda *a: logged.append(a[1:]))
    monkeypatch.setattr(make.model_registry, "attach", lambda *a: attached.append(a))
    folder = root / "outputs" / "2026-01-02" / "01"
    kept = fake.whole()
    kept["config"]["gate"] = {"registered_model": "songs"}
    with make.at_end(folder, context(root), no_fork):
        recorded(root, "01", fake.published(Store(root / "artifacts"), kept, root))
    names = ["report.html", "model_card.html", "model_card.md"]
    assert [Path(path).name for _, path in logged] == names
    model = manifest.model(kept)
    assert model
    assert attached == [("songs", model["digest"], [folder / name for name in names[1:]])]


@pytest.mark.parametrize("kept", [None, [fake.step("a", status="cached")]])
def test_no_step_ran_no_report(root: Path, kept: Any, capsys: Capture) -> None:
    folder = root / "outputs" / "2026-01-02" / "01"
    with make.at_end(folder, context(root), no_fork):
        if kept:
            recorded(root, "01", fake.manifest(kept))
    assert not (folder / make.FILE).exists()
    assert capsys.readouterr().out == ""
