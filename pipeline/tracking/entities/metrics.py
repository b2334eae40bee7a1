"""A step's figures as MLflow takes them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipeline.tracking.record import Record

if TYPE_CHECKING:
    from mlflow.entities import Metric


def series(record: Record, now: int) -> "list[Metric]":
    """Return the points of a record's series, which MLflow shows as charts."""
    from mlflow.entities import Metric

    found = [(axis, point) for axis, points in record.series.items() for point in points]
    names = names_of(dict.fromkeys(name for axis, point in found for name in point))
    return [
        Metric(names[name], value, now, int(point[axis]))
        for axis, point in found
        for name, value in point.items()
        if name != axis
    ]


def names_of(names: Iterable[str]) -> dict[str, str]:
    """Return the name under which MLflow takes each metric; no two are the same.

    It takes letters, digits and _-./ : in at most 250 characters, and no path like ``a/..``. A
    class called "R&B" becomes "R_B", one called "R+B" beside it "R_B_2".
    """
    mlflow_names: dict[str, str] = {}
    for name in names:
        metric, slash, label = name.partition("/")
        if slash:
            label = "".join(c if c.isalnum() or c in "_-. :" else "_" for c in label[:200])
            metric += "/" + (label if label.strip(".") else "_" * max(len(label), 1))
        plain, number = metric, 1
        while plain in mlflow_names.values():
            number += 1
            plain = f"{metric}_{number}"
        mlflow_names[name] = plain
    return mlflow_names
