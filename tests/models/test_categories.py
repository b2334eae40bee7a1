"""Columns that an estimator treats as categories, and probabilities that are calibrated."""

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier

from pipeline.errors import InputError
from pipeline.models import export
from pipeline.models.rules import trust
from tests import typed, zoo
from train_random_forest import train

FEATURES = {"numeric": ["age"], "categorical": ["shape", "level"]}
BOOSTING = "sklearn.ensemble.HistGradientBoostingClassifier"
TABLE = zoo.made_up(200)


def model(categories, **kwargs):
    estimator = {"_target_": BOOSTING, "max_iter": 5, "categorical_features": categories}
    return typed.pipeline(FEATURES, {"estimator": estimator, **kwargs})


@pytest.mark.parametrize(("categories", "places"), [(["shape"], [2]), ("from_dtype", [1, 2])])
def test_categories_by_name_are_those_of_scikit_learn(categories, places):
    fitted = train.fit(model(categories), TABLE, "kind")
    assert fitted[-1].categorical_features == places
    matrix = fitted[0].transform(TABLE)
    same = HistGradientBoostingClassifier(
        max_iter=5, categorical_features=places, random_state=7
    ).fit(matrix, TABLE["kind"])
    assert np.array_equal(same.predict_proba(matrix), fitted.predict_proba(TABLE))
    held = skops.io.dumps(fitted)
    assert set(skops.io.get_untrusted_types(data=held)) <= trust.KNOWN
    unseen = TABLE.assign(shape="neither", level=9)
    assert np.isfinite(export.predict(fitted, unseen)[0]).all()


@pytest.mark.parametrize(
    ("categories", "kwargs", "why"),
    [
        (["age"], {}, "names 'age', which is not in data.features.categorical"),
        (["shape"], {"categorical": {"encoding": "one_hot"}}, "encoding=ordinal"),
    ],
)
def test_names_that_are_no_categories_are_refused(categories, kwargs, why):
    with pytest.raises(InputError, match=why):
        model(categories, **kwargs)


@pytest.mark.parametrize("how", ["sigmoid", "isotonic"])
def test_calibration_is_that_of_scikit_learn_on_the_given_folds(how):
    unfitted = typed.pipeline(
        FEATURES, {"estimator": {"_target_": "sklearn.svm.SVC"}, "calibrate": how}
    )
    rows = np.arange(len(TABLE))
    parts = [(rows[rows % 3 != k], rows[rows % 3 == k]) for k in range(3)]
    fitted = train.fit(unfitted, TABLE, "kind", parts=parts)
    matrix = fitted[0].transform(TABLE)
    own = clone_of(unfitted[-1].estimator)
    same = CalibratedClassifierCV(own, method=how, cv=parts, ensemble=False)
    expected = same.fit(matrix, TABLE["kind"]).predict_proba(matrix)
    assert np.array_equal(expected, fitted.predict_proba(TABLE))
    assert fitted[-1].cv is None  # the rows of the folds are not exported
    held = skops.io.dumps(fitted)
    loaded = skops.io.loads(held, trusted=sorted(trust.KNOWN))
    assert np.array_equal(loaded.predict_proba(TABLE), expected)
    listed = {*trust.TRUSTED_TYPES, *trust.types_of(fitted[-1])}
    assert set(skops.io.get_untrusted_types(data=held)) <= listed


def clone_of(estimator):
    return type(estimator)(**estimator.get_params())


def test_the_folds_keep_groups_together():
    from pipeline.splits.division import Division
    from train_random_forest import calibration

    table = pd.DataFrame({"song": np.arange(60) // 3, "kind": np.arange(60) % 2})
    how = Division(size=0.3, size_name="val_size", seed=1, stratify=None, method="group",
                   group_by=["song"])  # fmt: skip
    chosen = typed.model({"estimator": {"_target_": BOOSTING}, "calibrate": "sigmoid"})
    rows = np.arange(6, 60)
    arrow = __import__("pyarrow").Table.from_pandas(table)
    for fitting, calibrating in calibration.parts(arrow, how, chosen, rows):
        songs = table["song"].to_numpy()[rows]
        assert not set(songs[fitting]) & set(songs[calibrating])
    with pytest.raises(InputError, match=r"model\.calibrate=sigmoid needs 5 folds of the 6 rows"):
        calibration.parts(arrow, how, chosen, np.arange(6))
    assert calibration.parts(arrow, how, typed.model({}), rows) == ()
