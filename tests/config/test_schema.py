"""What the config may hold: types, ranges, keys; and what becomes of it once it is checked."""

from typing import Any

import pytest
import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from pipeline.config import schema
from pipeline.errors import InputError

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
    merged = OmegaConf.merge(OmegaConf.structured(schema.Config), given)
    assert isinstance(merged, DictConfig)
    return merged


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
          "permutation_repeats": 2}  # fmt: skip
CHOICES = {
    "main.env_manager": ["auto", "local", "uv", "conda", "virtualenv"],
    "data.checks.columns.c.type": ["number", "integer", "text", "boolean", "date", "any"],
    "main.action": schema.ACTIONS,
    "tracking.wandb": ["auto", "online", "offline", "disabled"],
    "model.numeric.imputation": ["median", "mean", "none"],
    "model.categorical.imputation": ["most_frequent"],
    "model.categorical.encoding": ["ordinal", "one_hot"],
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
        *((key, value) for key, choices in CHOICES.items() for value in choices),
    ],
)
def test_accepted_up_to_the_border(key: str, value: Any) -> None:
    assert value_of(schema.checked(config(f"{key}={value}")), key) == value


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
        *((key, "other", f"one of {choices}") for key, choices in CHOICES.items()),
    ],
)
def test_refused_beyond_the_border(key: str, value: Any, allowed: str) -> None:
    written = f".{value}" if str(value) in ("nan", "inf") else value
    with pytest.raises(InputError) as caught:
        schema.checked(config(f"{key}={written}"))
    said = str(caught.value)
    assert said.startswith(f"{key} must be {allowed}")
    assert said.endswith(f", got {value!r}")


@pytest.mark.parametrize(
    ("pair", "word"),
    [
        ("data.test_size=abc", "could not be converted to Float"),
        ("main.random_seed=1.5", "could not be converted to Integer"),
        ("data.preprocess.drop_duplicates=maybe", "not a valid bool"),
        ("data.target=null", "Incompatible value 'None'"),
        ("data.features.numeric=tempo", "not a ListConfig"),
        ("data.checks.columns.a=5", "not a subclass of Column"),
        ("steps.get_data=5", "incompatible with type hint"),
        ("data.tset_size=0.2", "Key 'tset_size' not in 'Data'"),
        ("main.step=all", "Key 'step' not in 'Main'"),
        ("data.checks.columns.c.mx=1", "Key 'mx' not in 'Column'"),
        ("data.checks.drift.numric=1", "Key 'numric' not in 'Drift'"),
        ("data.checks.warn=drift", "not a ListConfig"),
        ("judging.resample=200", "Key 'resample' not in 'Judging'"),
        ("data.slices=tempo", "not a ListConfig"),
        ("model.allowed=sklearn", "not a ListConfig"),
        ("model.trusted_types=numpy", "not a ListConfig"),
        ("modle={}", "Key 'modle' not in 'Config'"),
        ("data.reference=${data.nothing}", "'data.nothing' not found"),
        ("steps.get_data.url=${nothing}", "'nothing' not found"),
        ("data.segregate.test_size=${data.target}", "could not be converted to Float"),
    ],
)
def test_wrong_types_and_keys_are_named(pair: str, word: str) -> None:
    with pytest.raises(OmegaConfBaseException, match=word) as caught:
        schema.checked(config(pair))
    assert caught.value.full_key == pair.partition("=")[0]


@pytest.mark.parametrize("pair", SMALLEST)
def test_what_must_be_given(pair: str) -> None:
    with pytest.raises(MissingMandatoryValue) as caught:
        schema.checked(config("data.checks.columns.c.min=0", without=pair))
    assert caught.value.full_key == pair.partition("=")[0]


@pytest.mark.parametrize(
    "pair", ["numeric=[tempo,genre]", "categorical=[genre]", "text=genre", "text=${data.target}"]
)
def test_the_target_is_no_feature(pair: str) -> None:
    with pytest.raises(InputError, match=r"^data\.features holds the target 'genre'.*remove it"):
        schema.checked(config(f"data.features.{pair}"))


def test_features_of_another_dataset_do_not_matter_to_a_new_one() -> None:
    schema.checked(config("data.features.numeric=[genre]", "main.action=infer_checks"))


def test_the_target_is_no_part_of_the_text_feature() -> None:
    text = ["data.preprocess.text={name: words, columns: [title, genre]}"]
    schema.checked(config(*text))  # made, but no feature
    with pytest.raises(InputError, match=r"^data\.preprocess\.text\.columns holds the target"):
        schema.checked(config(*text, "data.features.text=words"))


def test_interpolations_are_resolved_and_steps_are_plain() -> None:
    given = config(
        "data.stratify=${data.target}", "data.features.numeric=[tempo]",
        "data.preprocess.text={name: words, columns: [title]}", "model.estimator={deep: {1: 2}}",
        "steps.b.name=${data.stratify}-${main.random_seed}", "steps.b.size=${data.test_size}",
        "steps.b.config=${data.preprocess}", "steps.a.made=[{of: '${data.features}'}]",
        "steps.a.parameters=${model.estimator}", "steps.a.none=${data.reference}",
    )  # fmt: skip
    before = given.copy()
    steps = schema.checked(given).steps
    text = {"name": "words", "columns": ["title"]}
    preprocess = {"drop_duplicates": True, "drop_constant": False, "text": text}
    features = {"numeric": ["tempo"], "categorical": [], "text": None}
    assert steps == {
        "b": {"name": "genre-1", "size": 0.3, "config": preprocess},
        "a": {"made": [{"of": features}], "parameters": {"deep": {1: 2}}, "none": None},
    }
    assert list(steps) == ["b", "a"]  # they run in this order
    assert yaml.safe_load(yaml.safe_dump(steps)) == steps
    assert given == before


def test_a_config_without_the_schema() -> None:
    with pytest.raises(AssertionError, match="`schema`"):
        schema.checked(OmegaConf.create({"data": {"test_size": 0.3}}))
