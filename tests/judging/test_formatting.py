"""Figures, shares, counts and names as pictures and the report write them."""

from pipeline.judging import formatting
from pipeline.judging.formatting import count, listed, number


def test_numbers_and_counts_in_words() -> None:
    assert number(None) == number(float("nan")) == formatting.NONE
    assert (number(-0.5), number(1234.5), number(0)) == (
        "−0.500",
        "1,234.500",
        "0.000",
    )
    assert number(0.00001) == "1.0e-05", "what is not nothing does not look like it"
    assert (formatting.signed(0.1), formatting.signed(-0.1)) == ("+0.100", "−0.100")
    assert [formatting.figure(n) for n in (69.0, 0.5, None)] == ["69", "0.500", formatting.NONE]
    assert [count(n, "step") for n in (0, 1, 2000)] == ["no steps", "1 step", "2,000 steps"]
    assert [listed(w) for w in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
    assert listed("abcdefg", 2) == "a, b and 5 more"
