"""Which steps run, and what they are given."""

from pathlib import Path

import pytest
import yaml

from pipeline.config import steps
from pipeline.errors import InputError

ORDER = ["get", "clean", "split", "train"]


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("all", ORDER),
        ("split", ["split"]),
        ("train,get", ["get", "train"]),
        (["train", "get"], ["get", "train"]),
        ("clean:split", ["clean", "split"]),
        ("split:", ["split", "train"]),
        (":clean", ["get", "clean"]),
        ("get, split:train", ["get", "split", "train"]),
    ],
)
def test_select(wanted: str | list[str], chosen: list[str]) -> None:
    assert steps.select(wanted, ORDER) == chosen


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ("spilt", "did you mean 'split'"),
        ("split:clean", "write clean:split"),
        ("", "is empty"),
        ([], "is empty"),
        ("get:tran", "did you mean 'train'"),
    ],
)
def test_select_refuses(wanted: str | list[str], word: str) -> None:
    with pytest.raises(InputError, match=word):
        steps.select(wanted, ORDER)


def test_parameters(tmp_path: Path) -> None:
    values = {"a": "raw.csv:v3", "b": None, "c": 0.3, "d": {"ü": [1, None]}}
    given = steps.parameters("step", values, tmp_path)
    assert [given[k] for k in "abc"] == ["raw.csv:v3", "null", "0.3"]
    assert yaml.safe_load(Path(given["d"]).read_text()) == {"ü": [1, None]}
