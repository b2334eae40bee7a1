"""What the config may ask of a model before it becomes the champion; steps use it too."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from pipeline.errors import InputError, did_you_mean
from pipeline.versions import is_reference, parse_reference, version_number

# Figures of the whole; of these, those of a class and of a slice. For a loss, less is better.
WHOLE = ("auc", "f1", "accuracy", "precision", "recall", "log_loss", "brier", "ece")
OF_A_CLASS = ("auc", "f1", "precision", "recall")
OF_A_SLICE = ("accuracy", "f1", "auc", "log_loss")
LOSSES = ("log_loss", "brier", "ece")
PLACES = {"overall": WHOLE, "per_class": OF_A_CLASS, "slices": OF_A_SLICE}


@dataclass
class Gate:
    """What a model has to reach on the test rows, and how it is compared with the champion."""

    champion: str | None = None  # NAME:ALIAS that a model gets which passes; null: no comparison
    metric: str = "f1"  # in which it is compared
    margin: float = 0.01  # by how much it may be worse than the champion
    overall: dict[str, float] = field(default_factory=dict)  # figure: at least (a loss: at most)
    per_class: dict[str, float] = field(default_factory=dict)  # for every class
    slices: dict[str, float] = field(default_factory=dict)  # for every slice that is not small
    registered_model: str | None = None  # name in MLflow's registry; null: not registered


def gate(given: Mapping[str, Any]) -> Gate:
    """Return the settings of a mapping; what is left out has its default.

    Raises:
        InputError: an unknown key or figure, a margin below 0, a champion that is no NAME:ALIAS.
    """
    known = [f.name for f in fields(Gate)]
    for name in given:
        if name not in known:
            raise InputError(f"unknown key gate.{name}: {did_you_mean(name, known)}")
    asked = Gate(**{name: value for name, value in given.items() if value is not None})
    if asked.metric not in WHOLE:
        raise InputError(
            f"gate.metric={asked.metric} is unknown: {did_you_mean(asked.metric, WHOLE)}"
        )
    if not asked.margin >= 0:
        raise InputError(f"gate.margin must be at least 0, got {asked.margin!r}")
    for place, figures in PLACES.items():
        for name, bound in getattr(asked, place).items():
            if name not in figures:
                raise InputError(f"unknown key gate.{place}.{name}: {did_you_mean(name, figures)}")
            if isinstance(bound, bool) or not isinstance(bound, int | float):
                raise InputError(f"gate.{place}.{name} must be a number, got {bound!r}")
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
