"""What test rows leave unsaid, and what the gate makes of it."""

from typing import Any

import numpy as np
import pytest

from evaluate import gate
from evaluate.weaknesses import weaknesses
from pipeline.config.evaluate import Gate

CHAMPION = "model_export:champion"


def evaluation(confusion: list[list[int]]) -> Any:
    support = np.sum(confusion, axis=1).tolist()
    names = "abcdefg"[: len(support)]
    per_class = [{"class": n, "support": rows} for n, rows in zip(names, support, strict=True)]
    return {"per_class": per_class, "rows": sum(support), "confusion": confusion,
            "overall": [], "slices": []}  # fmt: skip


@pytest.mark.parametrize(
    ("confusion", "told"),
    [
        ([[15, 5], [5, 5]], ""),
        ([[15, 5], [5, 4]], "29 rows, fewer than 30"),
        ([[0, 0], [1, 299]], "all are of class b"),
        ([[30, 0, 0], [0, 9, 1], [0, 0, 0]], "none is of class c"),
        ([[40, 0], [2, 0]], "class b is never predicted"),
        (
            [[9, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]],
            "11 rows, fewer than 30; none is of class d; classes b and c are never predicted",
        ),
    ],
)
def test_what_test_rows_do_not_say_and_the_gate(confusion: list[list[int]], told: str) -> None:
    sentence = f"the test rows say little of the model: {told}"
    found = evaluation(confusion)
    assert list(weaknesses(found)) == ([sentence] if told else [])
    refused = gate.decide(found, Gate(champion=CHAMPION), None)
    reason = f"{sentence}; gate.weak_test_set=promote takes the model all the same"
    assert refused["reasons"] == ([reason] if told else [])
    assert refused["passed"] is not bool(told)
    asked = Gate(champion=CHAMPION, weak_test_set="promote")
    assert gate.decide(found, asked, None)["passed"]
    assert gate.decide(found, Gate(champion=None), None)["passed"]  # it only looks
