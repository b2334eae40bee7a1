"""What the config may say about judging a model, and what it asks of one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from pipeline.store.names import FORMS

# Less is better: their bounds are upper ones.
LOSSES = ("log_loss", "brier", "ece", "rmse", "mae", "median_absolute_error", "mape", "pinball")


@dataclass(frozen=True)
class Task:
    """What a model predicts, and the figures that say how good it is.

    Attributes:
        name: as data.task has it.
        figures: of all rows, in the order shown.
        metric: what models are compared by where nothing else is asked for.
        of_slices: the figures of a part of the rows.
        guessed: figures in which a model can beat the dummy without a look at the row → what it
            has to be better in as well.
        undefined: why a figure is not there, where it is not.
        in_unit: figures in the unit of the target: a margin is a share of the champion's.
    """

    name: str
    figures: tuple[str, ...]
    metric: str
    of_slices: tuple[str, ...]
    guessed: Mapping[str, str]
    undefined: Mapping[str, str]
    in_unit: tuple[str, ...] = ()


CLASSIFICATION = Task(
    "classification",
    ("auc", "f1", "accuracy", "precision", "recall", "balanced_accuracy", "average_precision",
     "mcc", "log_loss", "brier", "ece"),
    "f1",
    ("accuracy", "f1", "auc", "log_loss"),
    {"f1": "mcc", "precision": "mcc"},
    {},
)  # fmt: skip
REGRESSION = Task(
    "regression",
    ("rmse", "mae", "r2", "median_absolute_error", "mape", "pinball", "coverage"),
    "rmse",
    ("rmse", "mae", "r2"),
    {"mae": "rmse", "median_absolute_error": "rmse", "mape": "rmse"},
    {"r2": "not defined: all true values are the same",
     "mape": "not defined: a true value is 0"},
    ("rmse", "mae", "median_absolute_error", "pinball"),
)  # fmt: skip
TASKS = {task.name: task for task in (CLASSIFICATION, REGRESSION)}


@dataclass
class Whole:
    """Bounds of figures of all test rows: at least, a loss at most; null: none.

    From rmse on they are those of a regression.
    """

    auc: float | None = None
    f1: float | None = None
    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    balanced_accuracy: float | None = None
    average_precision: float | None = None
    mcc: float | None = None
    log_loss: float | None = None
    brier: float | None = None
    ece: float | None = None
    rmse: float | None = None
    mae: float | None = None
    r2: float | None = None
    median_absolute_error: float | None = None
    mape: float | None = None
    pinball: float | None = None
    coverage: float | None = None


METRICS = [item.name for item in fields(Whole) if item.name != "coverage"]  # models compare by


@dataclass
class OfClasses:
    """Bounds of figures that every class has to reach."""

    auc: float | None = None
    f1: float | None = None
    precision: float | None = None
    recall: float | None = None


@dataclass
class OfSlices:
    """Bounds of figures that every slice has to reach which is not small."""

    accuracy: float | None = None
    f1: float | None = None
    auc: float | None = None
    log_loss: float | None = None
    rmse: float | None = None
    mae: float | None = None
    r2: float | None = None


@dataclass
class Gate:
    """What a model has to reach on the test rows, and how it is compared with the champion."""

    # NAME:ALIAS that a model gets which passes; null: no comparison.
    champion: str | None = field(default=None, metadata={"fits": FORMS["champion"]})
    # null: f1; of a regression rmse, of a quantile pinball.
    metric: str | None = field(default=None, metadata={"one_of": METRICS})
    # By how much it may be worse; of a figure in the target's unit a share of the champion's.
    margin: float = field(default=0.01, metadata={"at_least": 0})
    # What becomes of a model that cannot be compared with the champion that there is.
    incomparable: str = field(default="refuse", metadata={"one_of": ["refuse", "promote"]})
    # What becomes of a model whose test rows say little: few, of one class, without some class,
    # or with a class that is never predicted.
    weak_test_set: str = field(default="refuse", metadata={"one_of": ["refuse", "promote"]})
    overall: Whole = field(default_factory=Whole)
    per_class: OfClasses = field(default_factory=OfClasses)
    slices: OfSlices = field(default_factory=OfSlices)
    # Name in MLflow's registry; null: not registered.
    registered_model: str | None = field(default=None, metadata={"fits": FORMS["registered_model"]})


def figures(kind: type) -> list[str]:
    """Return the names that one of the classes above has."""
    return [f.name for f in fields(kind)]


def bounds(place: Whole | OfClasses | OfSlices) -> dict[str, float]:
    """Return the bounds that are set."""
    return {name: bound for name, bound in asdict(place).items() if bound is not None}


@dataclass
class Judging:
    """How `evaluate` finds out how sure its figures are."""

    resamples: int = field(default=1000, metadata={"at_least": 100})  # of the test rows
    slice_resamples: int = field(default=200, metadata={"at_least": 100})  # of a slice's rows
    small_slice: int = field(default=100, metadata={"at_least": 1})  # fewer rows are flagged
    permutation_rows: int = field(default=500, metadata={"at_least": 10})  # of one repeat
    permutation_repeats: int = field(default=5, metadata={"at_least": 2})
    # Columns that are shuffled one by one; of more, those that lead in impurity or in groups.
    permutation_budget: int = field(default=200, metadata={"at_least": 1})


@dataclass
class EvaluateConfig:
    """What `evaluate` is told beside its artifacts."""

    judging: Judging = field(default_factory=Judging)
    gate: Gate = field(default_factory=Gate)
    slices: list[str] = field(default_factory=list)  # columns whose parts are judged one by one
    trusted_types: list[str] = field(default_factory=list)  # as in Model
