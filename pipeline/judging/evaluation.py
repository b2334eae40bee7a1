"""The forms of evaluation.json and gate.json: written by a step, drawn and read by others."""

from typing import NotRequired, TypedDict, cast

Label = str | int | float | bool  # a class as JSON holds it


class Estimate(TypedDict):
    """A figure with its interval; None: not defined, and the note says why."""

    value: float | None
    low: float | None
    high: float | None
    note: str | None


class MetricEstimate(Estimate):
    """A figure of the whole."""

    metric: str


ClassEstimates = TypedDict(
    "ClassEstimates",
    {"class": Label, "support": int, "auc": Estimate, "f1": Estimate, "precision": Estimate,
     "recall": Estimate},
)  # fmt: skip
Curve = TypedDict("Curve", {"class": Label, "x": list[float], "y": list[float]})
Reliability = TypedDict(
    "Reliability",
    {"class": Label, "predicted": list[float], "observed": list[float], "rows": list[int]},
)


class Resampling(TypedDict):
    """How the intervals were computed."""

    resamples: int
    confidence: float
    seed: int
    method: str


class SliceEstimates(TypedDict):
    """The figures of one part of the rows; small: too few rows to hold against a model."""

    column: str
    value: str
    rows: int
    small: bool
    metrics: dict[str, Estimate]


class ColumnImportance(TypedDict):
    """What a column is worth: impurity (None: there is none), permutation in AUC, R², D²."""

    feature: str
    impurity: float | None
    permutation: float
    low: float
    high: float


class Screening(TypedDict):
    """Of how many columns how many were measured, chosen by impurity or in groups."""

    columns: int
    measured: int
    by: str


class Residuals(TypedDict):
    """Of a regression: some rows, the residuals of all counted (len(edges) = len(counts) + 1)."""

    predicted: list[float]
    true: list[float]
    edges: list[float]
    counts: list[int]
    quantile: float | None  # that the model predicts
    interval: dict[str, float] | None  # alpha, half_width and rows of the prediction intervals


class Performance(TypedDict):
    """What training and evaluation both draw; confusion (k, k) has a row for each true class.

    Of a regression there are no classes: these lists are empty.
    """

    classes: list[Label]
    per_class: list[ClassEstimates]
    confusion: list[list[int]]
    roc: list[Curve]
    precision_recall: list[Curve]
    residuals: NotRequired[Residuals]  # of a regression


# The class (or number) that it always says, its figures; the model beside it in one metric, and by
# how much that is better (low and high, more is better); None: not defined.
Baseline = TypedDict(
    "Baseline",
    {"class": Label, "metrics": dict[str, float], "metric": str, "model": float | None,
     "baseline": float | None, "low": float | None, "high": float | None, "beaten": bool},
)  # fmt: skip


class Evaluation(Performance):
    """All of evaluation.json; see evaluate/README.md."""

    target: str
    rows: int
    bootstrap: Resampling
    overall: list[MetricEstimate]
    calibration: list[Reliability]
    slices: list[SliceEstimates]
    importances: list[ColumnImportance]
    screened: NotRequired[Screening]  # only some of so many columns have an importance
    baseline: NotRequired[Baseline]  # of runs of earlier versions there is none


class Threshold(TypedDict):
    """A figure held against its bound; least or most is None."""

    where: str
    metric: str
    least: float | None
    most: float | None
    value: float | None
    passed: bool


class Comparison(TypedDict):
    """The candidate and the champion on the same rows; see evaluate.gate.compare."""

    metric: str
    candidate: float
    champion: float
    difference: float
    low: float
    high: float
    margin: float
    worse: bool


class Verdict(TypedDict):
    """Whether a model passed the gate, and a sentence for each thing that is not as asked."""

    passed: bool
    reasons: list[str]
    thresholds: list[Threshold]
    comparison: list[Comparison]  # of none or one


class GateResult(Verdict):
    """All of gate.json: the champion that there was, a sentence on the comparison, the outcome."""

    champion: str | None
    note: str | None
    promoted: bool


def bare(value: float | None, note: str | None = None) -> Estimate:
    """Return a figure without an interval."""
    return {"value": value, "low": None, "high": None, "note": note}


def estimates_of(row: ClassEstimates) -> dict[str, Estimate]:
    """Return the figures of a class by name."""
    return {name: cast("Estimate", part) for name, part in row.items() if isinstance(part, dict)}
