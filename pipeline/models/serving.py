"""What an exported model needs to be served: its signature, its golden batch, its loader."""

import hashlib
import json
import sysconfig
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml

from pipeline.config.preprocess import RowValues
from pipeline.errors import InputError
from pipeline.models import asked, pyfunc
from pipeline.models.features import features_of

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from sklearn.pipeline import Pipeline

EXAMPLE_ROWS = 5
GAP_ROWS = 200
SEEN = 2000  # rows in which each class is looked for
MISSING = ("None", "nan")  # how MLflow hands on a null among texts, in some forms of payload
OUTPUTS = {"i": "long", "u": "long", "b": "boolean", "f": "double"}  # by numpy's kind of the labels
CODE = "code"
About = dict[str, Any]  # what serving.json holds, of the model or of one column: JSON


def describe(pipeline: "Pipeline", table: pd.DataFrame, made: RowValues | None = None) -> About:
    """Return what serving.json holds, the golden batch included; see pyfunc.Classifier.

    The golden batch is the table's first rows, the first with a gap in each column, and the first
    among some that is predicted as each class.

    Args:
        pipeline: fitted.
        table: rows that it was fitted on, with its columns.
        made: what preprocess did to each row by itself.

    Raises:
        InputError: a categorical column that is neither text, numbers nor booleans.
    """
    features = features_of(pipeline)
    document, text = features.text, made.text if made else None
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
    classifier = pyfunc.Classifier(pipeline, about)
    rows = _golden_rows(classifier, table, example_columns(about))
    answers = classifier.answer(rows)
    about["golden"] = {
        "columns": list(rows),
        "data": _plain(rows),
        "answers": _plain(answers),
    }
    inputs = asked.columns(about)
    if made and (prepared := asked.describe(made, table, inputs, EXAMPLE_ROWS)):
        about["preparation"] = prepared
    return about


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

    label = OUTPUTS.get(pipeline.classes_.dtype.kind, "string")
    prediction, *probabilities = pyfunc.Classifier(pipeline, dict(about)).names()
    return ModelSignature(
        Schema([ColSpec(_type(c), c["name"], c["required"]) for c in asked.columns(about)]),
        Schema([ColSpec(label, prediction), *(ColSpec("double", p) for p in probabilities)]),
    )


def add_to(folder: Path, about: About, packages: Iterable[str] = ()) -> None:
    """Let MLflow load a saved scikit-learn model through a copy of pyfunc.py beside it.

    Args:
        folder: the saved model.
        about: what serving.json is to hold.
        packages: top-level packages that its classes are from. One that is not installed is
            copied beside pyfunc.py, whole and by itself: what it imports has to be installed.
    """
    source = Path(pyfunc.__file__).read_bytes()
    # Models of different exports can be loaded in one process: each has its own module.
    module = f"served_{hashlib.sha256(source).hexdigest()[:12]}"
    (folder / CODE).mkdir()
    (folder / CODE / f"{module}.py").write_bytes(source)
    if "preparation" in about:
        module = asked.loader(folder / CODE, about, module)
    text = json.dumps(about, ensure_ascii=False, allow_nan=False, sort_keys=True)
    (folder / pyfunc.ABOUT).write_text(text + "\n", encoding="utf-8")
    for package in packages:
        _copy_package(package, folder / CODE)
    file = folder / "MLmodel"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["flavors"]["python_function"] |= {"loader_module": module, "code": CODE}
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def _copy_package(name: str, target: Path) -> None:
    """Copy a package's or module's Python files, unless it is installed."""
    spec = find_spec(name)
    assert spec, "its class is loaded"
    source = Path([*(spec.submodule_search_locations or []), str(spec.origin)][0])
    installed = map(Path, {sysconfig.get_path(kind) for kind in ("purelib", "platlib", "stdlib")})
    if any(source.is_relative_to(place) for place in installed):
        return
    for file in sorted(source.rglob("*.py")) if source.is_dir() else [source]:
        copy = target / file.relative_to(source.parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())


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
    gaps = [int(table[name].isna().to_numpy().argmax()) for name in columns]
    shown = list(dict.fromkeys(gaps))[:GAP_ROWS]  # of thousands of columns the batch has not all
    chosen = {*range(min(EXAMPLE_ROWS, len(table))), *shown, *map(int, firsts)}
    return table.iloc[sorted(chosen)][columns].reset_index(drop=True)


def _plain(frame: pd.DataFrame) -> list[list[object]]:
    """Return the rows as JSON has them, without loss."""
    columns = [frame[name].astype(object).to_numpy().tolist() for name in frame]
    return [[None if pd.isna(v) else getattr(v, "item", lambda v=v: v)() for v in row]
            for row in zip(*columns, strict=True)]  # fmt: skip
