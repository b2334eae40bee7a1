"""The config's list of methods is that of the code."""

from pipeline.config import segregate
from pipeline.splits import division


def test_the_config_names_every_method() -> None:
    assert list(division.METHODS) == segregate.METHODS
