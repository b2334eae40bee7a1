"""What a picture shows, in one sentence, also where something is not defined."""

from typing import Any

import pytest

from pipeline.report import findings, words


def rows(**values: float | None) -> list[dict[str, Any]]:
    return [{"class": name, "f1": {"value": value}} for name, value in values.items()]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            rows(Pop=0.2, Rap=0.9, Emo=None),
            "F1 is lowest for Pop (0.200) and highest for Rap (0.900).",
        ),
        (rows(Pop=0.2, Emo=None), "F1 of Pop is 0.200."),
        (rows(Pop=1.0, Rap=1.0), "F1 of every class is 1.000."),
        (rows(Emo=None), "F1 is not defined for any class."),
        ([], "F1 is not defined for any class."),
    ],
)
def test_extremes(given: list[dict[str, Any]], said: str) -> None:
    assert findings.extremes(given, "f1") == said


def test_half_of_the_rows_at_the_best_precision_that_reaches_them() -> None:
    curves = [
        {"class": "a", "x": [0.0, 0.5, 1.0], "y": [1.0, 0.7, 0.2]},
        {"class": "b", "x": [0.0, 0.4, 1.0], "y": [1.0, 0.9, 0.1]},
    ]
    said = findings.half_recall(curves)
    assert "lowest for b (0.100) and highest for a (0.700)" in said
    level = [curve | {"y": [1.0, 1.0, 1.0]} for curve in curves]
    said = "Half of the rows of every class are found at a precision of 1.000."
    assert findings.half_recall(level) == said
    assert findings.half_recall([]) == "No class has a curve that reaches half of its rows."
    assert findings.half_recall(curves[:1]).endswith("of a are found at a precision of 0.700.")


def test_calibration_is_weighted_by_rows() -> None:
    curve = {"class": "all", "predicted": [0.2, 0.8], "observed": [0.1, 0.8], "rows": [30, 10]}
    assert findings.calibration_gap(curve) == pytest.approx(0.075)
    assert "off by 0.075 on average" in findings.calibration([curve])
    empty = {"class": "a", "predicted": [], "observed": [], "rows": []}
    assert findings.calibration([empty]) == "Calibration is not defined: no bin has rows."
    both = findings.calibration([curve, curve | {"class": "Pop"}, empty])
    assert both.endswith("0.075 over all; of the classes most for Pop (0.075).")


def test_importances_count_those_that_may_be_nothing() -> None:
    given = [{"feature": "a", "permutation": 0.2, "low": 0.1, "high": 0.3},
             {"feature": "b", "permutation": 0.0, "low": -0.1, "high": 0.1}]  # fmt: skip
    said = "Shuffling a costs most (0.200); for 1 feature the interval reaches 0."
    assert findings.importances(given) == said
    assert findings.importances([]) == "No importance was measured."


def test_confusions() -> None:
    pair = {"truth": "a", "taken_for": "b", "rows": 3, "share": 0.305}
    assert findings.confusions([pair]) == "The most frequent confusions: 30 % of a as b."
    assert findings.confusions([]) == "Every row is predicted as what it is."


def test_numbers_and_counts_in_words() -> None:
    assert words.number(None) == words.number(float("nan")) == words.NONE
    assert (words.number(-0.5), words.number(1234.5), words.number(0)) == (
        "−0.500",
        "1,234.500",
        "0.000",
    )
    assert words.number(0.00001) == "1.0e-05", "what is not nothing does not look like it"
    assert (words.signed(0.1), words.signed(-0.1)) == ("+0.100", "−0.100")
    assert [words.figure(n) for n in (69.0, 0.5, None)] == ["69", "0.500", words.NONE]
    assert [words.count(n, "step") for n in (0, 1, 2000)] == ["no steps", "1 step", "2,000 steps"]
    assert [words.listed(w) for w in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
    assert words.listed("abcdefg", 2) == "a, b and 5 more"
    assert words.command(["a=b c"]) == "python main.py 'a=b c'"
    assert words.moment("2026-01-02T03:04:05+00:00") == "2026-01-02 03:04 UTC"
