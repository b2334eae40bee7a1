"""What the config may say of an engine."""

from dataclasses import asdict

import pytest

from pipeline.context import LOCAL
from pipeline.engines.settings import Engine, check_engine
from pipeline.errors import InputError


def test_the_plain_engine_is_this_process() -> None:
    assert asdict(Engine()) == LOCAL
    check_engine(Engine())


@pytest.mark.parametrize("about", [{"address": "tcp://h:8786"}, {"workers": 2}])
def test_what_only_dask_takes(about: dict[str, object]) -> None:
    check_engine(Engine(name="dask", **about))
    with pytest.raises(InputError, match=f"engine.{next(iter(about))}=.* give engine=dask"):
        check_engine(Engine(**about))
