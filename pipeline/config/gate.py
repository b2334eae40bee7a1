"""What the config may ask of a model before it becomes the champion; steps use it too."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from pipeline.errors import InputError, check_names, did_you_mean
from pipeline.store.versions import is_reference, parse_reference, version_number

LOSSES = ("log_loss", "brier", "ece")  # less is better: their bounds are upper ones


@dataclass
class Whole:
    """Bounds of figures of all test rows: at least, a loss at most; null: none."""

    auc: float | None = None
    f1: float | None = None
    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    log_loss: float | None = None
    brier: float | None = None
    ece: float | None = None


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


@dataclass
class Gate:
    """What a model has to reach on the test rows, and how it is compared with the champion."""

    champion: str | None = None  # NAME:ALIAS that a model gets which passes; null: no comparison
    metric: str = field(default="f1", metadata={"one_of": [f.name for f in fields(Whole)]})
    margin: float = field(default=0.01, metadata={"at_least": 0})  # by how much it may be worse
    overall: Whole = field(default_factory=Whole)
    per_class: OfClasses = field(default_factory=OfClasses)
    slices: OfSlices = field(default_factory=OfSlices)
    registered_model: str | None = None  # name in MLflow's registry; null: not registered


def figures(kind: type) -> list[str]:
    """Return the names that one of the classes above has."""
    return [f.name for f in fields(kind)]


def bounds(place: Whole | OfClasses | OfSlices) -> dict[str, float]:
    """Return the bounds that are set."""
    return {name: bound for name, bound in asdict(place).items() if bound is not None}


def gate(given: Mapping[str, Any]) -> Gate:
    """Return the settings of a mapping; what is left out has its default.

    Raises:
        InputError: an unknown key or figure, a value that is not allowed, a champion that is no
            NAME:ALIAS.
    """
    kinds = {"overall": Whole, "per_class": OfClasses, "slices": OfSlices}
    check_names("gate", given, figures(Gate))
    values = {name: value for name, value in given.items() if value is not None}
    for place, kind in kinds.items():
        asked_of = values.get(place, {})
        check_names(f"gate.{place}", asked_of, figures(kind))
        for name, bound in asked_of.items():
            if isinstance(bound, bool) or not isinstance(bound, int | float | None):
                raise InputError(f"gate.{place}.{name} must be a number, got {bound!r}")
        values[place] = kind(**asked_of)
    asked = Gate(**values)
    metrics = figures(Whole)
    if asked.metric not in metrics:
        raise InputError(f"gate.metric={asked.metric}: {did_you_mean(asked.metric, metrics)}")
    if not asked.margin >= 0:
        raise InputError(f"gate.margin must be at least 0, got {asked.margin!r}")
    _check_champion(asked.champion)
    return asked


def _check_champion(champion: str | None) -> None:
    if champion is None:
        return
    alias = parse_reference(champion)[1] if is_reference(champion) else "latest"
    if alias == "latest" or version_number(alias) is not None:
        raise InputError(
            f"gate.champion={champion} is not NAME:ALIAS with an alias that stays, such as "
            "model_export:champion; or null"
        )
