"""What a step's parameters are called in the config, and in what two configs differ."""

from omegaconf import OmegaConf

from pipeline.config.origin import Sources

CONFIG = """
main: {seed: 42}
data: {test_size: 0.3, odd.name: 1, none: null, way: {size: "${data.test_size}"}}
model: {estimator: {depth: 2}}
steps:
  check: {artifact_name: checks.json}
  split:
    input: raw_${main.seed}:latest
    size: ${data.way.size}
    seed: ${main.seed}
    checks: ${steps.check.artifact_name}
    config: {model: "${model}", none: "${data.none}", fixed: {a: 1}}
"""


def test_parameters_have_the_names_of_the_config() -> None:
    values = {
        "input": "raw_42:v0", "size": 0.3, "seed": 42, "checks": "checks.json",
        "config": {"model": {"estimator": {"depth": 2, "filled": None}}, "none": None,
                   "fixed": {"a": 1}, "empty": {}},
    }  # fmt: skip
    assert Sources(OmegaConf.create(CONFIG)).named("split", values) == {
        "input": "raw_42:v0", "data.test_size": 0.3, "main.seed": 42, "checks": "checks.json",
        "model.estimator.depth": 2, "data.none": None, "config.fixed.a": 1,
    }  # fmt: skip


def test_a_value_that_is_drawn_from_another_one_does_not_differ_by_itself() -> None:
    one, other = (Sources(OmegaConf.create(CONFIG)) for _ in range(2))
    assert one.differing(other) == []
    changed = OmegaConf.create(CONFIG)
    OmegaConf.update(changed, "data.test_size", 0.2)
    OmegaConf.update(changed, "model.estimator.more", None, force_add=True)
    paths = [("data", "test_size"), ("model", "estimator", "more")]
    assert Sources(changed).differing(one) == paths
