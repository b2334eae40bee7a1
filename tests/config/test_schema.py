"""What the config may hold: types, ranges, keys; and what becomes of it once it is checked."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationKeyError

from pipeline.config import schema
from pipeline.config.evaluate import METRICS
from pipeline.config.loader import defaults
from pipeline.config.preprocess import Preprocess
from pipeline.errors import InputError
from tests.conftest import ROOT

SMALLEST = [
    "main.project_name=p", "main.experiment_name=e", "main.random_seed=1",
    "main.artifact_store=artifacts", "tracking.wandb=auto", "tracking.timeout=1",
    "tracking.upload_timeout=1", "data.file_url=f", "data.description=d", "data.target=genre",
    "data.test_size=0.3", "data.val_size=0.3", "data.ks_alpha=0.05",
    "data.segregate.test_size=0.3", "data.segregate.random_state=1",
    "data.checks.columns.c.type=number",
]  # fmt: skip


def config(*pairs: str, without: str = "") -> DictConfig:
    """The smallest whole config, without one of its pairs (key=value), with others on top."""
    given = OmegaConf.from_dotlist([*(pair for pair in SMALLEST if pair != without), *pairs])
    merged = OmegaConf.merge(defaults(schema.Config), given)
    assert isinstance(merged, DictConfig)
    return merged


def checked(given: DictConfig, root: Path = ROOT) -> schema.Config:
    return schema.checked(given, root)


def value_of(result: Any, key: str) -> Any:
    for part in key.split("."):
        result = result[part] if isinstance(result, dict) else getattr(result, part)
    return result


SHARES = ["data.test_size", "data.val_size", "data.ks_alpha", "data.segregate.test_size"]
SEEDS = ["main.random_seed", "data.segregate.random_state"]
MISSING = "data.checks.columns.c.max_missing"
NOT_NEGATIVE = ["data.checks.columns.c.drift", "data.checks.drift.numeric"]
PARTS = ["data.checks.drift.categorical", "data.checks.drift.missing"]
COUNTS = {"resamples": 100, "slice_resamples": 100, "small_slice": 1, "permutation_rows": 10,
          "permutation_repeats": 2, "permutation_budget": 1}  # fmt: skip
CHOICES = {
    "main.env_manager": ["auto", "local", "uv", "conda", "virtualenv"],
    "data.checks.columns.c.type": ["number", "integer", "text", "boolean", "date", "any"],
    "main.action": schema.ACTIONS,
    "tracking.wandb": ["auto", "online", "offline", "disabled"],
    "model.numeric.imputation": ["median", "mean", "none"],
    "model.categorical.imputation": ["most_frequent"],
    "model.categorical.encoding": ["ordinal", "one_hot"],
    "model.stop_metric": METRICS,
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, value) for key in SHARES for value in (1e-9, 0.5, 1 - 1e-9)),
        *((key, value) for key in SEEDS for value in (0, 2**32 - 1)),
        *((MISSING, value) for value in (0.0, 1.0)),
        ("data.checks.min_rows", 1),
        *((f"judging.{name}", least) for name, least in COUNTS.items()),
        *((key, value) for key in NOT_NEGATIVE for value in (0.0, 7.5)),
        *((key, value) for key in PARTS for value in (0.0, 1.0)),
        ("data.checks.drift.class_ratio", 1.001),
        ("model.folds", 2),
        ("main.workers", 1),
        *((key, value) for key, choices in CHOICES.items() for value in choices),
    ],
)
def test_accepted_up_to_the_border(key: str, value: Any) -> None:
    assert value_of(checked(config(f"{key}={value}")), key) == value


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        *((k, v, "greater than 0 and less than 1") for k in SHARES for v in (0.0, 1.0, -0.1, 1.5)),
        *((SHARES[0], value, "greater than 0") for value in (float("nan"), float("inf"))),
        *((k, v, "at least 0 and at most 4294967295") for k in SEEDS for v in (-1, 2**32)),
        *((MISSING, v, "at least 0 and at most 1") for v in (-0.001, 1.001, float("nan"))),
        ("data.checks.min_rows", 0, "at least 1"),
        *((f"judging.{name}", n - 1, f"at least {n}") for name, n in COUNTS.items()),
        *((key, -0.1, "at least 0") for key in NOT_NEGATIVE),
        *((k, v, "at least 0 and at most 1") for k in PARTS for v in (-0.1, 1.1)),
        ("data.checks.drift.class_ratio", 1.0, "greater than 1"),
        ("model.folds", 1, "at least 2"),
        ("main.workers", 0, "at least 1"),
        *((key, "other", f"one of {', '.join(choices)}") for key, choices in CHOICES.items()),
    ],
)
def test_refused_beyond_the_border(key: str, value: Any, allowed: str) -> None:
    written = f".{value}" if str(value) in ("nan", "inf") else value
    with pytest.raises(InputError) as caught:
        checked(config(f"{key}={written}"))
    said = str(caught.value)
    assert allowed in said.removeprefix(f"{key} must be ")
    assert f", got {value!r}" in said


def test_numbers_to_stop_below_are_for_folds_that_there_are() -> None:
    given = checked(config("model.folds=3", "model.stop_below=[0.5,0.6,0.7]"))
    assert given.model.stop_below == [0.5, 0.6, 0.7]
    with pytest.raises(InputError, match=r"^model\.stop_below=\[0\.5\]: there are no folds"):
        checked(config("model.stop_below=[0.5]"))
    with pytest.raises(InputError, match=r"2\.0\]: 3 numbers for model\.folds=2; give one"):
        checked(config("model.folds=2", "model.stop_below=[0.5,1,2]"))


@pytest.mark.parametrize("pair", SMALLEST)
def test_what_must_be_given(pair: str) -> None:
    key = pair.partition("=")[0]
    with pytest.raises(InputError) as caught:
        checked(config("data.checks.columns.c.min=0", without=pair))
    assert str(caught.value) == f"{key} is missing; give it a value"


def test_an_interpolation_that_leads_nowhere() -> None:
    for pair in ("data.reference=${data.nothing}", "steps.get_data.sha256=${nothing}"):
        with pytest.raises(InterpolationKeyError) as caught:
            checked(config(pair))
        assert caught.value.full_key == pair.partition("=")[0]


@pytest.mark.parametrize(
    "pair", ["numeric=[tempo,genre]", "categorical=[genre]", "text=genre", "text=${data.target}"]
)
def test_the_target_is_no_feature(pair: str) -> None:
    with pytest.raises(InputError, match=r"^data\.features holds the target 'genre'.*remove it"):
        checked(config(f"data.features.{pair}"))


def test_features_of_another_dataset_do_not_matter_to_a_new_one() -> None:
    checked(config("data.features.numeric=[genre]", "main.action=infer_checks"))


def test_the_target_is_no_part_of_the_text_feature() -> None:
    text = ["data.preprocess.text={name: words, columns: [title, genre]}"]
    checked(config(*text))  # made, but no feature
    with pytest.raises(InputError, match=r"^data\.preprocess\.text\.columns holds the target"):
        checked(config(*text, "data.features.text=words"))


STEPS = [
    "steps.get_data.file_url=f", "steps.preprocess.input_artifact=raw_data.parquet:latest",
    "steps.preprocess.artifact_name=t.csv", "steps.segregate.input_artifact=t.csv",
    "steps.train_random_forest.train_data=data_train.csv:latest",
    "steps.train_random_forest.model_config=m.yaml", "steps.evaluate.test_data=data_test.csv:v0",
    "steps.evaluate.model_export=model_export:latest",
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("main.project_name", "team/songs", "must be at most 128 printable characters"),
        ("main.experiment_name", "x" * 101, "must be at most 100 printable characters"),
        ("main.artifact_store", " ", "must be a folder, or s3://bucket/prefix"),
        ("main.folder", "", "must be a folder"),
        ("main.artifact", "../x:v0", "must be NAME:ALIAS or NAME:vN"),
        ("gate.champion", "model_export:007", "must be NAME:ALIAS with an alias that stays"),
        ("gate.champion", "m:best.one", "must be NAME:ALIAS with an alias that stays"),
        ("gate.registered_model", "a/b", "must be at most 128 printable characters"),
        ("data.reference", "a:b:c", "must be NAME:ALIAS or NAME:vN"),
        ("steps.get_data.artifact_name", "/abs/x.csv", "must be a name of at most 128 letters"),
        ("steps.get_data.artifact_name", "x.json", "that ends in .csv or .parquet; an alias or"),
        ("steps.preprocess.input_artifact", "a/b:v0", "must be NAME:ALIAS or NAME:vN"),
        ("steps.preprocess.artifact_type", "job", "must be at most 128 characters without / and"),
        ("steps.segregate.artifact_root", "a/b", "must be the beginning of names of at most 128"),
        ("steps.segregate.format", "xml", "must be csv or parquet, got 'xml'"),
        ("steps.train_random_forest.export_artifact", "model_export:v9", "must be a name of at mo"),
    ],
)
def test_names_are_checked_before_any_work(key: str, value: str, said: str) -> None:
    checked(config(*STEPS))
    with pytest.raises(InputError) as caught:
        checked(config(*STEPS, f"{key}={value!r}"))
    assert str(caught.value).startswith(f"{key} {said}" if "must" in said else key)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("pair", "line"),
    [
        ("steps.preprocess.artifact_name=raw_data.parquet", "steps.preprocess.artifact_name: the "
         "artifact raw_data.parquet is made by steps.get_data.artifact_name already; give one of "),
        ("steps.evaluate.gate_artifact=evaluation.json", "steps.evaluate.gate_artifact: the artif"),
        ("steps.evaluate.artifact_name=data_test.csv", "steps.evaluate.artifact_name: the artifact"
         " data_test.csv is made by steps.segregate.artifact_root already"),
    ],
)  # fmt: skip
def test_two_outputs_of_one_name(pair: str, line: str) -> None:
    with pytest.raises(InputError) as caught:
        checked(config(*STEPS, pair))
    assert str(caught.value).startswith(line)


def test_a_bare_reference_means_the_newest() -> None:
    """So it is pinned, and its content is in the step's key."""
    steps = checked(config(*STEPS)).steps
    assert steps["segregate"]["input_artifact"] == "t.csv:latest"
    assert steps["evaluate"]["test_data"] == "data_test.csv:v0"


MLPROJECT = """
name: demo
entry_points:
  main:
    command: exec python run.py
    parameters:
      name: {type: string}
      size: {type: float, default: 0.5}
      config: {type: string, schema: Preprocess, default: "null"}
      own: {type: string, default: "null"}
"""


def test_interpolations_are_resolved_and_steps_are_plain(tmp_path: Path) -> None:
    """Also of a step that somebody has added, whose own mapping no class describes."""
    for step in "ab":
        (tmp_path / step).mkdir()
        (tmp_path / step / "MLproject").write_text(MLPROJECT)
    given = config(
        "data.stratify=${data.target}", "data.features.numeric=[tempo]",
        "data.preprocess.text={name: words, columns: [title]}", "model.estimator={deep: {1: 2}}",
        "steps.b.name=${data.stratify}-${main.random_seed}", "steps.b.size=${data.test_size}",
        "steps.b.config=${data.preprocess}", "steps.a.own=[{of: '${data.features}'}]",
        "steps.a.name=x", "steps.a.size=1", "steps.a.config=${data.reference}",
    )  # fmt: skip
    before = given.copy()
    steps = checked(given, tmp_path).steps
    text = {"name": "words", "columns": ["title"]}
    preprocess = defaults(Preprocess) | {"text": text}
    features = {"numeric": ["tempo"], "categorical": [], "text": None}
    assert steps == {
        "b": {"name": "genre-1", "size": 0.3, "config": preprocess},
        "a": {"own": [{"of": features}], "name": "x", "size": 1.0, "config": None},
    }
    assert list(steps) == ["b", "a"]  # they run in this order
    assert yaml.safe_load(yaml.safe_dump(steps)) == steps
    assert given == before
    with pytest.raises(InputError, match=r"^steps\.a\.name is missing; give it a value$"):
        checked(config("steps.a.size=1"), tmp_path)
    with pytest.raises(InputError, match=r"^unknown key steps\.a\.nmae: did you mean 'name'\?"):
        checked(config("steps.a.nmae=x"), tmp_path)
    with pytest.raises(InputError, match=r"^unknown key steps\.c: choose from: a, b$"):
        checked(config("steps.c.name=x"), tmp_path)


def test_an_mlproject_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "MLproject"
    for right, wrong, line in [
        ("type: float", "type: flaot", f"{file}: entry_points.main.parameters.size.type must be"),
        ("default: 0.5", "defualt: 1", f"unknown key {file}: entry_points.main.parameters.size.d"),
        ("Preprocess", "Preproces", f"{file}: schema of config: did you mean 'Preprocess'?"),
        ("name: demo", "[", f"{file}: while parsing"),
    ]:
        file.write_text(MLPROJECT.replace(right, wrong))
        with pytest.raises(InputError) as caught:
            checked(config("steps.a.name=x", "steps.a.config=null"), tmp_path)
        assert str(caught.value).startswith(line)
