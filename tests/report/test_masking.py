"""No secret reaches the page, and what is none stays as it is."""

from typing import Any

import pytest

from pipeline.report.masking import masked

LONG = "Zm9vYmFyZm9vYmFyZm9vYmFy"


@pytest.mark.parametrize(
    "value",
    [
        "https://user:hunter2@host/t.csv",
        "s3://hunter2@bucket/t.csv",
        "data.file_url='https://host/t.csv?token=hunter2'",
        "https://host/t.csv?page=2&X-Amz-Signature=hunter2#x",
        "https://host/t.csv?sig=hunter2",
        "cannot read https://u:hunter2@h/a and https://u:hunter2@h/b",
        "data.password=hunter2",
        "AWS_SECRET_ACCESS_KEY: hunter2",
        {"password": "hunter2"},
        {"api_key": "hunter2", "x": [{"deep": ("https://h/?auth=hunter2",)}]},
        {"https://u:hunter2@h/": 1},
    ],
)
def test_a_secret_is_masked_wherever_it_stands(value: Any) -> None:
    assert "hunter2" not in str(masked(value))
    assert "***" in str(masked(value))


def test_a_long_value_of_a_query_is_taken_for_a_key() -> None:
    assert masked(f"https://host/t.csv?x={LONG}&page=2") == "https://host/t.csv?x=***&page=2"


@pytest.mark.parametrize(
    "value",
    [
        "https://host/t.csv?version=3",
        "assets/songs_sample.parquet",
        {"key": "0 to 11", "token_pattern": r"\w+", "n": 3, "none": None, "yes": True},
        ["R&B", "C++", "who@where"],
        1.5,
        None,
    ],
)
def test_what_is_no_secret_stays(value: Any) -> None:
    assert masked(value) == value
