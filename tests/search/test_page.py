"""The page of a search."""

from dataclasses import replace

import pytest

from pipeline.config.search.space import Parameter, Search
from pipeline.search import page
from pipeline.search.trials import COMPLETE, FAILED, PRUNED, Trial

pytestmark = pytest.mark.slow  # it takes seconds to import what draws
SEARCH = Search(
    parameters={"depth": Parameter(low=1, high=30), "kind": Parameter(choices=[None, "<b>"]),
                "fixed": Parameter(choices=[1])},
    name="forest", metric="f1", seed=1,
)  # fmt: skip
TRIALS = [
    Trial(0, {"depth": 5, "kind": None, "fixed": 1}, COMPLETE, 0.61234, seconds=3.0),
    Trial(1, {"depth": 9, "kind": "<b>", "fixed": 1}, COMPLETE, 0.71234, cached=True),
    Trial(2, {"depth": 7, "kind": "<b>", "fixed": 1}, PRUNED, None, (0.4, 0.5)),
    Trial(3, {"depth": 1, "kind": None, "fixed": 1}, FAILED, None, error="no <i>rows</i>"),
]
FOUND = page.Found(
    SEARCH, TRIALS, "python main.py main.action=tune", "songs", "abc", "2026-11-26",
    {"depth": "model.estimator.max_depth", "kind": "k", "fixed": "f"}, "best_forest",
)  # fmt: skip


def test_the_page_shows_the_best_all_trials_and_three_pictures() -> None:
    text = page.render(FOUND)
    assert "Trial 2 is the best: validation F1 0.7123; the config&#39;s own values reach" in text
    assert "4 trials: 2 complete, 1 stopped early and 1 failed." in text
    assert text.count("<figure>") == 3
    assert "python main.py experiment=best_forest" in text
    assert "stopped early after 2 folds" in text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text.replace("<b>What", "").replace("<b>Importance", "").replace(
        "<b>All", ""
    )
    assert "no &lt;i&gt;rows" in text
    assert page.varied(FOUND) == ["depth", "kind"]


def test_a_page_of_equal_trials_has_only_the_history() -> None:
    text = page.render(replace(FOUND, trials=TRIALS[:1]))
    assert "validation F1 0.6123, with the config&#39;s own values." in text
    assert text.count("<figure>") == 1


@pytest.mark.parametrize("trials", [TRIALS[3:], TRIALS[2:]])
def test_a_page_without_a_complete_trial_says_so(trials: list[Trial]) -> None:
    text = page.render(replace(FOUND, trials=trials))
    assert "No trial was complete." in text
    assert "experiment=best" not in text


def test_all_trials_are_in_a_table_for_programs() -> None:
    rows = page.table(SEARCH, TRIALS).splitlines()
    keys = "model.estimator.depth,model.estimator.kind,model.estimator.fixed"
    assert rows[0] == f"trial,state,f1,seconds,{keys},mlflow_run,error"
    assert rows[1] == "1,complete,0.61234,3.0,5,null,1,,"
    assert rows[4] == "4,failed,,0.0,1,null,1,,no <i>rows</i>"
