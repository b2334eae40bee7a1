"""What the config may say of an engine."""

import pytest

from pipeline.engines.settings import LOCAL, Engine, check_engine
from pipeline.errors import InputError


def test_the_plain_engine_is_this_process() -> None:
    assert LOCAL == {"name": "local", "address": None, "workers": None}
    check_engine(Engine())


@pytest.mark.parametrize("about", [{"address": "tcp://h:8786"}, {"workers": 2}])
def test_what_only_dask_takes(about: dict[str, object]) -> None:
    check_engine(Engine(name="dask", **about))
    with pytest.raises(InputError, match=f"engine.{next(iter(about))}=.* give engine=dask"):
        check_engine(Engine(**about))
