"""Figures, shares, counts and names as pictures and the report write them."""

import pytest

from pipeline.judging import formatting
from pipeline.judging.formatting import count, listed, number


def test_numbers_and_counts_in_words() -> None:
    assert number(None) == number(float("nan")) == formatting.UNDEFINED
    assert (number(-0.5), number(1234.5), number(0)) == (
        "−0.500",
        "1,234.500",
        "0.000",
    )
    assert number(0.00001) == "1.0e-05", "what is not nothing does not look like it"
    assert (formatting.signed(0.1), formatting.signed(-0.1)) == ("+0.100", "−0.100")
    assert [formatting.figure(n) for n in (69.0, 0.5, None)] == [
        "69",
        "0.500",
        formatting.UNDEFINED,
    ]
    assert [count(n, "step") for n in (0, 1, 2000)] == ["no steps", "1 step", "2,000 steps"]
    assert [listed(w) for w in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
    assert listed("abcdefg", 2) == "a, b and 5 more"


def test_a_cell_has_one_word_for_none_and_one_form_for_numbers() -> None:
    assert [formatting.cell(v) for v in (None, "", 4836, -1.5, True, "a")] == [
        "none", "none", "4,836", "−1.5", "True", "a",
    ]  # fmt: skip
    assert [formatting.compact(n) for n in (None, 2302, -0.00123456)] == [
        "none", "2,302", "−0.001235",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("'007' 41.07% of 4836 rows, -1.50 to inf", "'007' 41.07 % of 4,836 rows, −1.5 to ∞"),
        ("-inf to 10000.0", "−∞ to 10,000"),
        ("1,000 rows (p 8.3e-65)", "1,000 rows (p 8.3e-65)"),
        ("2026-01-01 in int64 of t.csv:v0", "2026-01-01 in int64 of t.csv:v0"),
        ("", "none"),
    ],
)
def test_texts_of_steps_have_the_numbers_of_the_page(written: str, shown: str) -> None:
    assert formatting.tidy(written) == shown
