"""Answers come in the order of their items, wherever they are worked out."""

import threading
import time

import pytest

from pipeline.engines.each import Each, here, in_threads


def doubled(number: int, by: int = 2) -> int:
    time.sleep(0.002 * (number % 3))  # some answers are there before those that come first
    return number * by


@pytest.mark.parametrize("each", [here, in_threads])
def test_answers_are_in_the_order_of_their_items(each: Each) -> None:
    assert list(each(doubled, range(40))) == list(range(0, 80, 2))
    assert list(each(doubled, range(5), 3)) == [0, 3, 6, 9, 12]
    assert list(each(doubled, [])) == []


def test_items_are_made_as_they_are_needed() -> None:
    made: list[int] = []

    def items():
        for number in range(3):
            made.append(number)
            yield number

    answers = here(doubled, items())
    assert next(answers) == 0
    assert made == [0]


def test_a_failure_is_raised_where_its_answer_would_be() -> None:
    def fails(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        return number

    before = {*threading.enumerate()}
    answers = in_threads(fails, range(100))
    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(answers)
    assert {*threading.enumerate()} <= before
