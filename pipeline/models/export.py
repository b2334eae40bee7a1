"""What a fitted model says; its export and load in skops' format with the config's trust list."""

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import loader, yaml_text
from pipeline.config.model import CARD, TRUSTED_TYPES
from pipeline.errors import InputError
from pipeline.models import canonical, served_code, serving
from pipeline.models.boosters.config import packages_of
from pipeline.models.features import features_of, model_input
from pipeline.models.rules import trust

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MODEL_FILE = "model.skops"  # the name that mlflow.sklearn gives it
REQUIREMENTS = ("mlflow", "numpy", "pandas", "scikit-learn", "skops")


def predict(
    pipeline: "Pipeline", frame: pd.DataFrame
) -> tuple[NDArray[np.float64], NDArray[np.generic]]:
    """Return (n, k) probabilities, columns as `pipeline.classes_`, and the (n,) likeliest classes.

    Of a regressor the (n, 1) numbers that it predicts, and again (n,).

    Raises:
        InputError: the table has no rows, its columns do not suit the model, or the model's
            parameters these rows.
    """
    if frame.empty:
        raise InputError("the table has no rows: there is nothing to predict; give it some")
    inputs = model_input(frame, features_of(pipeline))
    if not hasattr(pipeline, "classes_"):
        numbers = np.asarray(pipeline.predict(inputs), np.float64)
        return numbers[:, None], numbers
    probabilities = pipeline.predict_proba(inputs)
    if unfit := int((~np.isfinite(probabilities).all(axis=1)).sum()):
        raise InputError(
            f"model.estimator {type(pipeline[-1]).__name__} gives {unfit:,} of {len(frame):,} rows "
            "no probabilities; give it other parameters, or scale what it sees"
        )
    return probabilities, pipeline.classes_[probabilities.argmax(axis=1)]


def export(
    pipeline: "Pipeline",
    folder: Path,
    example: pd.DataFrame,
    target: str,
    trusted: Sequence[str] = (),
    made: serving.Made = serving.NOTHING,
    card: str | None = None,
) -> None:
    """Write a fitted pipeline as an MLflow model that can be served (see serving.py).

    Equal pipelines give equal bytes.

    Args:
        pipeline: fitted, as train_random_forest.train.fit returns it.
        folder: must not exist or be empty; after a failure it may hold parts, so give a temporary
            one.
        example: rows with the feature columns; the signature is inferred from all of them, a few
            become the input example and the golden batch.
        target: the column that the model predicts, kept for those who test it.
        trusted: types that the file may hold besides TRUSTED_TYPES (model.trusted_types).
        made: what preprocess did to each row by itself, so that a server does it too; intervals.
        card: what a reader should know of the model, in Markdown; it lies beside it.

    Raises:
        InputError: the estimator holds types outside `trusted`, or the signature was lost.
    """
    import skops.io

    about = serving.describe(pipeline, example, made)
    _forget_addresses(pipeline)
    _save(pipeline, folder, about, target, trusted)
    own = set(skops.io.get_untrusted_types(file=folder / MODEL_FILE)) - trust.INSTALLED
    served_code.add_to(folder, about, {name.partition(".")[0] for name in own})
    if card:
        (folder / CARD).write_text(card, encoding="utf-8")
    canonical.rewrite_skops(folder / MODEL_FILE)
    canonical.rewrite_mlmodel(folder)
    if not _mlmodel(folder).get("signature"):
        raise InputError(f"{folder}: the exported model has no signature; see mlflow's messages")


def _save(
    pipeline: "Pipeline", folder: Path, about: serving.About, target: str, trusted: Sequence[str]
) -> None:
    """Let MLflow write the model, with skops; InputError for types that are not trusted."""
    import mlflow.sklearn
    from mlflow.exceptions import MlflowException
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        mlflow.sklearn.save_model(
            pipeline,
            str(folder),
            serialization_format="skops",
            skops_trusted_types=[*TRUSTED_TYPES, *trust.types_of(pipeline[-1]), *trusted],
            signature=serving.signature(pipeline, about),
            input_example=serving.example(about),
            conda_env=_environment(packages_of(pipeline[-1])),
            metadata={"target": target},
        )
    except MlflowException as error:
        if isinstance(error.__context__, UntrustedTypesFoundException):
            raise _untrusted(pipeline, trusted) from error
        raise


def load(folder: Path, trusted: Sequence[str] = ()) -> "Pipeline":
    """Load the pipeline that `export` wrote; mlflow (2.5 s to import) is not needed for it.

    Args:
        folder: what `export` made.
        trusted: types that the file may hold besides TRUSTED_TYPES (model.trusted_types).

    Raises:
        InputError: no model there, not a skops file, or it holds types outside `trusted`.
    """
    from zipfile import BadZipFile

    import skops.io

    file = Path(folder) / MODEL_FILE
    if not file.is_file():
        raise InputError(f"{folder} holds no {MODEL_FILE}; give a model export of the train step")
    try:
        held = skops.io.get_untrusted_types(file=file)
    except (BadZipFile, KeyError) as error:
        raise InputError(f"{file} is not a skops file ({error}); export the model again") from error
    if untrusted := set(held) - trust.KNOWN - set(trusted):
        raise InputError(
            f"{file} holds types that are not trusted: {', '.join(sorted(untrusted))}; if you know "
            "where it comes from and have reviewed them, add them to model.trusted_types (of "
            "predict: -P trusted_types=a,b)"
        )
    try:
        return skops.io.load(file, trusted=held)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"{file} holds a class that is not here: {error}; bring its package back, or install it"
        ) from error


def target_of(folder: Path) -> str:
    """Return the name of the column that an exported model predicts.

    Raises:
        InputError: the folder's MLmodel is absent or names no target.
    """
    target = (_mlmodel(folder).get("metadata") or {}).get("target")
    if not isinstance(target, str):
        raise InputError(f"{folder}: MLmodel names no metadata.target; export the model again")
    return target


def _forget_addresses(pipeline: "Pipeline") -> None:
    """Remove the address of an object that a vectorizer notes whenever it sees text."""
    for step in pipeline[0].named_transformers_.values():
        getattr(step, "__dict__", {}).pop("_stop_words_id", None)


def _environment(more: Sequence[str]) -> dict[str, object]:
    """State what the model needs: inferring it would load the model in another process, 4 s."""
    packages = [f"{name}=={version(name)}" for name in (*REQUIREMENTS, *more)]
    needed = [f"python={platform.python_version()}", "pip", {"pip": packages}]
    return {"name": "mlflow-env", "channels": ["conda-forge"], "dependencies": needed}


def _untrusted(pipeline: "Pipeline", trusted: Sequence[str]) -> InputError:
    import skops.io

    types = set(skops.io.get_untrusted_types(data=skops.io.dumps(pipeline)))
    types -= trust.KNOWN.union(trusted)
    return InputError(
        f"model.estimator {type(pipeline[-1]).__name__} cannot be exported: skops does not trust "
        f"{', '.join(sorted(types))}; choose another estimator or option, or, once reviewed, add "
        "them to model.trusted_types"
    )


def _mlmodel(folder: Path) -> dict[str, Any]:
    file = Path(folder) / "MLmodel"
    if not file.is_file():
        raise InputError(f"{folder} holds no MLmodel; give a model export of the train step")
    return loader.load(dict[str, Any], yaml_text.read(file), str(file))
