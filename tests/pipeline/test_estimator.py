import pytest

from pipeline.build import build_pipeline
from pipeline.errors import InputError
from pipeline.estimator import make_estimator

FEATURES = {"numeric": ["size"], "categorical": ["shape"], "text": "words"}
MODEL = {"estimator": {"_target_": "sklearn.ensemble.RandomForestClassifier"}}


def estimator(name, **parameters):
    return {"estimator": {"_target_": f"sklearn.{name}", **parameters}}


def test_the_seed_goes_to_estimators_that_take_one():
    tree = {"_target_": "sklearn.tree.DecisionTreeClassifier", "max_depth": 3}
    assert make_estimator(tree, 7).get_params()["random_state"] == 7
    assert make_estimator({**tree, "random_state": None}, 7).random_state == 7
    bayes = make_estimator({"_target_": "sklearn.naive_bayes.GaussianNB"}, 7)
    assert not hasattr(bayes, "random_state")


def test_the_config_is_not_changed():
    config = {"_target_": "sklearn.tree.DecisionTreeClassifier"}
    make_estimator(config, 7)
    assert list(config) == ["_target_"]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"estimater": {}}, "model.estimater: did you mean 'estimator'"),
        ({"estimator": {}}, "model.estimator._target_ is missing"),
        (estimator("ensemble.RandomForestClasifier"), "did you mean 'RandomForestClassifier'"),
        (estimator("ensemble.RandomForestRegressor"), "no classifier with fit and predict_proba"),
        (estimator("nowhere.Forest"), "no module sklearn.nowhere"),
        ({"estimator": {"_target_": "os.system"}}, "_target_=os.system is not in scikit-learn"),
        ({"estimator": {"_target_": "sklearn.utils.os"}}, "no classifier"),
        (estimator("linear_model.SGDClassifier"), "SGDClassifier gives no class probabilities"),
        (estimator("ensemble.VotingClassifier"), "missing 1 required .* 'estimators'"),
        (
            estimator("ensemble.RandomForestClassifier", n_estimator=3),
            r"model.estimator.n_estimator: did you mean 'n_estimators'\? choose from: bootstrap, ",
        ),
        (
            estimator("ensemble.RandomForestClassifier", max_features="auto"),
            r"model.estimator.max_features='auto' is not allowed; give an int .* "
            r"a str among {'log2', 'sqrt'} or None",
        ),
        (estimator("tree.DecisionTreeClassifier", max_depth="x"), "model.estimator.max_depth='x'"),
        (estimator("tree.DecisionTreeClassifier", random_state=1), "random_state=1 differs"),
        ({**MODEL, "numeric": {"imputation": "medain"}}, "model.numeric.imputation='medain'"),
        ({**MODEL, "numeric": {"scale": True}}, "model.numeric.scale: did you mean 'scaling'"),
        ({**MODEL, "categorical": {"encoding": "hash"}}, "encoding=hash .* ordinal, one_hot"),
        ({**MODEL, "text": {"max_feature": 3}}, "model.text.max_feature: did you mean"),
        ({**MODEL, "text": {"max_features": 0}}, "model.text.max_features=0 is not allowed"),
    ],
)
def test_a_wrong_model_is_refused_before_any_fit(model, message):
    with pytest.raises(InputError, match=message) as caught:
        build_pipeline(FEATURES, model, 7)
    assert "\n" not in str(caught.value)
