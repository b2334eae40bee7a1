"""How each library is fitted, asked, written and read."""

import re
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipeline.models.boosters.base import (
    STOP,
    Aside,
    Booster,
    Classifier,
    Given,
    Numbers,
    Regressor,
)

NOTES = ("model_guid", "train_finish_time")  # of CatBoost's file: other in every fit
WHERE = re.compile(r"^\[[\d:]+\] \S+ ")  # time and source line, in XGBoost's messages


class _XGBoost(Booster):
    library = "xgboost"
    fixed: ClassVar[dict[str, Any]] = {"n_jobs": 1, "verbosity": 0, "enable_categorical": True}

    def types(self, inputs: int) -> list[str]:
        return ["c" if i in set(self._categories()) else "q" for i in range(inputs)]

    def _fitted(
        self,
        rows: Any,
        truth: NDArray[Any],
        given: Given,
        aside: Aside,
        rounds: int | None,
    ) -> tuple[bytes, Numbers]:
        stop = {STOP: rounds} if aside else {}
        model = self.library_class()(**given, **stop, feature_types=self.types(rows.shape[1]))
        try:
            model.fit(rows, truth, eval_set=[aside] if aside else None, verbose=False)
        except import_module("xgboost.core").XGBoostError as error:
            raise ValueError(WHERE.sub("", str(error))) from error
        booster = model.get_booster()
        return self.kept_of(booster[: model.best_iteration + 1] if aside else booster, model)

    def kept_of(self, booster: Any, model: Any) -> tuple[bytes, Numbers]:
        """Return the model file of a booster, and what each input is worth to its trees.

        Args:
            booster: as it is kept, without the trees that were grown in vain.
            model: of the library's class; it gets this booster.
        """
        content = bytes(booster.save_raw("ubj"))
        model.load_model(bytearray(content))
        return content, np.asarray(model.feature_importances_, np.float64)

    def _read(self, content: bytes) -> Any:
        booster = import_module("xgboost").Booster({"nthread": 1})
        booster.load_model(bytearray(content))
        return booster

    def _said(self, matrix: Numbers) -> Numbers:
        rows = self.rows(matrix)
        frame = import_module("xgboost").DMatrix(
            rows, feature_types=self.types(rows.shape[1]), enable_categorical=True, nthread=1
        )
        said: Numbers = self._loaded().predict(frame)
        return said


class _LightGBM(Booster):
    library = "lightgbm"
    fixed: ClassVar[dict[str, Any]] = {
        "n_jobs": 1, "verbosity": -1, "deterministic": True, "force_row_wise": True
    }  # fmt: skip

    def _fitted(
        self,
        rows: Any,
        truth: NDArray[Any],
        given: Given,
        aside: Aside,
        rounds: int | None,
    ) -> tuple[bytes, Numbers]:
        package = import_module("lightgbm")
        stop = [package.early_stopping(rounds, verbose=False)] if aside else None
        try:
            model = self.library_class()(**given).fit(
                rows, truth, callbacks=stop, categorical_feature=self._categories() or "auto",
                **(dict(zip(("eval_X", "eval_y"), aside, strict=True)) if aside else {}),
            )  # fmt: skip
        except package.basic.LightGBMError as error:
            raise ValueError(str(error)) from error
        worth = model.booster_.feature_importance("gain")
        return model.booster_.model_to_string().encode(), np.asarray(worth, np.float64)

    def _read(self, content: bytes) -> Any:
        return import_module("lightgbm").Booster(model_str=content.decode())

    def _said(self, matrix: Numbers) -> Numbers:
        said: Numbers = self._loaded().predict(self.rows(matrix), num_threads=1)
        return said


class _CatBoost(Booster):
    library = "catboost"
    fixed: ClassVar[dict[str, Any]] = {
        "thread_count": 1, "verbose": False, "allow_writing_files": False
    }  # fmt: skip

    def rows(self, matrix: Numbers) -> Any:
        """Return a table: CatBoost takes categories as integers, beside numbers."""
        frame = import_module("pandas").DataFrame(np.asarray(matrix, np.float64))
        return frame.astype(dict.fromkeys(self._categories(), int))

    def _fitted(
        self,
        rows: Any,
        truth: NDArray[Any],
        given: Given,
        aside: Aside,
        rounds: int | None,
    ) -> tuple[bytes, Numbers]:
        stop = {STOP: rounds} if aside else {}
        package = import_module("catboost")
        try:
            model = self.library_class()(**given, **stop, cat_features=self._categories() or None)
            model.fit(rows, truth, eval_set=aside)
        except package.CatBoostError as error:
            raise ValueError(str(error)) from error
        notes = model.get_metadata()
        for name in NOTES:
            notes[name] = ""
        return model._serialize_model(), np.asarray(model.feature_importances_, np.float64)

    def _read(self, content: bytes) -> Any:
        return self.library_class()().load_model(blob=content)

    def _said(self, matrix: Numbers) -> Numbers:
        ask = getattr(self._loaded(), "predict_proba", self._loaded().predict)
        said: Numbers = ask(self.rows(matrix), thread_count=1)
        return said


class XGBClassifier(Classifier, _XGBoost):
    """XGBoost's classifier."""


class XGBRegressor(Regressor, _XGBoost):
    """XGBoost's regressor."""


class LGBMClassifier(Classifier, _LightGBM):
    """LightGBM's classifier."""


class LGBMRegressor(Regressor, _LightGBM):
    """LightGBM's regressor."""


class CatBoostClassifier(Classifier, _CatBoost):
    """CatBoost's classifier."""


class CatBoostRegressor(Regressor, _CatBoost):
    """CatBoost's regressor."""
