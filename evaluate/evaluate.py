"""Lay out what an exported pipeline says about rows that it has not seen, and how sure that is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluate import curves
from evaluate.intervals import judged
from pipeline.config.gate import OfSlices, figures
from pipeline.config.judging import Judging
from pipeline.judging import bootstrap, calibration, importances, slices
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.metrics import Judged, class_codes

SHOWN = 3  # figures of the whole that are told on the way
OF_A_SLICE = figures(OfSlices)


def predictions_table(
    truth: NDArray[Any],
    predicted: NDArray[Any],
    probabilities: NDArray[np.float64],
    classes: Sequence[Any],
) -> pd.DataFrame:
    """Return one row per test row, in their order: truth, prediction, probability_<class>.

    Args:
        truth: (n,) labels.
        predicted: (n,) labels.
        probabilities: (n, k), columns in the order of `classes`.
        classes: the k labels.
    """
    columns = {f"probability_{label}": probabilities[:, i] for i, label in enumerate(classes)}
    return pd.DataFrame({"truth": truth, "prediction": predicted, **columns})


def evaluation(
    model: Any,
    rows: pd.DataFrame,
    target: str,
    said: Judged,
    columns: Sequence[str],
    settings: Judging,
    seed: int,
) -> dict[str, Any]:
    """Return all that is known about the model on these rows, as plain values for JSON.

    A figure is {value, low, high, note}; what is not defined is None, and its note says why.

    Args:
        model: the fitted pipeline.
        rows: (n, columns) the test table.
        target: the column with the true class.
        said: what the model says about the rows.
        columns: those that slices are made of.
        settings: resamples, rows, repeats.
        seed: of all draws.

    Returns:
        target, classes, rows, bootstrap, overall, per_class, confusion, roc, precision_recall,
        calibration, slices, importances: see evaluate/README.md.

    Raises:
        InputError: a slice's column is not in the table.
    """
    labels = np.asarray(model.classes_).tolist()
    codes = class_codes(said.truth, labels)
    how = Bootstrap(settings.resamples, seed)
    whole, each = judged(codes, said.probabilities, labels, how)
    support = np.bincount(codes, minlength=len(labels)).tolist()
    return {
        "target": target,
        "classes": labels,
        "rows": len(codes),
        "bootstrap": {
            "resamples": how.resamples,
            "confidence": how.confidence,
            "seed": seed,
            "method": f"{bootstrap.METHOD}; {settings.slice_resamples} resamples for slices",
        },
        "overall": [{"metric": name} | figure for name, figure in whole.items()],
        "per_class": [
            {"class": label, "support": rows_of} | figures
            for label, rows_of, figures in zip(labels, support, each, strict=True)
        ],
        "confusion": _confusion(codes, class_codes(said.predicted, labels), len(labels)),
        "roc": curves.roc(codes, said.probabilities, labels),
        "precision_recall": curves.precision_recall(codes, said.probabilities, labels),
        "calibration": calibration.reliability(codes, said.probabilities, labels),
        "slices": _slices(rows, codes, said.probabilities, labels, columns, settings, seed),
        "importances": importances.of_columns(
            model,
            rows,
            codes,
            said.probabilities,
            seed,
            settings.permutation_repeats,
            settings.permutation_rows,
        ),
    }


def _confusion(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], size: int
) -> list[list[int]]:
    counts = np.bincount(truth * size + predicted, minlength=size * size)
    found: list[list[int]] = counts.reshape(size, size).tolist()
    return found


def _slices(
    rows: pd.DataFrame,
    codes: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    classes: Sequence[Any],
    columns: Sequence[str],
    settings: Judging,
    seed: int,
) -> list[dict[str, Any]]:
    how, found = Bootstrap(settings.slice_resamples, seed), []
    for column in columns:
        for value, inside in slices.slices(rows, column):
            whole, _ = judged(codes[inside], probabilities[inside], classes, how)
            size = int(inside.sum())
            found.append(
                {"column": column, "value": value, "rows": size}
                | {"small": size < settings.small_slice}
                | {"metrics": {name: whole[name] for name in OF_A_SLICE}}
            )
    return found


def interval_rows(evaluation: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the figures of the whole and of each class as one flat table."""
    keys = ("value", "low", "high", "note")
    flat = [{"class": "all", **row} for row in evaluation["overall"]]
    for row in evaluation["per_class"]:
        figures = {name: value for name, value in row.items() if isinstance(value, dict)}
        flat += [{"class": str(row["class"]), "metric": n, **f} for n, f in figures.items()]
    return [{"class": r["class"], "metric": r["metric"]} | {k: r[k] for k in keys} for r in flat]


def slice_rows(evaluation: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the slices as one flat table."""
    return [
        {"column": row["column"], "value": row["value"], "rows": row["rows"], "small": row["small"]}
        | {
            part: figure[bound]
            for name, figure in row["metrics"].items()
            for part, bound in ((name, "value"), (f"{name}_low", "low"), (f"{name}_high", "high"))
        }
        for row in evaluation["slices"]
    ]


def interval_metrics(evaluation: dict[str, Any]) -> dict[str, float]:
    """Return the bounds of the whole as metrics, such as "interval/auc_low"."""
    return {
        f"interval/{row['metric']}_{bound}": row[bound]
        for row in evaluation["overall"]
        for bound in ("low", "high")
        if row[bound] is not None
    }


def lines(evaluation: dict[str, Any]) -> list[str]:
    """Return what a person is told on the way: the main intervals, the weakest slice."""
    known = [row for row in evaluation["overall"][:SHOWN] if row["low"] is not None]
    bounds = ", ".join(f"{row['metric']} {row['low']:.4f} to {row['high']:.4f}" for row in known)
    resamples = evaluation["bootstrap"]["resamples"]
    said = [f"95 % intervals of {resamples:,} resamples: {bounds}"] if known else []
    large = [row for row in evaluation["slices"] if not row["small"]]
    if large:
        weakest = min(large, key=lambda row: row["metrics"]["f1"]["value"])
        f1, where = weakest["metrics"]["f1"], f"{weakest['column']} {weakest['value']}"
        rows = f"{weakest['rows']:,} rows"
        said.append(f"lowest f1 of a slice: {f1['value']:.4f} ({where}, {rows})")
    return said
