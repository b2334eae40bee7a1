"""A search from its command to its best experiment, with trials that take no time."""

import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.api import asked
from pipeline.config import root_config
from pipeline.errors import InputError
from pipeline.search import page, tune
from pipeline.sweep.job import Asked, Ended, Sweep
from tests.conftest import ROOT, STEPS

pytestmark = pytest.mark.slow  # composes the config some ten times
SPACE = {
    "startup": 2,
    "parameters": {
        "max_depth": {"low": 2, "high": 20},
        "words": {"key": "model.text.max_features", "low": 5, "high": 50},
    },
}
WORDS = ["main.action=tune", "search=mine", "main.trials=5", "data.val_size=0.25"]


class FakePool:
    """Runs jobs at once; what they reach depends on their overrides."""

    asked: list[Asked]

    def __init__(self, run: object, sweep: Sweep) -> None:
        self.sweep, self.waiting, self.ended = sweep, list[Asked](), list[Ended]()
        self.screen = type("Screen", (), {"total": 0})
        type(self).asked = []

    def __enter__(self) -> "FakePool":
        self.sweep.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        assert self.waiting == []

    def start(self, job: Asked) -> None:
        self.waiting.append(job)
        self.asked.append(job)

    def next_ended(self) -> Ended:
        self.ended.append(self._ended(self.waiting.pop()))
        return self.ended[-1]

    def _ended(self, job: Asked) -> Ended:
        depth = int(job.varied[0].partition("=")[2])
        if job.number == 3:
            return Ended(job, "failed", 1.0, "r", {}, "a bad one")
        record: dict[str, Any] = {"metrics": {"f1": depth / 100}, "inputs": [{"digest": "d" * 20}]}
        return Ended(job, "finished", 1.0, "r", record, "")

    def summarise(self, well: bool) -> None:
        assert len(self.ended) == 5
        assert well


@pytest.fixture
def repository(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("conf", *STEPS):
        ignored = shutil.ignore_patterns(
            "*.py", "mlruns", "mlflow.db"
        )  # a link that may lead nowhere
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    shutil.copy(ROOT / "config.yaml", root)
    content = {"search": SPACE, "model": {"estimator": {"n_estimators": 7}}}
    text = "# @package _global_\n" + yaml.safe_dump(content)
    (root / "conf" / "search" / "mine.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(tune, "Pool", FakePool)
    monkeypatch.setattr(page, "render", lambda _: "the page")  # seconds to import what draws it
    monkeypatch.setattr("pipeline.commands.before.model_check.check", lambda *_: None)
    yield root
    root_config.register(ROOT)


def test_a_search_ends_with_an_experiment_that_gives_its_best_trial(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tune.run(asked.job([*WORDS, "main.workers=9"]))
    said = capsys.readouterr().out
    assert said.startswith("4 of 9 workers have trials: search.window=4\n")
    assert "5 trials: 4 complete and 1 failed. Trial " in said
    first = FakePool.asked[0]
    assert first.varied == ("model.estimator.max_depth=13", "model.text.max_features=10")
    assert first.overrides == (
        "search=mine",
        "data.val_size=0.25",
        "main.report=false",
        *first.varied,
    )
    written = repository / "conf" / "experiment" / "best_mine.yaml"
    text = written.read_text(encoding="utf-8")
    assert (
        "#   python main.py main.action=tune search=mine main.trials=5 data.val_size=0.25" in text
    )
    assert "on a training table with the digest dddddddddddddddd. Use it:" in text
    best = max(int(job.varied[0].partition("=")[2]) for job in FakePool.asked if job.number != 3)
    config = asked.job(["experiment=best_mine"]).config
    assert config.model.estimator["max_depth"] == best
    assert config.model.estimator["n_estimators"] == 7  # of the search's file
    assert config.data.val_size == 0.25
    (folder,) = (repository / "outputs" / "search").iterdir()
    assert (folder / "best_mine.yaml").read_text(encoding="utf-8") == text
    assert len((folder / "trials.csv").read_text(encoding="utf-8").splitlines()) == 6
    assert (folder / "search.html").read_text(encoding="utf-8") == "the page"

    tune.run(asked.job([*WORDS, "main.trials=5", "search.seed=8"]))
    assert "It was: 5 trials: 4 complete" in capsys.readouterr().out

    written.write_text(text + "# mine\n", encoding="utf-8")
    FakePool.asked = []
    with pytest.raises(InputError, match="is there and no search has written it as it is"):
        tune.run(asked.job(WORDS))
    assert FakePool.asked == []


def refusal(*words: str) -> str:
    with pytest.raises(InputError) as refused:
        tune.run(asked.job(["main.action=tune", *words]))
    return str(refused.value)


def test_what_a_search_refuses_before_any_trial(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refusal().startswith("main.action=tune needs a space: add search=NAME, choose from: ")
    said = refusal("search=mine", "search.parameters.x={key: model.txt, low: 1, high: 2}")
    assert said.startswith("search.parameters.x: unknown key model.txt: did you mean 'text'?")
    assert refusal("search=mine", "~model.estimator.max_depth") == (
        "~model.estimator.max_depth: a search cannot leave a key out; give it null"
    )

    assert refusal("search=mine", "search.name=../x").startswith("search.name must be letters, dig")

    def missing(_: str) -> str:
        raise PackageNotFoundError

    for found in (missing, lambda _: "4.9.0"):
        monkeypatch.setattr(tune, "version", found)
        assert refusal("search=mine").startswith("main.action=tune needs Optuna 5: uv sync --extra")


def test_a_search_takes_from_the_config_what_its_file_leaves_open(repository: Path) -> None:
    search = tune.settled(asked.job([*WORDS, "gate.metric=auc", "search.folds=3"]))
    assert (search.metric, search.folds, search.seed, search.name) == ("auc", 3, 42, "mine")
