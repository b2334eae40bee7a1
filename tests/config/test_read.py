"""What data.read may hold."""

import pytest

from pipeline.config import loader
from pipeline.config.preprocess import Read
from pipeline.errors import InputError


def test_what_may_be_said() -> None:
    values = {"separator": "tab", "thousands": "", "encoding": "cp1252", "header": False,
              "dates": ["%d.%m.%Y", "%b %d, %y %I:%M %p"], "missing": ["?"]}  # fmt: skip
    assert loader.load(Read, values, "data.read") == Read(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("separator", ";;", "one character: ',' ';' "),
        ("separator", "", "one character: ',' ';' "),
        ("separator", '"', "one character: ',' ';' "),
        ("decimal", ";", "one of ., ,"),
        ("encoding", "klingon", "an encoding, as utf-8, cp1252"),
        ("quote", "''", "one character, or '' for none"),
        ("dates", ["%d.%m"], "a list of forms, as %d.%m.%Y"),
        ("dates", ["%d.%d.%m.%Y"], "a list of forms, as %d.%m.%Y"),
        ("dates", ["%d.%m.%Y %j"], "a list of forms, as %d.%m.%Y"),
        ("footer", -1, "a whole number, at least 0"),
    ],
)
def test_what_may_not(key: str, value: object, words: str) -> None:
    with pytest.raises(InputError, match=rf"^data\.read\.{key} must be ") as caught:
        loader.load(Read, {key: value}, "data.read")
    assert words in str(caught.value)
