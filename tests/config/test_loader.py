"""The same mistake is refused in the same words, whichever way it comes in."""

import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir

from pipeline.config import root_config, schema
from pipeline.config.overrides import CONFIG_ERRORS, from_argv
from pipeline.errors import InputError
from pipeline.screen.mistakes import explain
from tests.conftest import ROOT


def nested(key: str, value: object) -> Any:
    """Return {a: {b: value}} of a.b."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


def flow(value: object) -> str:
    """Return a value as a person writes it on one line."""
    line = yaml.safe_dump(value, default_flow_style=True, width=10**6).splitlines()[0]
    return line.replace(".nan", "nan").replace(".inf", "inf")  # as Hydra writes them


class Ways:
    """A copy of the config in which a value is given in one of the ways that there are."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("conf", *(p.parent.name for p in ROOT.glob("*/MLproject"))):
            keep = shutil.ignore_patterns("*.py", "*.lock", "mlruns", "mlflow.db")
            shutil.copytree(ROOT / name, root / name, ignore=keep)
        shutil.copy(ROOT / "config.yaml", root)

    def checked(self, *argv: str) -> schema.Config:
        conf = self.root / "conf"
        try:
            root_config.register(self.root)
            with initialize_config_dir(str(conf), version_base="1.3"):
                return schema.checked(compose("config", from_argv(list(argv))), self.root)
        except CONFIG_ERRORS as error:  # as main.py does
            raise explain(error, conf) from error

    def config_yaml(self, key: str, value: object) -> None:
        file = self.root / "config.yaml"
        text = file.read_text(encoding="utf-8").replace("  - _self_\n", "")  # it is to come last
        content = yaml.safe_load(text.replace("  - override", "  - _self_\n  - override", 1))
        *parts, last = key.split(".")
        inner = content
        for part in parts:
            if not isinstance(inner.get(part), dict):  # such as ${data.checks}
                inner[part] = {}
            inner = inner[part]
        inner[last] = value
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        self.checked()

    def conf(self, key: str, value: object) -> None:
        (self.root / "conf/experiment/bad.yaml").write_text(
            "# @package _global_\n" + yaml.safe_dump(nested(key, value)), encoding="utf-8"
        )
        self.checked("experiment=bad")

    def override(self, key: str, value: object) -> None:
        self.checked(f"{key}={flow(value)}")

    def plus(self, key: str, value: object) -> None:
        self.checked(f"+{key}={flow(value)}")

    def forced(self, key: str, value: object) -> None:
        self.checked(f"++{key}={flow(value)}")

    def parameter(self, key: str, value: object) -> None:
        self.checked("--steps=", "--hydra-options=", f"--{key}", flow(value))

    def hydra_options(self, key: str, value: object) -> None:
        self.checked("--steps=", f"--hydra-options={shlex.quote(f'{key}={flow(value)}')}")


WAYS: list[Callable[[Ways, str, object], None]] = [
    Ways.config_yaml, Ways.conf, Ways.override, Ways.plus, Ways.forced, Ways.parameter,
    Ways.hydra_options,
]  # fmt: skip


@pytest.fixture
def ways(tmp_path: Path) -> Iterator[Ways]:
    yield Ways(tmp_path)
    root_config.register(ROOT)


SHARE = "must be a number, greater than 0 and less than 1, got"
ENERGY = "data.checks.columns.energy"
FITS = "must be NAME:ALIAS with an alias that stays, as model_export:champion, or null, got"
# Keys that config.yaml holds itself or that nothing after it gives: so every way can give them.
MISTAKES: list[tuple[str, object, str]] = [
    # unknown keys
    ("data.tset_size", 0.2, "unknown key data.tset_size: did you mean 'test_size'? choose from: "),
    ("modle.x", 3, "unknown key modle: did you mean 'model'? choose from: main, tracking, data, "),
    ("data.preprocess.drop_duplicate", False, "unknown key data.preprocess.drop_duplicate: did "),
    (f"{ENERGY}.mni", 1, f"unknown key {ENERGY}.mni: did you mean 'min'? choose from: type, min, "),
    ("gate.overall.acu", 0.5, "unknown key gate.overall.acu: did you mean 'auc'? choose from: "),
    ("model.numeric.scale", True, "unknown key model.numeric.scale: did you mean 'scaling'? "),
    ("model.text.max_feature", 3, "unknown key model.text.max_feature: did you mean 'max_features"),
    ("steps.segregat.test_size", 0.1, "unknown key steps.segregat: did you mean 'segregate'? "),
    ("steps.segregate.tset_size", 0.1, "unknown key steps.segregate.tset_size: did you mean 'tes"),
    ("steps.segregate.audit.max_leek", 0.1, "unknown key steps.segregate.audit.max_leek: did you"),
    ("steps.evaluate.config.gate.margn", 1, "unknown key steps.evaluate.config.gate.margn: did y"),
    ("steps.train_random_forest.model_config.modl", {}, "unknown key steps.train_random_forest.mo"),
    # wrong types
    ("data.test_size", "abc", f"data.test_size {SHARE} 'abc'"),
    ("data.test_size", "0.9", f"data.test_size {SHARE} '0.9'; leave out the quotes"),
    ("data.test_size", True, f"data.test_size {SHARE} true"),
    ("data.test_size", None, f"data.test_size {SHARE} null"),
    ("data.test_size", [0.1], f"data.test_size {SHARE} [0.1]"),
    ("data.test_size", {"a": 1}, f"data.test_size {SHARE} {{'a': 1}}"),
    ("main.random_seed", 1.5, "main.random_seed must be a whole number, at least 0 and at most 4"),
    ("main.random_seed", True, "main.random_seed must be a whole number, at least 0 and at most "),
    ("main.report", "no", "main.report must be true or false, got 'no'"),
    ("main.report", 1, "main.report must be true or false, got 1"),
    ("main.report", "true", "main.report must be true or false, got 'true'; leave out the quotes"),
    ("main.project_name", 5, "main.project_name must be text, got 5; put it in quotes"),
    ("main.project_name", True, "main.project_name must be text, got true; put it in quotes"),
    ("main.project_name", None, "main.project_name must be text, got null"),
    ("main.artifact", 5, "main.artifact must be text or null, got 5; put it in quotes"),
    ("main.force", "evaluate", "main.force must be a list, got 'evaluate'"),
    ("main.force", {"evaluate": 1}, "main.force must be a list, got {'evaluate': 1}"),
    ("main.force", None, "main.force must be a list, got null"),
    ("main.force", ["a", ["b"]], "main.force[1] must be text, got ['b']"),
    ("gate.overall", [1], "gate.overall must be a mapping, got [1]"),
    ("gate.overall", 1, "gate.overall must be a mapping, got 1"),
    ("gate.overall.auc", True, "gate.overall.auc must be a number or null, got true"),
    (f"{ENERGY}.min", "low", f"{ENERGY}.min must be a number or null, got 'low'"),
    (f"{ENERGY}.allowed", [1, None], f"{ENERGY}.allowed[1] must be text, a whole number, a numbe"),
    (ENERGY, None, f"{ENERGY} must be a mapping, got null"),
    ("data.features.numeric", ["a", 2], "data.features.numeric[1] must be text, got 2; put it in"),
    ("steps.segregate.test_size", "x", "steps.segregate.test_size must be a number, got 'x'"),
    ("steps.segregate.random_state", 0.5, "steps.segregate.random_state must be a whole number, "),
    ("steps.segregate.stratify", 5, "steps.segregate.stratify must be text, a mapping"),
    ("steps.segregate.artifact_root", None, "steps.segregate.artifact_root must be text, got null"),
    ("steps.segregate.group_by", [1], "steps.segregate.group_by[0] must be text, got 1; put it i"),
    ("steps.segregate.audit", True, "steps.segregate.audit must be text, a mapping"),
    ("steps.check_data.config", [1], "steps.check_data.config must be text, a mapping"),
    ("steps.get_data", 5, "steps.get_data must be a mapping, got 5"),
    # values out of range
    ("data.test_size", 1.5, f"data.test_size {SHARE} 1.5"),
    ("data.test_size", 0, f"data.test_size {SHARE} 0"),
    ("data.test_size", float("nan"), f"data.test_size {SHARE} nan"),
    ("data.test_size", float("inf"), f"data.test_size {SHARE} inf"),
    (f"{ENERGY}.min", float("nan"), f"{ENERGY}.min must be a number or null, got nan"),
    ("gate.margin", -0.1, "gate.margin must be a number, at least 0, got -0.1"),
    ("gate.margin", 10**400, "gate.margin must be a number, at least 0, got 1000"),
    ("gate.metric", "acuracy", "gate.metric must be one of auc, f1, accuracy, precision, recall, "
     "balanced_accuracy, average_precision, mcc, log_loss, brier, ece, rmse, mae, r2, "
     "median_absolute_error, mape, pinball, or null, got 'acuracy'; did you mean 'accuracy'?"),
    ("gate.metric", 5, "gate.metric must be one of auc, f1, accuracy, precision, recall, balanced"),
    ("gate.champion", "model_export:v3", f"gate.champion {FITS} 'model_export:v3'"),
    ("gate.champion", "model_export", f"gate.champion {FITS} 'model_export'"),
    ("judging.resamples", 10, "judging.resamples must be a whole number, at least 100, got 10"),
    ("steps.evaluate.config.gate.margin", -1, "steps.evaluate.config.gate.margin must be a numbe"),
    # missing
    ("data.checks.columns.new", {"min": 1}, "data.checks.columns.new.type is missing; give it a"),
    ("data.checks.columns.new", {}, "data.checks.columns.new.type is missing; give it a value"),
    ("data.features", {"text": "${data.tetx}"}, "data.features.text: Interpolation key 'data.tet"),
]  # fmt: skip


# Every way for every twelfth mistake, the others by one way in turn.
PAIRS = [
    (way, *mistake)
    for number, mistake in enumerate(MISTAKES)
    for turn, way in enumerate(WAYS)
    if number % 12 == 0 or (number + turn) % len(WAYS) == 0
]


@pytest.mark.parametrize(("way", "key", "value", "line"), PAIRS)
def test_a_mistake_in_the_config(
    ways: Ways, way: Callable[[Ways, str, object], None], key: str, value: object, line: str
) -> None:
    with pytest.raises(InputError) as caught:
        way(ways, key, value)
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)
