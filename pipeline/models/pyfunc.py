"""A classifier as a server sees it: any rows in, the class and its probabilities out.

Every exported model holds a copy of this file, so that `mlflow models serve` needs nothing else of
the repository; the name of the copy ends with the start of its SHA-256. Nothing in the other files
of the folder is executed: model.skops makes objects of the types that MLmodel lists, and no others.
"""

import json
import os
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ABOUT = "serving.json"
MODEL = "model.skops"
SERVER = "__pyfunc_model_path__"  # what MLflow's scoring server has in its environment
# Trees and sums give the same bits wherever scikit-learn is the same; a matrix product may be
# rounded otherwise on another processor. A changed model or package is off by far more.
TOLERANCE = 1e-9
BOOLEANS = {True: True, "True": True, "true": True, "TRUE": True,
            False: False, "False": False, "false": False, "FALSE": False}  # fmt: skip


class UnfitError(ValueError):
    """Rows or a model folder that cannot be used; one line says why."""


class Classifier:
    """A fitted scikit-learn pipeline with what `serving.json` says of its columns.

    Args:
        model: the pipeline.
        about: ``columns``: what the model sees, in its order, each with ``name``, ``kind``
            (number, text, boolean), ``required`` and ``missing`` (texts that mean a missing
            value: MLflow hands a null of `instances` and `inputs` on as "None" or "nan");
            ``text``: None, or ``name`` and ``columns`` of the text column that is joined from
            others when it is not given; ``golden``: rows and what is predicted for them.
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
            raise UnfitError(str(error).strip().partition("\n")[0]) from error
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
        rows = pd.DataFrame(golden["data"], columns=golden["columns"])
        stored = pd.DataFrame(golden["answers"], columns=self.names())
        found = self.answer(rows)
        off = np.abs(found.iloc[:, 1:].to_numpy() - stored.iloc[:, 1:].to_numpy(np.float64))
        other = found["prediction"].to_numpy() != stored["prediction"].to_numpy()
        bad = np.flatnonzero(other | ~(off.max(axis=1) <= TOLERANCE))
        if len(bad):
            row, column = bad[0], 1 + int(off[bad[0]].argmax())
            now, then = (float(answer.iloc[row, column]) for answer in (found, stored))
            raise UnfitError(
                f"{len(bad)} of {len(rows)} golden rows are not predicted as when the model was "
                f"exported, first row {row}: {self.names()[column]} {now!r} instead of {then!r}; "
                "the packages are not those of requirements.txt, or a file was changed: export "
                "the model again"
            )


def _joined(rows: pd.DataFrame, text: dict[str, Any], faults: list[str]) -> NDArray[Any]:
    """Return the text column as preprocess makes it: joined by a space, missing as nothing."""
    sources = [about for about in text["columns"] if about["name"] in rows]
    if not sources:
        names = " and ".join(about["name"] for about in text["columns"])
        faults.append(
            f"column {text['name']!r} is missing: it is {names} joined by a space; give it or these"
        )
    parts = []
    for about in text["columns"]:
        there = about in sources
        part = _converted(rows[about["name"]], about, faults) if there else np.full(len(rows), None)
        parts.append(np.where(pd.isna(part), "", part).astype(object))
    return reduce(lambda left, right: left + " " + right, parts)


def _converted(column: pd.Series, about: dict[str, Any], faults: list[str]) -> NDArray[Any]:
    """Return a column's values as the model takes them; what is wrong is added to `faults`."""
    kind = about["kind"]
    values = column.astype(object).to_numpy()
    missing = pd.isna(values)
    if kind == "number":
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        result: NDArray[Any] = numbers
        bad = np.isinf(numbers) | (np.isnan(numbers) & ~missing)
    else:
        missing |= np.isin(np.where(missing, "", values).astype(str), about["missing"])
        result = np.where(missing, np.nan, values)
        if kind == "boolean":
            result = np.array([BOOLEANS.get(v, v) if v.__hash__ else v for v in result], object)
        wanted = str if kind == "text" else bool
        bad = ~missing & ~np.array([isinstance(v, wanted) for v in result], bool)
    if kind == "text" and about.get("full"):
        bad |= missing
    if bad.any():
        at = int(bad.argmax())
        held = "nothing" if missing[at] else repr(values[at])
        faults.append(
            f"column {about['name']!r} must be {'a finite number' if kind == 'number' else kind}: "
            f"row {column.index[at]} holds {held}, {int(bad.sum())} in all"
        )
    return result


def load(folder: Path) -> Classifier:
    """Load the classifier in a folder, and let it predict its golden batch.

    Raises:
        UnfitError: a file is damaged, the model holds types that MLmodel does not list, or the
            golden batch is predicted otherwise.
    """
    from zipfile import BadZipFile

    import skops.io
    import yaml

    file = folder / MODEL
    try:
        mlmodel = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
        trusted = list(mlmodel["flavors"]["sklearn"]["skops_trusted_types"])
        if untrusted := set(skops.io.get_untrusted_types(file=file)) - set(trusted):
            listed = ", ".join(sorted(untrusted))
            raise UnfitError(f"{file} holds types that are not trusted: {listed}")
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
