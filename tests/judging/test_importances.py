import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from pipeline.judging import importances
from pipeline.judging.importances import of_columns
from pipeline.judging.permuting import screening
from pipeline.judging.permuting.draws import Draws
from pipeline.judging.predictions import Predictions
from pipeline.models.export import predict
from tests import typed
from train_random_forest.train import fit

FEATURES = {"numeric": ["a", "a_b", "noise"], "categorical": ["shape"], "text": "words"}
FOREST = {"_target_": "sklearn.ensemble.RandomForestClassifier", "n_estimators": 20}


def made_up(rows=400):
    random = np.random.default_rng(0)
    kind = random.choice(["cat", "dog", "owl"], rows)
    noise = np.where(random.random(rows) < 0.1, np.nan, random.random(rows))
    return pd.DataFrame(
        {
            "kind": kind,
            "a": (kind == "dog") * 1.0 + random.random(rows) * 0.2,
            "a_b": random.random(rows),
            "noise": noise,
            "shape": random.choice(["round", "long"], rows),
            "words": np.where(kind == "owl", "it flies", "it walks"),
        }
    )


def found(model, features=FEATURES, **kwargs):
    table = made_up()
    pipeline = fit(typed.pipeline(features, model), table.head(200), "kind")
    rows = table.tail(200)
    return importances_of(pipeline, rows, Draws(seed=3, **kwargs))


def importances_of(pipeline, rows, draws):
    predictions = Predictions.of(rows["kind"], predict(pipeline, rows)[0], pipeline.classes_)
    return of_columns(pipeline, rows.iloc[draws.all_rows(predictions.codes)], predictions, draws)


@pytest.mark.parametrize("encoding", ["ordinal", "one_hot"])
def test_what_tells_the_classes_apart_is_worth_something_by_both(encoding):
    model = {"estimator": FOREST, "categorical": {"encoding": encoding}}
    table = {row["feature"]: row for row in found({**model, "numeric": {"indicator": True}})}
    assert set(table) == {"a", "a_b", "noise", "shape", "words"}
    assert set(list(table)[:2]) == {"a", "words"}
    for name in ("a", "words"):
        assert table[name]["low"] > 0.05
    for name in ("a_b", "noise", "shape"):
        assert abs(table[name]["permutation"]) < 0.02
    assert sum(row["impurity"] for row in table.values()) == pytest.approx(1)
    # On training rows a column of chance with many values looks better than one with two.
    assert table["a_b"]["impurity"] > table["shape"]["impurity"]
    assert all(row["low"] <= row["permutation"] <= row["high"] for row in table.values())


def test_shuffling_inputs_is_shuffling_the_column():
    """By hand: permute the table's column itself, with the same draws, and predict again."""
    table = made_up().tail(200)
    pipeline = fit(typed.pipeline(FEATURES, {"estimator": FOREST}), made_up().head(200), "kind")
    codes = Predictions.of(table["kind"], np.empty((200, 3)), pipeline.classes_).codes
    before = predict(pipeline, table)[0]
    rows = importances_of(pipeline, table, Draws(repeats=2, seed=3))
    area = roc_auc_score(codes, before, multi_class="ovo")
    drops = []
    for repeat in range(2):
        order = np.random.default_rng([3, repeat]).permutation(200)
        shuffled = table.assign(words=table["words"].to_numpy()[order])
        after = predict(pipeline, shuffled)[0]
        drops.append(area - roc_auc_score(codes, after, multi_class="ovo"))
    words = next(row for row in rows if row["feature"] == "words")
    assert words["permutation"] == pytest.approx(np.mean(drops), abs=1e-12)


def test_an_estimator_without_impurity_and_a_few_rows_of_each_class(monkeypatch):
    model = {"estimator": {"_target_": "sklearn.linear_model.LogisticRegression"}}
    rows = found(model, most_rows=30)
    assert {row["impurity"] for row in rows} == {None}
    assert rows == found(model, most_rows=30)
    monkeypatch.setattr("pipeline.judging.importances.CELLS", 1)  # one copy at a time
    for row, again in zip(rows, found(model, most_rows=30), strict=True):
        assert again["permutation"] == pytest.approx(row["permutation"], abs=1e-12)


def test_text_may_be_off_and_gaps_left_as_they_are():
    rows = found({"estimator": FOREST, "text": None, "numeric": {"imputation": "none"}})
    assert {row["feature"] for row in rows} == {"a", "a_b", "noise", "shape"}


def test_one_single_class_has_no_importances():
    table = made_up()
    pipeline = fit(
        typed.pipeline(FEATURES, {"estimator": FOREST}),
        table,
        "kind",
    )
    cats = table[table["kind"] == "cat"]
    assert importances_of(pipeline, cats, Draws(seed=3)) == []


def test_a_repeat_draws_its_own_rows_and_some_of_each_class():
    codes = np.array([0] * 90 + [1] * 9 + [2])
    draws = Draws(repeats=3, most_rows=20, seed=1)
    each = [draws.rows(codes, draws.generator(n)) for n in range(3)]
    assert [np.bincount(codes[rows]).tolist() for rows in each] == [[18, 2, 1]] * 3
    assert not np.array_equal(each[0], each[1])
    assert draws.all_rows(codes).tolist() == sorted({row for rows in each for row in rows})


def test_columns_that_no_tree_splits_on_are_not_shuffled_and_lose_nothing(monkeypatch):
    table = made_up(60).assign(**{f"more {n}": np.arange(60) % (n + 2) for n in range(40)})
    features = {"numeric": [name for name in table if name.startswith("more")] + ["a"]}
    model = {"estimator": FOREST | {"n_estimators": 3, "max_depth": 2}}
    pipeline = fit(typed.pipeline(features, model), table, "kind")
    some = importances_of(pipeline, table, Draws(repeats=2))
    asked = []
    monkeypatch.setattr(
        importances, "_used", lambda _, blocks: asked.append(len(blocks)) or [*range(41)]
    )
    assert importances_of(pipeline, table, Draws(repeats=2)) == some
    assert asked == [41]
    assert sum(row["permutation"] == row["low"] == row["high"] == 0 for row in some) > 20


def wide(columns=60, rows=150):
    random = np.random.default_rng(1)
    numbers = random.normal(size=(rows, columns))
    kind = np.where(numbers[:, 7] + numbers[:, 41] > 0, "up", "down")
    return pd.DataFrame(numbers, columns=[f"n{i}" for i in range(columns)]).assign(kind=kind)


@pytest.mark.parametrize(
    ("target", "by"),
    [("linear_model.LogisticRegression", "groups"), ("tree.DecisionTreeClassifier", "impurity")],
)
def test_of_many_columns_those_that_matter_are_found_within_the_budget(target, by):
    table = wide()
    features = {"numeric": [f"n{i}" for i in range(60)]}
    model = {"estimator": {"_target_": f"sklearn.{target}"}}
    pipeline = fit(typed.pipeline(features, model), table.head(100), "kind")
    draws = Draws(repeats=2, seed=3, most_columns=5)
    some = importances_of(pipeline, table.tail(50), draws)
    assert importances.screened(pipeline, draws) == {"columns": 60, "measured": 5, "by": by}
    assert {row["feature"] for row in some[:2]} == {"n7", "n41"}
    assert len(some) == 5
    every = importances_of(pipeline, table.tail(50), Draws(repeats=2, seed=3, most_columns=60))
    assert {row["feature"]: row for row in some}.items() <= {r["feature"]: r for r in every}.items()


def test_the_screening_shuffles_no_more_often_for_twice_as_many_columns_but_for_a_round():
    def shuffles(columns):
        asked = []

        def costs(blocks):
            asked.append(len(blocks))
            return [float(777 in block) for block in blocks]

        blocks = [np.array([i]) for i in range(columns)]
        found = screening.leading(blocks, [None] * columns, costs, 10)
        assert (777 in found, len(found)) == (True, 10)
        return sum(asked)

    assert shuffles(2000) - shuffles(1000) <= screening.GROUPS
