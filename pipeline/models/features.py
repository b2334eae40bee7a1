"""The columns that a model sees: what a table must hold, and in which form they enter."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from pipeline.config.model import Features
from pipeline.errors import InputError
from pipeline.models import transformers


@dataclass
class InputColumns(Features):
    """The columns that a pipeline takes."""

    taken: list[str] = field(default_factory=list)  # by its transformers alone


def feature_groups(features: Features) -> tuple[list[str], list[str], list[str]]:
    """Return the numeric, categorical and text columns, each sorted by name.

    The order of the columns decides which trees a forest grows, so it must not depend on how the
    config happens to list them.
    """
    text = [features.text] if features.text else []
    return sorted(features.numeric), sorted(features.categorical), text


def features_of(pipeline: Pipeline) -> InputColumns:
    """Read back the features that a pipeline (fitted or not) was built for."""
    columns = {name: selected for name, _, selected in pipeline[0].transformers}
    numeric, categorical = (list(columns.get(name, [])) for name in ("numeric", "categorical"))
    text = columns.get("text")
    listed = {*numeric, *categorical, text}
    taken = [name for name in transformers.taken(pipeline) if name not in listed]
    return InputColumns(numeric, categorical, text, taken)


def model_input(frame: pd.DataFrame, features: Features) -> pd.DataFrame:
    """Return the (n, columns) part of a table that a model sees, in the form it is fitted on.

    Numeric columns become float64 (missing as NaN), integer and float categories stay as they are,
    other categories become objects (missing as NaN), text stays.

    Raises:
        InputError: a column is absent; a numeric one is not numeric or holds an infinity; a text
            one is not text or has missing values.
    """
    numeric, categorical, text = feature_groups(features)
    taken = features.taken if isinstance(features, InputColumns) else []
    wanted = numeric + categorical + taken + text
    if missing := [name for name in wanted if name not in frame.columns]:
        raise InputError(
            f"the table lacks feature columns {', '.join(map(repr, missing))}; it has "
            f"{', '.join(map(repr, frame.columns))}; correct data.features"
        )
    columns = {name: _numeric(frame[name]) for name in numeric}
    columns |= {name: _categorical(frame[name]) for name in categorical}
    columns |= {name: _as_it_is(frame[name]) for name in taken}
    columns |= {name: _text(frame[name]) for name in text}
    return pd.DataFrame(columns, index=frame.index, columns=wanted)


def labels(table: pd.DataFrame, target: str) -> NDArray[np.generic]:
    """Return the (n,) labels of a table.

    Raises:
        InputError: the target column is absent, or missing in some rows.
    """
    if target not in table.columns:
        raise InputError(
            f"the table lacks the target column {target!r}; it has "
            f"{', '.join(map(repr, table.columns))}; correct data.target"
        )
    if missing := int(table[target].isna().sum()):
        raise InputError(
            f"the target {target!r} is missing in {missing} of {len(table)} rows; drop these with "
            f"data.preprocess.drop_missing=[{target}], or give data.preprocess.fill.{target} a "
            "value"
        )
    values: NDArray[np.generic] = table[target].to_numpy()
    return values


def _numeric(column: pd.Series) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(column) and not column.isna().all():
        raise InputError(
            f"numeric feature {column.name!r} is of type {column.dtype}, not a number; list it "
            "under data.features.categorical or correct the table"
        )
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if infinite := int(np.isinf(values).sum()):
        raise InputError(
            f"numeric feature {column.name!r} is infinite in {infinite} rows; set "
            "data.preprocess.infinite to missing, clip or drop"
        )
    return pd.Series(values, index=column.index)


def _categorical(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        return column
    # scikit-learn's imputer takes no booleans and knows only NaN as missing
    objects = column.astype(object)
    return objects.where(objects.notna(), np.nan)


def _as_it_is(column: pd.Series) -> pd.Series:
    """Return a column of a transformer: numbers as numeric columns are, others as categorical."""
    kind = pd.api.types
    number = kind.is_numeric_dtype(column) and not kind.is_bool_dtype(column)
    return _numeric(column) if number else _categorical(column)


def _text(column: pd.Series) -> pd.Series:
    if missing := int(column.isna().sum()):
        raise InputError(
            f"text feature {column.name!r} is missing in {missing} of {len(column)} rows; give "
            f"data.preprocess.fill.{column.name} a text, or let data.preprocess.text build it"
        )
    if not pd.api.types.is_string_dtype(column):
        raise InputError(
            f"text feature {column.name!r} is of type {column.dtype}, not text; list it under "
            "data.features.numeric or data.features.categorical"
        )
    return column
