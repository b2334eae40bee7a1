"""How XGBoost is fitted on one partition of a table while others are on theirs."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer

from pipeline.engines.together import BrokenError, Chunk, Group
from pipeline.errors import InputError
from pipeline.judging.formatting import listed
from pipeline.models.boosters.libraries import WHERE
from pipeline.models.features import InputColumns, labels, model_input

if TYPE_CHECKING:
    from xgboost import DMatrix

BINS = 256  # XGBoost's own max_bin
OF_OTHERS = "/collective/"  # where XGBoost raises what is said of other partitions
QUIET = ctypes.CFUNCTYPE(None, ctypes.c_char_p)(lambda _: None)


@dataclass(frozen=True)
class PartitionFit:
    """What is done with a partition; see together.Job.

    Attributes:
        number: of partitions.
        made_by: what makes inputs of columns; fitted.
        features: the columns that it takes.
        estimator: of XGBoost, which knows its classes.
        target: the column to predict.
        aside: inputs and truth of rows that end the fit; None: none do.
    """

    number: int
    made_by: ColumnTransformer
    features: InputColumns
    estimator: Any
    target: str
    aside: tuple[NDArray[Any], NDArray[Any]] | None

    def columns(self) -> list[str]:
        """Return the columns that are read."""
        has = self.features
        kept = [*has.numeric, *has.categorical, *has.taken, *([has.text] if has.text else [])]
        return [*dict.fromkeys([*kept, self.target])]

    def chunk(self, piece: pa.Table) -> Chunk:
        """Return (n, inputs) numbers and (n,) truth, as XGBoost holds them."""
        frame = piece.to_pandas()
        truth = labels(frame, self.target)
        classes = getattr(self.estimator, "classes_", None)
        if classes is not None:
            if new := sorted({*truth.tolist()} - {*classes.tolist()}, key=str):
                raise InputError(
                    f"the sample of model.rows has no row that fits of {self.target}="
                    f"{listed(map(str, new))}; give more rows, or data.stratify={self.target}"
                )
            truth = np.searchsorted(classes, truth)
        inputs = self.made_by.transform(model_input(frame, self.features))
        return self.estimator.rows(inputs).astype(np.float32), truth.astype(np.float32)

    def work(self, chunks: Sequence[Chunk], partition: int, group: Group) -> tuple[bytes, Any]:
        """Grow the trees with the other partitions; return the model's file and gains of inputs."""
        from xgboost import collective, config_context
        from xgboost.core import _LIB, XGBoostError

        _LIB.XGBRegisterLogCallback(QUIET)  # of this thread: else it prints the rank, always
        try:
            with config_context(verbosity=0), collective.CommunicatorContext(**group):
                return self._fitted(chunks, partition)
        except XGBoostError as error:
            kind = BrokenError if OF_OTHERS in str(error) else ValueError
            raise kind(WHERE.sub("", str(error)).partition("\n")[0]) from error

    def _fitted(self, chunks: Sequence[Chunk], partition: int) -> tuple[bytes, NDArray[Any]]:
        import xgboost

        given, stop = self.estimator.given()
        model = self.estimator.library_class()(**given)
        settings = {**model.get_xgb_params(), **self._classes(model)}
        types = self.estimator.types(chunks[0][0].shape[1])
        rows = xgboost.QuantileDMatrix(
            _batches(chunks, types), max_bin=model.max_bin or BINS, nthread=model.n_jobs,
            enable_categorical=True,
        )  # fmt: skip
        grown = xgboost.train(
            settings, rows, model.get_num_boosting_rounds(), verbose_eval=False,
            evals=self._evaluated(partition, types), early_stopping_rounds=self.aside and stop,
        )  # fmt: skip
        kept: tuple[bytes, NDArray[Any]] = self.estimator.kept_of(
            grown[: grown.best_iteration + 1] if self.aside else grown, model
        )
        return kept

    def _classes(self, model: Any) -> dict[str, Any]:
        """Return the settings that follow from the number of classes, as XGBClassifier has them."""
        classes = len(getattr(self.estimator, "classes_", ()))
        if classes <= 2:
            return {}
        own = str(model.objective).startswith("multi:")
        return {"num_class": classes, "objective": model.objective if own else "multi:softprob"}

    def _evaluated(self, partition: int, types: list[str]) -> list[tuple["DMatrix", str]]:
        """Return this partition's share of the rows that end the fit."""
        import xgboost

        if self.aside is None:
            return []
        rows, truth = (part[partition :: self.number] for part in self.aside)
        share = xgboost.DMatrix(
            rows, truth, feature_types=types, enable_categorical=True, nthread=1
        )
        return [(share, "validation")]


def _batches(chunks: Sequence[Chunk], types: list[str]) -> Any:
    """Return what hands chunks to XGBoost one by one; it keeps bins of one byte."""
    import xgboost

    class Batches(xgboost.DataIter):
        at = 0

        def next(self, input_data: Any) -> bool:
            if self.at == len(chunks):
                return False
            data, label = chunks[self.at]
            input_data(data=data, label=label, feature_types=types)
            self.at += 1
            return True

        def reset(self) -> None:
            self.at = 0

    return Batches()
