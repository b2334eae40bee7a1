"""What is told of a run: from its manifest, and from what has ended it."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.commands import notify
from pipeline.commands.notify import facts, send
from pipeline.commands.notify.facts import Facts
from pipeline.config.notify.hooks import Hook
from pipeline.errors import InputError
from tests.fakes import recorded

STEPS = ["prepare", "check", "divide", "train", "judge"]
REFUSED = {"check": "range", "column": "tempo", "expected": "", "seen": "", "verdict": "failed"}


def job(folder: Path, told: Any = ()) -> Any:
    config = SimpleNamespace(notify=told, data=SimpleNamespace(name="songs"))
    context = SimpleNamespace(project="p")
    return SimpleNamespace(config=config, context=context, folder=folder, steps=STEPS)


def of(folder: Path, steps: list[dict[str, Any]], error: BaseException | None = None) -> Facts:
    (folder / "manifest.json").write_text(json.dumps(recorded.manifest(steps)))
    found = facts.of(job(folder), error)
    assert found
    return found


def steps() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = recorded.whole()["steps"]
    return made


def test_a_run_that_ended_well(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("")
    assert of(tmp_path, steps()) == Facts(
        project="p", dataset="songs", outcome="finished", events=["end"], step=None, reason=None,
        metrics={"auc": 0.928, "f1": 0.61}, gate="passed", report=str(tmp_path / "report.html"),
        mlflow_run="a" * 32,
    )  # fmt: skip


def test_a_model_that_the_gate_refused(tmp_path: Path) -> None:
    made = steps()
    made[-1]["refused"] = "the gate refuses model_export:v0: auc"
    found = of(tmp_path, made, InputError(made[-1]["refused"]))
    assert (found.outcome, found.events, found.gate) == ("refused", ["end", "refused"], "refused")
    assert (found.step, found.reason) == ("judge", "the gate refuses model_export:v0: auc")
    assert found.report is None


def test_a_table_that_a_check_refused(tmp_path: Path) -> None:
    made = steps()[:2]
    made[1] |= {"refused": "1 of 2 checks failed", "tables": {"checks": [REFUSED]}}
    found = of(tmp_path, made, InputError("1 of 2 checks failed"))
    assert (found.outcome, found.events, found.step) == ("refused", ["end", "drift"], "check")
    assert (found.gate, found.metrics) == (None, {})


def test_drift_that_only_warns_is_told_once(tmp_path: Path) -> None:
    made = steps()
    made[1]["tables"]["checks"] = [REFUSED | {"check": "drift", "verdict": "warned"}]
    assert of(tmp_path, made).events == ["end", "drift"]
    made[1]["status"] = "cached"
    assert of(tmp_path, made).events == ["end"]


def test_a_step_that_failed(tmp_path: Path) -> None:
    made = steps()[:4]
    made[3] |= {"status": "failed", "error": "no memory at https://u:hunter2@host/"}
    found = of(tmp_path, made, InputError("step train failed: no memory; its log: x"))
    assert (found.outcome, found.events, found.step) == ("failed", ["end", "failure"], "train")
    assert found.reason == "no memory at https://***@host/"


def test_a_step_that_was_killed_left_no_record(tmp_path: Path) -> None:
    found = of(tmp_path, steps()[:2], InputError("step divide failed: it was killed"))
    assert (found.step, found.reason) == ("divide", "step divide failed: it was killed")


@pytest.mark.parametrize("content", [None, "{"])
def test_a_run_without_a_manifest(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / "manifest.json").write_text(content)
    found = facts.of(job(tmp_path), InputError("no space left"))
    assert found
    assert (found.outcome, found.reason, found.mlflow_run) == ("failed", "no space left", None)


def test_nobody_is_told_of_a_run_that_ran_no_step(tmp_path: Path) -> None:
    made = [step | {"status": "cached"} for step in steps()]
    (tmp_path / "manifest.json").write_text(json.dumps(recorded.manifest(made)))
    assert facts.of(job(tmp_path), None) is None


@pytest.mark.parametrize("error", [None, InputError("the disk is full"), KeyboardInterrupt()])
def test_however_a_run_ends_it_ends_as_it_did(
    tmp_path: Path, error: BaseException | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Facts] = []
    monkeypatch.setattr(send, "tell", lambda _, found: told.append(found))
    (tmp_path / "manifest.json").write_text(json.dumps(recorded.manifest(steps())))

    def run(hooks: Any) -> None:
        with notify.at_end(job(tmp_path, hooks)):
            if error:
                raise error

    for hooks in ([], [Hook(command=["true"])]):
        if error:
            with pytest.raises(type(error)):
                run(hooks)
        else:
            run(hooks)
    assert [found.outcome for found in told] == ["failed" if error else "finished"]
