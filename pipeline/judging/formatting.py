"""Figures, shares, counts and names as pictures and the report write them."""

import json
import math
import re
from collections.abc import Iterable

from pipeline.judging.evaluation import Estimate

UNDEFINED = "not defined"
NONE = "none"  # where there is nothing, in every table
QUOTED = re.compile(r"""('[^']*'|"[^"]*")""")
NUMBER = re.compile(
    r"(?<![\w.,-])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d+)?(%?)(?!\w|[.,-]\d)"
)
TITLES = {"auc": "AUC", "f1": "F1", "log_loss": "log loss", "brier": "Brier score",
          "ece": "calibration error", "mcc": "Matthews correlation", "rmse": "RMSE", "mae": "MAE",
          "r2": "R²", "mape": "MAPE", "pinball": "pinball loss"}  # fmt: skip
OF_FOLDS = re.compile(r"cv_(?!folds_done)(.*?)(_std)?")
MEANINGS = {
    "auc": "how often a row of one class ranks above a row of another; 0.5 is a guess, 1 is best",
    "f1": "harmonic mean of precision and recall, mean of the classes; 1 is best",
    "accuracy": "share of the rows whose class is predicted; 1 is best",
    "precision": "share of what is predicted as a class that is of it, mean of the classes",
    "recall": "share of a class that is predicted as it, mean of the classes",
    "balanced_accuracy": "mean of the classes' recalls: each class counts the same; 1 is best",
    "average_precision": "area under precision by recall, mean of the classes; a guess has a "
    "class's share, 1 is best",
    "mcc": "correlation of truth and prediction over all classes; 0 is a guess, 1 is best",
    "log_loss": "mean of −log of the true class's probability; 0 is best",
    "brier": "mean squared error of the probabilities; 0 is best",
    "ece": "how far predicted probabilities are from what happens, on average; 0 is best",
    "rmse": "root of the mean squared error, in the unit of the target; 0 is best",
    "mae": "mean absolute error, in the unit of the target; 0 is best",
    "r2": "share of the target's variance that is predicted; 0 is the mean alone, 1 is best",
    "median_absolute_error": "half of the rows are off by less, in the unit of the target; "
    "0 is best",
    "mape": "mean of |error| / |true value|; 0 is best",
    "pinball": "mean loss of a predicted quantile, in the unit of the target; 0 is best",
    "coverage": "share of the rows whose true value is in the prediction interval, of a quantile "
    "at or below it",
}


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with so many decimals; what is missing or NaN is said."""
    if value is None or math.isnan(value):
        return UNDEFINED
    if value and abs(value) < 0.5 * 10**-digits:
        return _minus(f"{value:.1e}")
    return _minus(f"{value:,.{digits}f}")


def figure(value: float | None, digits: int = 3) -> str:
    """Return a number with so many decimals, a whole number without."""
    whole = value is not None and float(value).is_integer()
    return number(value, 0 if whole else digits)


def signed(value: float | None, digits: int = 3) -> str:
    """Return a difference with its sign."""
    text = figure(value, digits)
    return f"+{text}" if value is not None and value > 0 else text


def compact(value: float | None) -> str:
    """Return a number with four significant digits, a large one without decimals."""
    if value is None:
        return NONE
    return _minus(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}")


def _minus(text: str) -> str:
    return f"−{text[1:]}" if text.startswith("-") else text


def cell(value: object) -> str:
    """Return what a table says of a plain value."""
    if isinstance(value, float):
        return compact(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _minus(f"{value:,}")
    return NONE if value is None or value == "" else str(value)


def tidy(text: str) -> str:
    """Return a text that a step wrote, its numbers as the page writes them; what is quoted stays.

    >>> tidy("'007' 41.07% of 4836 rows, -1.50 to inf")
    "'007' 41.07 % of 4,836 rows, −1.5 to ∞"
    """
    parts = QUOTED.split(text)
    parts[::2] = [re.sub(r"\binf\b", "∞", NUMBER.sub(_number, part)) for part in parts[::2]]
    return "".join(parts).replace("-∞", "−∞") or NONE


def _number(found: re.Match[str]) -> str:
    digits, unit = found[0].removesuffix("%"), " %" if found[1] else ""
    return compact(float(digits.replace(",", ""))) + unit


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share in per cent."""
    return UNDEFINED if share is None else f"{100 * share:.{digits}f} %"


def title(metric: str) -> str:
    """Return a metric's name for people."""
    if folds := OF_FOLDS.fullmatch(metric):
        return f"{title(folds[1])}, {'spread over' if folds[2] else 'mean of'} folds"
    return TITLES.get(metric, metric.replace("_", " "))


def interval(estimate: Estimate, digits: int = 3) -> str:
    """Return ``0.928 (0.920 to 0.936)``, or only the value where there is no interval."""
    text = number(estimate["value"], digits)
    if estimate["low"] is None or estimate["high"] is None:
        return text
    return f"{text} ({number(estimate['low'], digits)} to {number(estimate['high'], digits)})"


def count(n: int, what: str) -> str:
    """Return ``1 step``, ``2 steps``, ``no steps``."""
    return f"{n:,} {what}" if n == 1 else f"{f'{n:,}' if n else 'no'} {what}s"


def listed(words: Iterable[str], most: int = 5) -> str:
    """Return ``a, b and c``; of many the first, and how many more there are."""
    names = list(words)
    shown, more = names[:most], len(names) - most
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def typed(value: object) -> str:
    """Return a value of the config as one types it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
