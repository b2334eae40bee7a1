"""What the boosters of all libraries have in common."""

import hashlib
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

STOP = "early_stopping_rounds"
Numbers = NDArray[np.float64]
Given = dict[str, Any]  # parameters
Aside = tuple[Any, NDArray[Any]] | None  # rows as the library takes them, and their truth
Pair = tuple[Numbers, NDArray[Any]]  # inputs and truth of the same rows


class Booster(BaseEstimator):
    """What all have in common: a subclass for each library says how it is fitted and asked.

    Args:
        parameters: of the library's own class.
        categorical_features: inputs (columns of the matrix) that are codes of categories, or in the
            config their names; from_dtype: the config's categorical columns.
        random_state: the seed.
    """

    library: ClassVar[str] = ""
    # Threads change sums in their last bits: one, unless the config says otherwise.
    fixed: ClassVar[dict[str, Any]] = {}

    def __init__(
        self,
        parameters: dict[str, Any] | None = None,
        categorical_features: list[int] | str | None = "from_dtype",
        random_state: int | None = None,
    ) -> None:
        self.parameters = parameters
        self.categorical_features = categorical_features
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Return what is kept: the library's object is made again from its file."""
        return {name: value for name, value in self.__dict__.items() if name != "_own"}

    def fit(self, X: Numbers, y: NDArray[Any], validation: Pair | None = None) -> "Booster":  # noqa: N803
        """Fit on (n, inputs) numbers and (n,) truth; missing is NaN, and a category below 0.

        Args:
            X: the inputs, as scikit-learn calls them.
            y: the truth.
            validation: the same of rows on which the fit is stopped early, if it is to be.

        Raises:
            ValueError: the library refuses a parameter, or the rows.
        """
        given = {**self.fixed, **(self.parameters or {}), "random_state": self.random_state}
        rounds = given.pop(STOP, None)
        truth = self._learned(np.asarray(y), given)
        aside = self._aside(validation) if validation and rounds else None
        content, worth = self._fitted(self._rows(X), truth, given, aside, rounds)
        self.n_features_in_ = int(np.shape(X)[1])
        self.feature_importances_ = worth / (worth.sum() or 1.0)  # shares, as a forest's
        self.model_ = np.frombuffer(content, np.uint8)
        self.sha256_ = hashlib.sha256(content).hexdigest()
        self.__dict__.pop("_own", None)
        return self

    def _loaded(self) -> Any:
        """Return the library's object.

        Raises:
            ValueError: the bytes are not those that were written.
        """
        if "_own" not in self.__dict__:
            content = self.model_.tobytes()
            if hashlib.sha256(content).hexdigest() != self.sha256_:
                raise ValueError(f"the {self.library} model was changed: its SHA-256 is another")
            self._own = self._read(content)
        return self._own

    def _categories(self) -> list[int]:
        chosen = self.categorical_features
        return [] if chosen is None or isinstance(chosen, str) else [int(i) for i in chosen]

    def _rows(self, matrix: Numbers) -> Any:
        """Return the inputs as the library takes them: an unknown category is a missing one."""
        rows = np.array(matrix, np.float64)
        codes = rows[:, self._categories()]
        rows[:, self._categories()] = np.where(codes < 0, np.nan, codes)
        return rows

    def _class(self) -> Any:
        kind = "Regressor" if isinstance(self, RegressorMixin) else "Classifier"
        prefix = {"xgboost": "XGB", "lightgbm": "LGBM", "catboost": "CatBoost"}[self.library]
        return getattr(import_module(self.library), prefix + kind)

    def _learned(self, truth: NDArray[Any], given: Given) -> NDArray[Any]:
        return truth.astype(np.float64)

    def _aside(self, validation: Pair) -> Aside:
        return self._rows(validation[0]), validation[1].astype(np.float64)

    def _fitted(
        self,
        rows: Any,
        truth: NDArray[Any],
        given: Given,
        aside: Aside,
        rounds: int | None,
    ) -> tuple[bytes, Numbers]:
        """Return the model file, and what each input is worth."""
        raise NotImplementedError

    def _read(self, content: bytes) -> Any:
        raise NotImplementedError

    def _said(self, matrix: Numbers) -> Numbers:
        raise NotImplementedError


class Classifier(ClassifierMixin):
    """The part of a classifier: labels of any kind, and a column for each class."""

    def predict_proba(self, X: Numbers) -> Numbers:  # noqa: N803
        """Return (n, k) probabilities, columns as classes_."""
        said = np.asarray(self._said(X), np.float64)
        return np.column_stack([1 - said, said]) if said.ndim == 1 else said

    def predict(self, X: Numbers) -> NDArray[Any]:  # noqa: N803
        """Return the (n,) likeliest classes."""
        likeliest: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return likeliest

    def _learned(self, truth: NDArray[Any], given: Given) -> NDArray[Any]:
        """Learn the classes and return their numbers; weights of classes get these too."""
        self.classes_, codes = np.unique(truth, return_inverse=True)
        if isinstance(weights := given.get("class_weight"), dict):
            names = self.classes_.tolist()
            given["class_weight"] = {names.index(name): weights[name] for name in weights}
        return codes

    def _aside(self, validation: Pair) -> Aside:
        """Return rows and codes of those whose class is known."""
        known = np.isin(validation[1], self.classes_)
        codes = np.searchsorted(self.classes_, validation[1][known])
        rows = self._rows(validation[0][known])
        return (rows, codes) if known.any() else None


class Regressor(RegressorMixin):
    """The part of a regressor."""

    def predict(self, X: Numbers) -> Numbers:  # noqa: N803
        """Return the (n,) numbers."""
        return np.asarray(self._said(X), np.float64)
