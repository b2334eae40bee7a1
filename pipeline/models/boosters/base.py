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
        given, rounds = self.given()
        truth = self.learned(np.asarray(y), given)
        aside = self.aside(validation) if validation and rounds else None
        content, worth = self._fitted(self.rows(X), truth, given, aside, rounds)
        self.keep(content, worth)
        return self

    def given(self) -> tuple[Given, int | None]:
        """Return the parameters of the library's class, and after how many rounds to stop."""
        given = {**self.fixed, **(self.parameters or {}), "random_state": self.random_state}
        return given, given.pop(STOP, None)

    def keep(self, content: bytes, worth: Numbers) -> None:
        """Become the fitted model of a file.

        Args:
            content: of the file.
            worth: (inputs,) what each input is worth.
        """
        self.n_features_in_ = len(worth)
        self.feature_importances_ = worth / (worth.sum() or 1.0)  # shares, as a forest's
        self.model_ = np.frombuffer(content, np.uint8)
        self.sha256_ = hashlib.sha256(content).hexdigest()
        self.__dict__.pop("_own", None)

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

    def rows(self, matrix: Numbers) -> Any:
        """Return the inputs as the library takes them: an unknown category is a missing one."""
        rows = np.array(matrix, np.float64)
        codes = rows[:, self._categories()]
        rows[:, self._categories()] = np.where(codes < 0, np.nan, codes)
        return rows

    def library_class(self) -> Any:
        """Return the library's own class."""
        kind = "Regressor" if isinstance(self, RegressorMixin) else "Classifier"
        prefix = {"xgboost": "XGB", "lightgbm": "LGBM", "catboost": "CatBoost"}[self.library]
        return getattr(import_module(self.library), prefix + kind)

    def learned(self, truth: NDArray[Any], given: Given) -> NDArray[Any]:
        """Return the truth as the library takes it; a classifier learns its classes."""
        return truth.astype(np.float64)

    def aside(self, validation: Pair) -> Aside:
        """Return rows and truth on which the fit is stopped, as the library takes them."""
        return self.rows(validation[0]), validation[1].astype(np.float64)

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

    def learned(self, truth: NDArray[Any], given: Given) -> NDArray[Any]:
        """Learn the classes and return their numbers; weights of classes get these too."""
        self.classes_, codes = np.unique(truth, return_inverse=True)
        if isinstance(weights := given.get("class_weight"), dict):
            names = self.classes_.tolist()
            given["class_weight"] = {names.index(name): weights[name] for name in weights}
        return codes

    def aside(self, validation: Pair) -> Aside:
        """Return rows and codes of those whose class is known."""
        known = np.isin(validation[1], self.classes_)
        codes = np.searchsorted(self.classes_, validation[1][known])
        rows = self.rows(validation[0][known])
        return (rows, codes) if known.any() else None


class Regressor(RegressorMixin):
    """The part of a regressor."""

    def predict(self, X: Numbers) -> Numbers:  # noqa: N803
        """Return the (n,) numbers."""
        return np.asarray(self._said(X), np.float64)
