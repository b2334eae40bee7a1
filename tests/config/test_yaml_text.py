"""YAML is read as Hydra reads it."""

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf._utils import get_yaml_loader

from pipeline.config import yaml_text

NUMBERS = st.text("0123456789+-._eExX:abnifNIF", max_size=10)


@given(st.text("0123456789+-._eE:", max_size=10) | NUMBERS)
@settings(max_examples=500, deadline=None)
def test_scalars_are_those_of_omegaconf(text: str) -> None:
    def read(loader: type) -> str:
        try:
            return repr(yaml.load(text, loader))
        except (yaml.YAMLError, ValueError) as error:
            return type(error).__name__

    assert read(yaml_text.Loader) == read(get_yaml_loader())


def test_the_pattern_of_numbers_is_omegaconfs() -> None:
    ours, theirs = (
        {pattern.pattern.replace(" ", "").replace("\n", "") for tag, pattern in resolvers["1"]}
        for resolvers in (
            yaml_text.Loader.yaml_implicit_resolvers, get_yaml_loader().yaml_implicit_resolvers
        )
    )  # fmt: skip
    assert ours == theirs
