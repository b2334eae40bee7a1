import sys
import warnings

import pytest

from pipeline.config.model import ALLOWED, Features
from pipeline.errors import InputError
from pipeline.models.build import build_pipeline
from pipeline.models.estimator import make_estimator
from tests import typed

FEATURES = Features(["size"], ["shape"], "words")
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
        (
            estimator("ensemble.RandomForestClasifier"),
            "did you mean 'sklearn.ensemble.RandomForestClassifier'",
        ),
        (
            {
                **estimator("cluster.KMeans"),
                "allowed": ["sklearn.cluster.KMeans"],
            },
            "is no scikit-learn classifier with fit and predict_proba, and no regressor",
        ),
        (estimator("nowhere.Forest"), "sklearn.nowhere.Forest is not in model.allowed"),
        ({"estimator": {"_target_": "os.system"}}, "_target_=os.system is not in model.allowed"),
        ({"estimator": {"_target_": "sklearn.utils.os"}}, "is not in model.allowed"),
        (estimator("linear_model.SGDClassifier"), "SGDClassifier gives no class probabilities"),
        (
            {
                **estimator("ensemble.VotingClassifier"),
                "allowed": ["sklearn.ensemble.VotingClassifier"],
            },
            "missing 1 required .* 'estimators'",
        ),
        (
            {**estimator("ensemble.Forest"), "allowed": ["sklearn.ensemble.Forest"]},
            r"sklearn.ensemble.Forest cannot be imported \(module .* has no attribute 'Forest'\)",
        ),
        ({**estimator("nowhere.A"), "allowed": ["sklearn.nowhere.A"]}, "No module named"),
        ({"estimator": {"_target_": "Forest"}, "allowed": ["Forest"]}, "cannot be imported"),
        (
            estimator("ensemble.RandomForestClassifier", n_estimator=3),
            r"model.estimator.n_estimator: did you mean 'n_estimators'\? choose from: bootstrap, ",
        ),
        (
            estimator("ensemble.RandomForestClassifier", max_features="auto"),
            "^model.estimator.max_features='auto' was removed: use 'sqrt', 'log2' or a number$",
        ),
        (
            estimator("ensemble.RandomForestClassifier", max_features="all"),
            r"model.estimator.max_features='all' is not allowed; give an int .* "
            r"a str among {'log2', 'sqrt'} or None",
        ),
        (
            estimator("tree.DecisionTreeClassifier", min_impurity_split=0.1),
            "model.estimator.min_impurity_split was removed: use min_impurity_decrease",
        ),
        (estimator("tree.DecisionTreeClassifier", class_weight="even"), "class_weight='even' is"),
        (estimator("tree.DecisionTreeClassifier", max_depth="x"), "model.estimator.max_depth='x'"),
        (estimator("tree.DecisionTreeClassifier", random_state=1), "random_state=1 differs"),
        (
            {**MODEL, "numeric": {"imputation": "medain"}},
            "model.numeric.imputation must be one of median, mean, none, got 'medain'",
        ),
        ({**MODEL, "numeric": {"scale": True}}, "model.numeric.scale: did you mean 'scaling'"),
        (
            {**MODEL, "categorical": {"encoding": "hash"}},
            "encoding must be one of ordinal, one_hot, got 'hash'",
        ),
        ({**MODEL, "text": {"max_feature": 3}}, "model.text.max_feature: did you mean"),
        ({**MODEL, "text": {"max_features": 0}}, "model.text.max_features=0 is not allowed"),
        ({**MODEL, "text": {"input": "filename"}}, "unknown key model.text.input"),
        (
            {**MODEL, "numeric": {"imputation": None}},
            "imputation must be one of median, mean, none, got null",
        ),
        (
            {**MODEL, "numeric": {"imputation": "none", "indicator": True}},
            "indicator=true goes with an imputation",
        ),
        (
            {**estimator("linear_model.LogisticRegression"), "numeric": {"imputation": "none"}},
            "imputation=none: LogisticRegression takes no missing values; give median or mean",
        ),
    ],
)
def test_a_wrong_model_is_refused_before_any_fit(model, message):
    with pytest.raises(InputError, match=message) as caught:
        build_pipeline(FEATURES, typed.model(model), 7)
    assert "\n" not in str(caught.value)


def test_every_allowed_class_is_a_classifier_that_can_be_made():
    for target in (name for name in ALLOWED if name.startswith("sklearn.")):
        parameters = {"loss": "log_loss"} if target.endswith("SGDClassifier") else {}
        parameters |= {"probability": True} if target.endswith("SVC") else {}
        parameters |= {"outlier_label": "most_frequent"} if "RadiusN" in target else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            made = make_estimator({"_target_": target, **parameters}, 7)
        assert f"{type(made).__module__}.".startswith("sklearn."), target


def test_nothing_that_is_not_allowed_is_imported():
    with pytest.raises(InputError, match=r"another class has to be added to model\.allowed"):
        make_estimator({"_target_": "antigravity.Fly"}, 7)
    assert "antigravity" not in sys.modules


def test_a_class_of_ones_own_is_taken_when_it_is_allowed():
    target = "tests.fakes.majority.Majority"
    made = make_estimator({"_target_": target, "share": 0.7}, 7, [target])
    assert (type(made).__name__, made.share) == ("Majority", 0.7)
    with pytest.raises(
        InputError, match=r"unknown key model\.estimator\.sahre: did you mean 'share'"
    ):
        make_estimator({"_target_": target, "sahre": 0.7}, 7, [target])
