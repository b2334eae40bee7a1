"""Artifacts from Python: tables as pandas frames, models that predict, other files as paths."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipeline import paths
from pipeline.api import asked
from pipeline.commands import fetch, predict
from pipeline.store.names import TABLES

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline


def load(reference: str) -> "pd.DataFrame | Path":
    """Return an artifact.

    Args:
        reference: ``name:alias`` or ``name:vN``.

    Returns:
        A table as a frame, with the column types that the steps see. Anything else as the path of
        its file or folder in outputs/name-vN, which is written anew.

    Raises:
        InputError: there is no such artifact; it says what there is.
    """
    with asked.store() as store:
        version = store.get(reference)
        if not version.name.endswith(TABLES):
            fetch.fetch(store, version.reference, None, paths.ROOT)
            folder = paths.ROOT / "outputs" / f"{version.name}-v{version.version}"
            only = version.files[0].path
            return folder / only if len(version.files) == 1 and "/" not in only else folder
        from pipeline.tables import table_files

        with TemporaryDirectory() as place:
            file = store.download(version, Path(place))
            frame: pd.DataFrame = table_files.read(file, version.metadata).to_pandas()
            return frame


def load_model(reference: str = "champion", trusted_types: Sequence[str] = ()) -> "Pipeline":
    """Return a fitted model: a scikit-learn pipeline with all its processing.

    Its file is read by skops, which runs no code from it: types outside the trusted ones are
    refused.

    Args:
        reference: ``name:alias`` or ``name:vN``; ``champion``: the champion, if there is one only.
        trusted_types: types of your own that it may hold, as in model.trusted_types.

    Raises:
        InputError: there is no such model, or it holds a type that is not trusted.
    """
    from pipeline.models import export

    with asked.store() as store, TemporaryDirectory() as folder:
        name = (
            predict.champion(store.aliases(predict.MODEL)) if reference == "champion" else reference
        )
        return export.load(store.download(store.get(name), Path(folder)), trusted_types)
