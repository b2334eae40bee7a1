"""What `preprocess` does to each row by itself, done to rows that a model is asked about.

A model whose table was prepared so has a copy of this file; it needs nothing of the repository.
"""

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ABOUT = "serving.json"
NUMBER = re.compile(r"[-+]?(0|[1-9]\d*)(\.\d*)?([eE][-+]?\d+)?")  # not 007, which is no number
PARTS = {"weekday": "day_of_week"}  # as pandas calls them


class Prepared:
    """A model that answers rows as they are before `preprocess`.

    Args:
        model: what answers rows as they are after it.
        about: what `prepared` takes.
    """

    def __init__(self, model: Any, about: dict[str, Any]) -> None:
        self._model, self._about = model, about

    def predict(self, data: pd.DataFrame) -> pd.DataFrame:
        """Answer MLflow."""
        answer: pd.DataFrame = self._model.predict(prepared(data, self._about))
        return answer


def prepared(rows: pd.DataFrame, about: dict[str, Any]) -> pd.DataFrame:
    """Return rows with their values mapped, filled in, finite, and with the parts of dates.

    What cannot be read stays as it is: the model says which row it is.

    Args:
        rows: with or without the columns that `about` names.
        about: ``map``, ``fill`` and ``infinite`` as in the config; ``missing``: column → texts that
            mean a missing value; ``dates``: column → ``format`` and ``parts``, part → its column;
            ``limits``: column → least and largest number.
    """
    made = rows.copy(deep=False)
    for name in (name for name in about["map"] if name in rows):
        meaning = {_plain(key): value for key, value in about["map"][name].items()}
        values = [v if pd.isna(v) else meaning.get(_plain(v), v) for v in rows[name]]
        made[name] = pd.Series(values, rows.index, object)
    for name, value in about["fill"].items():
        column = made[name].astype(object) if name in made else pd.Series(None, rows.index, object)
        gaps = column.isna() | column.isin(about["missing"].get(name, []))
        made[name] = column.where(~gaps, value)
    for name, date in about["dates"].items():
        if name in made:
            _add_parts(made, name, date)
    for name, (least, most) in about["limits"].items():
        if name in made:
            made[name] = [_finite(v, about["infinite"], least, most) for v in made[name]]
    return made


def _plain(value: Any) -> str:
    """Return the text of a value: 1 and 1.0 are the same, True is true."""
    text = str(value).lower() if isinstance(value, bool | np.bool_) else str(value)
    return repr(float(text)) if NUMBER.fullmatch(text) else text


def _finite(value: Any, how: str, least: float, most: float) -> Any:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    if not np.isinf(number):
        return value
    return np.nan if how == "missing" else most if number > 0 else least


def _add_parts(rows: pd.DataFrame, name: str, date: dict[str, Any]) -> None:
    """Add the parts of a column's dates, written as ISO 8601 or in the form that is known."""
    values = rows[name].astype(object)
    texts = values.where(values.notna(), None).map(lambda v: v if v is None else str(v).strip())
    texts = texts.where(~texts.isin(["None", "nan", "NaT", ""]), None)
    times = pd.to_datetime(texts, format="ISO8601", errors="coerce")
    if date["format"]:
        known = pd.to_datetime(texts, format=date["format"], errors="coerce")
        times = known.where(known.notna(), times)
    bad = times.isna() & texts.notna()
    for part, made in date["parts"].items():
        found = getattr(times.dt, PARTS.get(part, part)).astype(object)
        rows[made] = found.where(times.notna(), np.nan).where(~bad, texts)


def _load_pyfunc(path: str) -> Prepared:
    """Load the folder for MLflow: the model as without this, and what is done before it."""
    about = json.loads((Path(path) / ABOUT).read_text(encoding="utf-8"))["preparation"]
    return Prepared(import_module(about["module"])._load_pyfunc(path), about)
