import numpy as np
import pandas as pd
import pytest

from pipeline.config.model import Features
from pipeline.errors import InputError
from pipeline.models.features import feature_groups, labels, model_input

FEATURES = Features(["size", "age"], ["shape", "level"], "words")
TABLE = pd.DataFrame(
    {
        "kind": ["cat", "dog", "cat"],
        "shape": pd.Series(["round", None, "long"], dtype="str"),
        "level": [1, 2, 3],
        "size": [1.5, np.nan, 2.5],
        "age": pd.array([3, None, 4], dtype="Int64"),
        "words": ["a b", "", "c"],
    }
).set_axis([5, 3, 5])  # an index says nothing about rows, not even that they differ


def test_columns_are_sorted_inside_each_group():
    assert feature_groups(FEATURES) == (["age", "size"], ["level", "shape"], ["words"])
    assert feature_groups(Features()) == ([], [], [])


def test_the_model_sees_floats_categories_and_text_in_this_order():
    before = TABLE.copy()
    inputs = model_input(TABLE, FEATURES)
    assert list(inputs) == ["age", "size", "level", "shape", "words"]
    assert list(inputs.index) == [5, 3, 5]
    assert inputs.dtypes.astype(str).tolist()[:4] == ["float64", "float64", "int64", "object"]
    np.testing.assert_array_equal(inputs["age"], [3, np.nan, 4])
    assert [value for value in inputs["shape"] if value == value] == ["round", "long"]
    pd.testing.assert_frame_equal(TABLE, before)


def test_a_wholly_missing_number_is_no_matter_of_types():
    assert model_input(TABLE.assign(size=None), Features(["size"]))["size"].isna().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns=["size", "words"]), "lacks feature columns 'size', 'words'"),
        (lambda t: t.assign(size="big"), "numeric feature 'size' is of type str"),
        (lambda t: t.assign(size=pd.Timestamp(0)), "numeric feature 'size' is of type datetime"),
        (lambda t: t.assign(size=np.inf), "'size' is infinite in 3 rows"),
        (lambda t: t.assign(words=t["shape"]), "text feature 'words' is missing in 1 of 3 rows"),
        (lambda t: t.assign(words=1), "text feature 'words' is of type int64"),
    ],
)
def test_a_table_that_does_not_suit_is_refused(change, message):
    with pytest.raises(InputError, match=message) as caught:
        model_input(change(TABLE), FEATURES)
    assert "\n" not in str(caught.value)


def test_labels_must_be_there():
    assert labels(TABLE, "kind").tolist() == ["cat", "dog", "cat"]
    with pytest.raises(InputError, match="lacks the target column 'genus'"):
        labels(TABLE, "genus")
    with pytest.raises(InputError, match="'shape' is missing in 1 of 3 rows"):
        labels(TABLE, "shape")
