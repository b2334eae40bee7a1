"""A classifier as a server sees it: any rows in, the class and its probabilities out.

Every exported model holds a copy of this file, its SHA-256 in its name. Nothing in the other files
of the folder is executed: model.skops makes objects of the types that MLmodel lists, no others.
"""

import json
import os
import reprlib
from functools import reduce
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ABOUT, MODEL = "serving.json", "model.skops"
SERVER = "__pyfunc_model_path__"  # what MLflow's scoring server has in its environment
TOLERANCE = 1e-9  # of another processor; a changed model or package is off by far more
BOOLEANS = {"true": True, "false": False}  # in capitals, too


class UnfitError(ValueError):
    """Rows or a model folder that cannot be used; one line says why."""


class Classifier:
    """A fitted scikit-learn pipeline with what `serving.json` says of its columns.

    Args:
        model: the pipeline.
        about: ``columns``: what the model sees, in its order, each with ``name``, ``kind`` (number,
            text, boolean), ``required`` and ``missing`` (texts that mean a missing value: MLflow
            makes "None" or "nan" of a null of `instances` and `inputs`); ``text``: None, or
            ``name`` and ``columns`` of the text that is joined where it is not given; ``golden``.
    """

    def __init__(self, model: Any, about: dict[str, Any]) -> None:
        self._model, self._about = model, about

    def predict(self, data: pd.DataFrame) -> pd.DataFrame:
        """Answer MLflow: as `answer`, its refusal with status 400."""
        from mlflow.exceptions import MlflowException

        try:
            return self.answer(data)
        except UnfitError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from error

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return ``prediction`` and ``probability_<class>`` of each row, in the order of the rows.

        Raises:
            UnfitError: no rows, or columns that are missing or hold what they must not.
        """
        inputs = self.inputs(rows)
        try:
            found = self._model.predict_proba(inputs)
        except ValueError as error:  # scikit-learn's word for rows that the model cannot take
            most = inputs.select_dtypes("number").abs().max().nlargest(1).to_dict()
            raise UnfitError(f"{' '.join(str(error).split())}; the largest: {most}") from error
        classes = self._model.classes_
        named = {name: found[:, i] for i, name in enumerate(self.names()[1:])}
        return pd.DataFrame({self.names()[0]: classes[found.argmax(axis=1)], **named}, rows.index)

    def names(self) -> list[str]:
        """Return the columns of an answer."""
        return ["prediction", *(f"probability_{label}" for label in self._model.classes_)]

    def inputs(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return what the model sees: numbers as float64, the others as objects, NaN for missing.

        Other columns are left out. Errors as `answer`.
        """
        if not len(rows):
            raise UnfitError("there are no rows to predict; give at least one")
        faults: list[str] = []
        text = self._about["text"]
        columns = {}
        for about in self._about["columns"]:
            name = about["name"]
            if text and name == text["name"] and name not in rows:
                columns[name] = _joined(rows, text, faults)
            elif name in rows:
                columns[name] = _converted(rows[name], about, faults)
            elif about["required"]:
                faults.append(f"column {name!r} is missing")
            else:
                columns[name] = np.full(len(rows), np.nan)
        if faults:
            raise UnfitError("; ".join(faults))
        return pd.DataFrame(columns, rows.index)

    def check(self) -> None:
        """Predict the golden batch again; raises UnfitError if it differs from what is stored."""
        golden = self._about["golden"]
        stored = pd.DataFrame(golden["answers"], columns=self.names())
        found = self.answer(pd.DataFrame(golden["data"], columns=golden["columns"]))
        off = np.abs(found.iloc[:, 1:].to_numpy() - stored.iloc[:, 1:].to_numpy(np.float64))
        other = found["prediction"].to_numpy() != stored["prediction"].to_numpy()
        bad = np.flatnonzero(other | ~(off.max(axis=1) <= TOLERANCE))
        if len(bad):
            row, column = bad[0], 1 + int(off[bad[0]].argmax())
            now, then = (float(answer.iloc[row, column]) for answer in (found, stored))
            raise UnfitError(
                f"{len(bad)} of {len(found)} golden rows are not predicted as when the model was "
                f"exported, first row {row}: {self.names()[column]} {now!r} instead of {then!r}; "
                "the packages are not those of requirements.txt, or a file was changed: export "
                "the model again"
            )


def _joined(rows: pd.DataFrame, text: dict[str, Any], faults: list[str]) -> NDArray[Any]:
    """Return the text column as preprocess makes it: joined by a space, missing as nothing."""
    if not any(about["name"] in rows for about in text["columns"]):
        names = " and ".join(about["name"] for about in text["columns"])
        faults.append(
            f"column {text['name']!r} is missing: it is {names} joined by a space; give it or these"
        )
    parts = []
    for about in text["columns"]:
        there = about["name"] in rows
        part = _converted(rows[about["name"]], about, faults) if there else np.full(len(rows), None)
        parts.append(np.where(pd.isna(part), "", part).astype(object))
    return reduce(lambda left, right: left + " " + right, parts)


def _converted(column: pd.Series, about: dict[str, Any], faults: list[str]) -> NDArray[Any]:
    """Return a column's values as the model takes them; what is wrong is added to `faults`."""
    kind, number = about["kind"], about["kind"] == "number"
    values = column.astype(object).to_numpy()
    missing = pd.isna(values)
    if number and pd.api.types.is_any_real_numeric_dtype(column):
        result = column.to_numpy(np.float64, na_value=np.nan)
    else:
        missing |= np.array([isinstance(v, str) and v in about["missing"] for v in values])
        made = (_value(v, kind) for v in np.where(missing, np.nan, values))
        result = np.fromiter(made, np.float64 if number else object, len(values))
    bad = pd.isna(result) & ~missing | (number and np.isinf(result))
    bad |= missing & (kind == "text" and bool(about.get("full")))
    if bad.any():
        at = int(bad.argmax())
        row, held = reprlib.repr(column.index[at]), reprlib.repr(values[at])
        faults.append(
            f"column {about['name']!r} must be {'a finite number' if number else kind}: row {row} "
            f"holds {'nothing' if missing[at] else held}, {bad.sum()} in all"
        )
    return result


def _value(value: Any, kind: str) -> Any:
    """Return a value as the model takes it, a number also out of a text; NaN for an unfit one."""
    if isinstance(value, bool | np.bool_):
        return bool(value) if kind == "boolean" else np.nan
    try:
        if isinstance(value, str | Real) and kind == "number":
            return float(value)
        return BOOLEANS[value.lower()] if kind == "boolean" else value.encode().decode()
    except (AttributeError, KeyError, OverflowError, ValueError):  # of another type, or beyond it
        return np.nan


def load(folder: Path) -> Classifier:
    """Load the classifier in a folder, and let it predict its golden batch.

    Raises:
        UnfitError: a file is damaged, types that MLmodel does not list, or another prediction.
    """
    from zipfile import BadZipFile

    import skops.io
    import yaml

    file = folder / MODEL
    try:
        mlmodel = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
        trusted = list(mlmodel["flavors"]["sklearn"]["skops_trusted_types"])
        if untrusted := set(skops.io.get_untrusted_types(file=file)) - set(trusted):
            raise UnfitError(f"{file} holds types that are not trusted: {sorted(untrusted)}")
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        classifier = Classifier(skops.io.load(file, trusted=trusted), about)
    except (OSError, BadZipFile, KeyError, TypeError, yaml.YAMLError, json.JSONDecodeError) as bad:
        raise UnfitError(
            f"{folder} is damaged ({bad!r}); get it from the artifact store again"
        ) from bad
    classifier.check()
    return classifier


def _load_pyfunc(path: str) -> Classifier:
    """Load the folder for MLflow; a server that must not start ends with one line."""
    try:
        return load(Path(path))
    except UnfitError as error:
        if SERVER in os.environ:
            raise SystemExit(f"error: {error}") from error
        raise
