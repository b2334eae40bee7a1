import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from pipeline.config.model import Features
from pipeline.errors import InputError
from pipeline.judging.importances import of_inputs as feature_importances
from pipeline.models import export
from pipeline.models.build import build_pipeline
from pipeline.models.export import predict
from pipeline.models.features import InputColumns, features_of
from tests import typed
from tests.processes import program
from train_random_forest.train import fit

FEATURES = {"numeric": ["size", "age"], "categorical": ["shape", "level"], "text": "words"}
FOREST = {"_target_": "sklearn.ensemble.RandomForestClassifier", "n_estimators": 5, "max_depth": 4}
MODEL = {"estimator": FOREST, "text": {"max_features": 3, "binary": True}}


def made_up(rows=60):
    random = np.random.default_rng(0)
    kind = random.choice(["cat", "dog", "owl"], rows)
    return pd.DataFrame(
        {
            "kind": kind,
            "size": np.where(kind == "dog", 2.0, 1.0) + random.random(rows) / 2,
            "age": pd.array([*random.integers(1, 9, rows - 1), None], dtype="Int64"),
            "shape": pd.Series([*random.choice(["round", "long"], rows - 1), None], dtype="str"),
            "level": random.integers(0, 3, rows),
            "words": [f"the {name} sleeps" if name != "owl" else "" for name in kind],
        }
    )


def estimator(name, **parameters):
    return {**MODEL, "estimator": {"_target_": f"sklearn.{name}", **parameters}}


def trained(features=FEATURES, model=MODEL, table=None):
    unfitted = typed.pipeline(features, model)
    return fit(unfitted, made_up() if table is None else table, "kind")


def test_the_order_of_the_configured_columns_does_not_matter():
    turned = {"text": "words", "categorical": ["level", "shape"], "numeric": ["age", "size"]}
    table = made_up()
    one, other = trained(), trained(turned)
    np.testing.assert_array_equal(predict(one, table)[0], predict(other, table)[0])


def test_a_pipeline_knows_its_features_and_its_seed():
    pipeline = typed.pipeline(FEATURES, MODEL)
    assert features_of(pipeline) == InputColumns(["age", "size"], ["level", "shape"], "words")
    assert pipeline[-1].random_state == 7
    assert [name for name, *_ in pipeline[0].transformers] == ["numeric", "categorical", "text"]


def test_fit_leaves_pipeline_and_table_as_they_were():
    pipeline, table = typed.pipeline(FEATURES, MODEL), made_up()
    before = table.copy()
    fitted = fit(pipeline, table, "kind")
    assert fitted is not pipeline
    assert not hasattr(pipeline[-1], "classes_")
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize(
    "features",
    [
        {"numeric": ["size"]},
        {"numeric": [], "categorical": ["shape"], "text": None},
        {"categorical": ["level"]},
        {"text": "words"},
    ],
)
def test_a_track_without_columns_is_left_out(features):
    probabilities, predicted = predict(trained(features), made_up())
    assert probabilities.shape == (60, 3)
    assert set(predicted) <= {"cat", "dog", "owl"}


@pytest.mark.parametrize("encoding", ["ordinal", "one_hot"])
@pytest.mark.parametrize(
    ("name", "parameters"),
    [("ensemble.HistGradientBoostingClassifier", {"max_iter": 3}), ("naive_bayes.GaussianNB", {})],
)
def test_unknown_and_missing_categories_never_crash(encoding, name, parameters):
    model = {**estimator(name, **parameters), "categorical": {"encoding": encoding}}
    table = made_up().head(3)
    table["shape"] = ["square", None, "round"]
    table["level"] = [99.0, np.nan, 1.0]
    table["words"] = ["never seen", "", "the cat"]
    probabilities, _ = predict(trained(model=model), table)
    assert probabilities.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([True, False] * 30),
        pd.Series([True, None] * 30, dtype="boolean"),
        pd.Series([1, None] * 30, dtype="Int64"),
        pd.Series(["a", None] * 30, dtype="str"),
        pd.Series(["a", "b"] * 30, dtype="category"),
        pd.Series([1.0, np.nan] * 30),
    ],
    ids=["bool", "boolean", "Int64", "str", "category", "float"],
)
@pytest.mark.parametrize("alone", [True, False])
def test_categories_of_every_type(values, alone):
    table = made_up().assign(level=values)
    features = {"categorical": ["level"] if alone else ["level", "shape"]}
    assert predict(trained(features, table=table), table)[0].shape == (60, 3)


def test_a_fitted_forest_is_left_without_jobs():
    pipeline = trained(model={**MODEL, "estimator": {**FOREST, "n_jobs": -1}})
    assert pipeline[-1].n_jobs is None


def test_the_number_of_jobs_changes_nothing():
    one, two = (trained(model={**MODEL, "estimator": {**FOREST, "n_jobs": n}}) for n in (1, 2))
    table = made_up()
    np.testing.assert_array_equal(predict(one, table)[0], predict(two, table)[0])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*type hint is inferred as AnyType:UserWarning")
@pytest.mark.filterwarnings("ignore:Operation with range is deprecated:DeprecationWarning")
def test_the_number_of_threads_leaves_no_trace_in_boosted_trees(tmp_path):
    boosting = estimator("ensemble.HistGradientBoostingClassifier", max_iter=3)
    for threads in (1, 2):
        with threadpool_limits(threads):
            export.export(trained(model=boosting), tmp_path / str(threads), made_up(), "kind")
    one, two = ((tmp_path / name / export.MODEL_FILE).read_bytes() for name in ("1", "2"))
    assert one == two


@pytest.mark.slow
def test_a_refit_in_another_process_gives_the_same_model():
    done = program("refit.py", __file__, PYTHONHASHSEED="1")
    assert done.out.strip() == predict(trained(), made_up())[0].tobytes().hex()


def test_importances_have_readable_names_and_are_sorted():
    model = {**MODEL, "categorical": {"encoding": "one_hot"}}
    importances = feature_importances(trained(model=model))
    names = [name for name, _ in importances]
    values = [value for _, value in importances]
    assert {"size", "shape_round", "level_2", "words: dog"} <= set(names)
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(1)


def test_an_estimator_without_importances_has_an_empty_list():
    assert feature_importances(trained(model=estimator("linear_model.LogisticRegression"))) == []


def test_lists_from_yaml_stand_for_tuples():
    model = {**MODEL, "text": {"ngram_range": [1, 2], "max_features": 5}}
    assert "words: the dog" in dict(feature_importances(trained(model=model)))


def test_numeric_columns_may_go_in_as_they_are():
    model = {**MODEL, "numeric": {"imputation": "none", "scaling": False}}
    assert predict(trained({"numeric": ["size"]}, model), made_up())[0].shape == (60, 3)


def test_gaps_may_be_an_input_of_their_own():
    model = {**MODEL, "numeric": {"imputation": "mean", "indicator": True}}
    names = [name for name, _ in feature_importances(trained(model=model))]
    assert {"age", "size", "missingindicator_age"} <= set(names)


def test_text_may_be_off_or_made_of_letters():
    assert features_of(trained(model={**MODEL, "text": None})).text is None
    letters = {"analyzer": "char_wb", "ngram_range": [2, 3], "max_features": 9}
    names = [name for name, _ in feature_importances(trained(model={**MODEL, "text": letters}))]
    assert "words:  th" in names
    assert sum(name.startswith("words: ") for name in names) == 9


def test_classes_may_have_weights_of_their_own():
    def shares(weights):
        model = {**MODEL, "estimator": {**FOREST, "class_weight": weights}}
        return predict(trained({"numeric": ["age"]}, model), made_up())[0].mean(axis=0)

    assert shares({"owl": 50})[2] > shares(None)[2] + 0.2
    with pytest.raises(InputError, match=r"class_weight names 'owll', .*did you mean 'owl'"):
        shares({"owll": 50})


def test_no_features_at_all_are_refused():
    with pytest.raises(InputError, match=r"data\.features names no column"):
        build_pipeline(Features(), typed.model(MODEL), 7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="size"), "lacks feature columns 'size'"),
        (lambda t: t.assign(size=np.nan), "feature 'size' is missing in all 60 rows"),
        (lambda t: t.assign(size=None), "feature 'size' is missing in all 60 rows"),
        (lambda t: t.assign(shape=None), "feature 'shape' is missing in all 60 rows"),
        (lambda t: t.assign(words=""), "RandomForestClassifier: empty vocabulary"),
        (lambda t: t.assign(kind=t["shape"]), "target 'kind' is missing in 1 of 60 rows"),
        (lambda t: t.assign(kind="cat"), "only the class 'cat'"),
        (lambda t: t.head(0), "'kind' has no rows"),
        (lambda t: t.assign(kind=t["size"]), "RandomForestClassifier: Unknown label type"),
    ],
)
def test_an_unfit_table_is_refused(change, message):
    with pytest.raises(InputError, match=message) as caught:
        trained(table=change(made_up()))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("target", [pd.Series([0, 1] * 30), pd.Series([True, False] * 30)])
def test_the_target_may_be_a_number_or_a_boolean(target):
    pipeline = trained(table=made_up().assign(kind=target))
    assert pipeline.classes_.tolist() == sorted(target.unique().tolist())
