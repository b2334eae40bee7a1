"""What an exported model needs to be served: its signature, its golden batch, its loader."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.config.preprocess import RowValues
from pipeline.errors import InputError
from pipeline.models import pyfunc, regressor
from pipeline.models.features import features_of
from pipeline.models.prepared import asked

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from sklearn.pipeline import Pipeline

EXAMPLE_ROWS = 5
GAP_ROWS = 200
SEEN = 2000  # rows in which each class is looked for
MISSING = ("None", "nan")  # how MLflow hands on a null among texts, in some forms of payload
OUTPUTS = {"i": "long", "u": "long", "b": "boolean", "f": "double"}  # by numpy's kind of the labels
About = dict[str, Any]  # what serving.json holds, of the model or of one column: JSON


@dataclass(frozen=True)
class Made:
    """What others have made for a model.

    Attributes:
        rows: what preprocess did to each row by itself.
        interval: alpha and half_width of the intervals around what a regressor predicts.
    """

    rows: RowValues | None = None
    interval: About | None = None


NOTHING = Made()


def describe(pipeline: "Pipeline", table: pd.DataFrame, made: Made = NOTHING) -> About:
    """Return what serving.json holds, the golden batch included; see pyfunc.Classifier.

    The golden batch is the table's first rows, the first with a gap in each column, and the first
    among some that is predicted as each class, or as the least and the largest number.

    Args:
        pipeline: fitted.
        table: rows that it was fitted on, with its columns.
        made: what preprocess did to each row by itself, and the intervals, if there are any.

    Raises:
        InputError: a categorical column that is neither text, numbers nor booleans.
    """
    features = features_of(pipeline)
    document, text = features.text, made.rows.text if made.rows else None
    joined = text if text and text.name == document else None
    if joined and not all(name in table for name in joined.columns):
        joined = None  # preprocess dropped one: constant
    names = [*features.numeric, *features.categorical, *features.taken]
    names += [document] if document else []
    columns = [_column(table[name], name == document) for name in names]
    about: About = {"columns": columns, "text": None}
    if joined:
        columns[-1]["required"] = False
        texts = (table[name].astype(object) for name in joined.columns)
        sources = [_column(values, False) | {"required": False} for values in texts]
        about["text"] = {"name": document, "columns": sources}
    if not hasattr(pipeline, "classes_"):
        about["interval"] = made.interval
    model = served(pipeline, about)
    rows = _golden_rows(model, table, example_columns(about))
    answers = _plain(model.answer(rows))
    about["golden"] = {"columns": list(rows), "data": _plain(rows), "answers": answers}
    inputs = asked.columns(about)
    if made.rows and (prepared := asked.describe(made.rows, table, inputs, EXAMPLE_ROWS)):
        about["preparation"] = prepared
    return about


def served(pipeline: "Pipeline", about: About) -> pyfunc.Classifier:
    """Return a fitted pipeline as a server sees it: a classifier, or a Regressor."""
    kind = pyfunc.Classifier if hasattr(pipeline, "classes_") else regressor.Regressor
    return kind(pipeline, about)


def example_columns(about: About) -> list[str]:
    """Return the columns that a caller gives: of a joined text, what it is joined from."""
    text = about["text"]
    given = [c["name"] for c in about["columns"] if not text or c["name"] != text["name"]]
    sources = [c["name"] for c in text["columns"]] if text else []
    return [*given, *(name for name in sources if name not in given)]


def example(about: About) -> pd.DataFrame:
    """Return the first rows of the golden batch; as objects, or MLflow writes NaN for null."""
    golden = about["golden"]
    rows = pd.DataFrame(golden["data"][:EXAMPLE_ROWS], columns=golden["columns"], dtype=object)
    if prepared := about.get("preparation"):
        given = pd.DataFrame(prepared["example"], dtype=object)
        rows = pd.concat([rows.drop(columns=[*prepared["made"], *given], errors="ignore"), given],
                         axis=1)  # fmt: skip
    return rows


def signature(pipeline: "Pipeline", about: About) -> "ModelSignature":
    """Return MLflow's signature.

    Every number is a double: MLflow reads no null as an integer and cuts 3.7 to 3. Every other
    column is a string: of booleans MLflow makes a null False. Required is what had no gap.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    classes = getattr(pipeline, "classes_", np.zeros(0))
    label = OUTPUTS.get(classes.dtype.kind, "string")
    prediction, *others = served(pipeline, dict(about)).names()
    return ModelSignature(
        Schema([ColSpec(_type(c), c["name"], c["required"]) for c in asked.columns(about)]),
        Schema([ColSpec(label, prediction), *(ColSpec("double", name) for name in others)]),
    )


def _type(column: About) -> str:
    return "double" if column["kind"] == "number" else "string"


def _column(values: pd.Series, full: bool) -> About:
    """Return what is said of a column; `full` is one whose values may not be missing."""
    there = values.dropna()
    kinds = set(map(type, there))
    if pd.api.types.is_bool_dtype(there) or kinds == {bool}:
        kind = "boolean"
    elif pd.api.types.is_numeric_dtype(there) or (
        isinstance(there.dtype, pd.CategoricalDtype)
        and pd.api.types.is_numeric_dtype(there.cat.categories)
    ):
        kind = "number"
    elif kinds <= {str}:
        kind = "text"
    else:
        raise InputError(
            f"feature {values.name!r} is of type {values.dtype}; a model that can be served takes "
            "numbers, texts and booleans: convert it in the table"
        )
    spellings = [] if kind == "number" else [w for w in MISSING if not there.eq(w).any()]
    return {"name": str(values.name), "kind": kind, "missing": spellings, "full": full,
            "required": full or len(there) == len(values)}  # fmt: skip


def _golden_rows(
    classifier: pyfunc.Classifier, table: pd.DataFrame, columns: list[str]
) -> pd.DataFrame:
    """Return a few rows that show the columns' gaps and every class that is predicted."""
    predicted = classifier.answer(table.head(SEEN))["prediction"].to_numpy()
    _, firsts = np.unique(predicted, return_index=True)
    if isinstance(classifier, regressor.Regressor):
        firsts = firsts[[0, -1]]
    gaps = [int(table[name].isna().to_numpy().argmax()) for name in columns]
    shown = list(dict.fromkeys(gaps))[:GAP_ROWS]  # of thousands of columns the batch has not all
    chosen = {*range(min(EXAMPLE_ROWS, len(table))), *shown, *map(int, firsts)}
    return table.iloc[sorted(chosen)][columns].reset_index(drop=True)


def _plain(frame: pd.DataFrame) -> list[list[object]]:
    """Return the rows as JSON has them, without loss."""
    columns = [frame[name].astype(object).to_numpy().tolist() for name in frame]
    return [[None if pd.isna(v) else getattr(v, "item", lambda v=v: v)() for v in row]
            for row in zip(*columns, strict=True)]  # fmt: skip
