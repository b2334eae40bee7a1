"""A regressor as a server sees it: any rows in, the number and its prediction interval out.

Every exported regressor holds a copy of this file beside one of pyfunc.py, which it imports.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.models.pyfunc import ABOUT, MODEL, SERVER, TOLERANCE, Classifier, UnfitError


class Regressor(Classifier):
    """A fitted scikit-learn pipeline that predicts numbers; see Classifier.

    Its ``serving.json`` has ``interval`` as well: None, or ``alpha`` (share of rows outside) and
    ``half_width`` of the intervals around what is predicted.
    """

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return ``prediction``, and ``lower`` and ``upper`` if there are intervals, of each row.

        Raises:
            UnfitError: no rows, or columns that are missing or hold what they must not.
        """
        inputs = self.inputs(rows)
        try:
            said = np.asarray(self._model.predict(inputs), np.float64)
        except ValueError as error:  # scikit-learn's word for rows that the model cannot take
            most = inputs.select_dtypes("number").abs().max().nlargest(1).to_dict()
            raise UnfitError(f"{' '.join(str(error).split())}; the largest: {most}") from error
        interval = self._about["interval"]
        half = interval["half_width"] if interval else 0.0
        columns = (said, said - half, said + half)
        return pd.DataFrame(dict(zip(self.names(), columns, strict=False)), rows.index)

    def names(self) -> list[str]:
        """Return the columns of an answer."""
        return ["prediction", *(["lower", "upper"] if self._about["interval"] else [])]

    def check(self) -> None:
        """Predict the golden batch again; raises UnfitError if it differs from what is stored."""
        golden = self._about["golden"]
        stored = np.array(golden["answers"], np.float64)
        found = self.answer(pd.DataFrame(golden["data"], columns=golden["columns"])).to_numpy()
        bad = np.argwhere(~(np.abs(found - stored) <= TOLERANCE * np.maximum(1, np.abs(stored))))
        if len(bad):
            row, column = bad[0]
            now, then = float(found[row, column]), float(stored[row, column])
            raise UnfitError(
                f"{len(set(bad[:, 0]))} of {len(found)} golden rows are not predicted as when the "
                f"model was exported, first row {row}: {self.names()[column]} {now!r} instead of "
                f"{then!r}; the packages are not those of requirements.txt, or a file was changed: "
                "export the model again"
            )


def load(folder: Path) -> Regressor:
    """Load the regressor in a folder, and let it predict its golden batch.

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
        about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        regressor = Regressor(skops.io.load(file, trusted=trusted), about)
    except (OSError, BadZipFile, KeyError, TypeError, yaml.YAMLError, json.JSONDecodeError) as bad:
        raise UnfitError(
            f"{folder} is damaged ({bad!r}); get it from the artifact store again"
        ) from bad
    regressor.check()
    return regressor


def _load_pyfunc(path: str) -> Regressor:
    """Load the folder for MLflow; a server that must not start ends with one line."""
    try:
        return load(Path(path))
    except UnfitError as error:
        if SERVER in os.environ:
            raise SystemExit(f"error: {error}") from error
        raise
