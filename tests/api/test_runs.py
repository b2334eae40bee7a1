"""Runs from Python: what is refused before one starts, and what is said of it when it has ended."""

from pathlib import Path

import pytest

from pipeline import api, paths
from pipeline.api import asked, runs
from pipeline.files import write_json
from tests.fakes.recorded import manifest, step, whole


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("data.tset_size=0.2", r"^unknown key data\.tset_size: did you mean 'test_size'\?"),
        (["data=sogns"], r"^data=sogns: there is no conf/data/sogns\.yaml; did you mean 'songs'"),
        (["data.test_size=2"], r"^data\.test_size must be .*, got 2"),
        (["main.steps=trian"], r"^main\.steps: unknown step 'trian'"),
        (["data.test_size"], r"^'data\.test_size' has no value"),
        (["-m", "data.test_size=0.1,0.2"], r"^-m: options are for the command line"),
        (["main.action=plan"], r"^main\.action=plan makes no run; leave it out"),
    ],
)
def test_what_main_py_would_refuse_is_refused_in_its_words(
    overrides: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_execute", lambda *_: pytest.fail("nothing may be started"))
    with pytest.raises(api.InputError, match=message):
        api.run(overrides)


def test_a_run_s_folder_is_the_one_that_was_asked_for(tmp_path: Path) -> None:
    assert asked.job([f"hydra.run.dir={tmp_path}"]).folder == tmp_path
    assert asked.job([]).folder.is_relative_to(paths.ROOT / "outputs")


def test_of_a_run_that_made_a_manifest_it_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []

    def execute(words: list[str], echo: bool) -> None:
        said.extend(words)
        write_json(tmp_path / "manifest.json", whole())

    monkeypatch.setattr(runs, "_execute", execute)
    result = api.run(["data.test_size=0.2", f"hydra.run.dir={tmp_path}"])
    assert said[0] == "data.test_size=0.2"
    assert said[-1] == f"hydra.run.dir='{tmp_path}'"
    assert (result.run, result.status, result.folder) == ("a" * 32, "finished", tmp_path)
    assert (result.metrics["f1"], result.metrics["train/auc"]) == (0.61, 0.93)
    assert result.steps["prepare"] == "cached"


def main_py(root: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this be main.py."""
    (root / "main.py").write_text(text)
    monkeypatch.setattr(paths, "ROOT", root)


@pytest.mark.slow
def test_the_output_is_passed_on_and_the_error_is_the_last_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "import sys\nprint(sys.argv[1:])\nprint('error: no é', file=sys.stderr)\n"
    main_py(tmp_path, text + "print('after'); sys.exit(1)", monkeypatch)
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    assert runs._execute(["a=b c"], True) == "no é"
    assert sorted(capsys.readouterr().out.splitlines()) == ["['a=b c']", "after", "error: no é"]
    main_py(tmp_path, "raise SystemExit('torn')", monkeypatch)
    assert runs._execute([], False) == "torn"
    assert capsys.readouterr().out == ""
    main_py(tmp_path, "", monkeypatch)
    assert runs._execute([], True) is None


@pytest.mark.slow
def test_an_interrupt_stops_the_run_and_waits_for_its_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "import pathlib, time\ntry: print('begun', flush=True); time.sleep(60)\n"
    ended = f"except KeyboardInterrupt: pathlib.Path({str(tmp_path / 'ended')!r}).touch()\n"
    main_py(tmp_path, text + ended, monkeypatch)

    def interrupt(line: str, **_: object) -> None:
        assert line == "begun\n"
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.print", interrupt)
    with pytest.raises(KeyboardInterrupt):
        runs._execute([], True)
    assert (tmp_path / "ended").exists()


def test_find_tells_of_a_failed_run(root: Path) -> None:
    failed = [step("prepare"), step("judge", status="failed", error="no")]
    place = root / "outputs/2026-01-01/10-00-00"
    place.mkdir(parents=True)
    write_json(place / "manifest.json", manifest(failed))
    result = api.find("aaaa")
    assert (result.status, result.folder) == ("failed", place)
    assert result.steps == {"prepare": "finished", "judge": "failed"}
