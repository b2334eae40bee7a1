"""What a picture shows, in one sentence, also where something is not defined."""

from typing import cast

import pytest

from pipeline.judging.evaluation import ClassEstimates, ColumnImportance, Curve, bare
from pipeline.judging.pictures import captions


def rows(**values: float | None) -> list[ClassEstimates]:
    rest = {"support": 1, "auc": bare(None), "precision": bare(None), "recall": bare(None)}
    return [cast("ClassEstimates", {"class": name, "f1": bare(value)} | rest)
            for name, value in values.items()]  # fmt: skip


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
def test_extremes(given: list[ClassEstimates], said: str) -> None:
    assert captions.f1(given) == said


def test_half_of_the_rows_at_the_best_precision_that_reaches_them() -> None:
    curves: list[Curve] = [
        {"class": "a", "x": [0.0, 0.5, 1.0], "y": [1.0, 0.7, 0.2]},
        {"class": "b", "x": [0.0, 0.4, 1.0], "y": [1.0, 0.9, 0.1]},
    ]
    said = captions.half_recall(curves)
    assert "lowest for b (0.100) and highest for a (0.700)" in said
    level = [cast("Curve", {**curve, "y": [1.0, 1.0, 1.0]}) for curve in curves]
    said = "Half of the rows of every class are found at a precision of 1.000."
    assert captions.half_recall(level) == said
    assert captions.half_recall([]) == "No class has a curve that reaches half of its rows."
    assert captions.half_recall(curves[:1]).endswith("of a are found at a precision of 0.700.")


def test_calibration_is_weighted_by_rows() -> None:
    curve = {"class": "all", "predicted": [0.2, 0.8], "observed": [0.1, 0.8], "rows": [30, 10]}
    assert captions.calibration_gap(curve) == pytest.approx(0.075)
    assert "off by 0.075 on average" in captions.calibration([curve])
    empty = {"class": "a", "predicted": [], "observed": [], "rows": []}
    assert captions.calibration([empty]) == "Calibration is not defined: no bin has rows."
    both = captions.calibration([curve, curve | {"class": "Pop"}, empty])
    assert both.endswith("0.075 over all; of the classes most for Pop (0.075).")


def test_importances_count_those_that_may_be_nothing() -> None:
    given: list[ColumnImportance] = [
        {"feature": "a", "impurity": None, "permutation": 0.2, "low": 0.1, "high": 0.3},
        {"feature": "b", "impurity": None, "permutation": 0.0, "low": -0.1, "high": 0.1},
    ]
    said = "Shuffling a costs most (0.200); for 1 feature the interval reaches 0."
    assert captions.importances(given) == said
    assert captions.importances([]) == "No importance was measured."


def test_confusions() -> None:
    pair = {"truth": "a", "predicted": "b", "rows": 3, "share": 0.305}
    assert captions.confusions([pair]) == "The most frequent confusions: 30 % of a as b."
    assert captions.confusions([]) == "Every row is predicted as what it is."
