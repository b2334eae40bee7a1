"""What a served model says of rows that it cannot take, however they come in."""

import numpy as np
import pandas as pd
import pytest

from pipeline.models import pyfunc
from tests.zoo import ASKED, MLFLOW_WARNS, export, made_up

pytestmark = MLFLOW_WARNS
ROWS = made_up(3, seed=1)[ASKED]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> pyfunc.Classifier:
    return pyfunc.load(export(tmp_path_factory.mktemp("model") / "export"))


UNFIT = {
    "number": [True, [1], {"a": 1}, "x" * 999, "", "0x10", b"1", 10**400, -np.inf, 1j, "1e999",
               pd.Timestamp("2020-01-01")],
    "text": [5, 2.5, True, [1, 2], [], {"a": None}, b"x", 10**400, np.inf, "\ud800",
             pd.Timestamp("2020-01-01"), np.array(["a", "b"])],
    "boolean": [0, 1, 2.0, "yes", "", [True], {}, b"True", 10**400, np.inf, "\ud800",
                pd.Timestamp("2020-01-01")],
}  # fmt: skip
KINDS = {"age": "number", "size": "number", "level": "number", "shape": "text", "wild": "boolean",
         "title": "text", "name": "text", "words": "text"}  # fmt: skip
WANTED = {"number": "a finite number", "text": "text", "boolean": "boolean"}


@pytest.mark.parametrize("column", KINDS)
@pytest.mark.parametrize("all_rows", [False, True])
def test_an_unfit_value_names_its_column(
    classifier: pyfunc.Classifier, column: str, all_rows: bool
) -> None:
    rows = ROWS.assign(**({"words": "x"} if column == "words" else {})).astype({column: object})
    for value in UNFIT[KINDS[column]]:
        held = pd.Series([value] * 3 if all_rows else [*rows[column][:2], value], dtype=object)
        with pytest.raises(pyfunc.UnfitError) as caught:
            classifier.answer(rows.assign(**{column: held}))
        said = (
            f"column {column!r} must be {WANTED[KINDS[column]]}: row {0 if all_rows else 2} holds"
        )
        assert str(caught.value).startswith(said), value
        assert str(caught.value).endswith(f", {3 if all_rows else 1} in all")
        assert len(str(caught.value)) < 150
        assert "\n" not in str(caught.value)


def test_every_unfit_column_is_named(classifier: pyfunc.Classifier) -> None:
    rows = ROWS.astype(object).assign(title=5, name=True, age="old", wild=7).drop(columns="shape")
    with pytest.raises(pyfunc.UnfitError) as caught:
        classifier.answer(rows)
    assert [word for word in str(caught.value).split("'") if word in ASKED] == [
        "age", "shape", "wild", "title", "name",
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_a_number_too_large_for_trees(classifier: pyfunc.Classifier) -> None:
    with pytest.raises(
        pyfunc.UnfitError, match=r"too large for .*; the largest: {'size': 1e\+39}$"
    ):
        classifier.answer(ROWS.assign(size=1e39))


@pytest.mark.parametrize("value", [3, 3.0, "3", np.int8(3), np.float32(3)])
def test_what_is_a_number(classifier: pyfunc.Classifier, value: object) -> None:
    rows = ROWS.assign(age=pd.Series([value] * 3, dtype=object))
    pd.testing.assert_frame_equal(classifier.answer(rows), classifier.answer(ROWS.assign(age=3)))


@pytest.mark.parametrize("value", [True, np.True_, "true", "True", "TRUE"])
def test_what_is_a_boolean(classifier: pyfunc.Classifier, value: object) -> None:
    rows = ROWS.assign(wild=pd.Series([value] * 3, dtype=object))
    pd.testing.assert_frame_equal(
        classifier.answer(rows), classifier.answer(ROWS.assign(wild=True))
    )
