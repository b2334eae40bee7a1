"""What the config may say about a search: the space of parameters, and how trials are drawn."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.config.evaluate import LOSSES, METRICS
from pipeline.errors import InputError, did_you_mean

OF_FOLDS = "cv_"  # begins the name of the mean of a figure over folds
WORD = (re.compile(r"[\w-]{1,64}").fullmatch, "letters, digits, dashes and underscores, at most 64")
Value = str | int | float | bool | None


@dataclass
class Parameter:
    """What one key of the config may be: in a range, or one of some choices."""

    key: str | None = None  # of the config; null: model.estimator.NAME
    # Bounds, both included: whole numbers if both are written as such, else any numbers.
    low: int | float | None = None
    high: int | float | None = None
    step: int | float | None = field(default=None, metadata={"above": 0})
    log: bool = False  # a factor counts, not a difference
    choices: list[str | int | float | bool | None] | None = None
    # Earlier name → the value, or list of values, that it must have; else the key stays as it is.
    when: dict[str, str | int | float | bool | list[str | int | float | bool | None] | None] = (
        field(default_factory=dict)
    )

    @property
    def whole(self) -> bool:
        """Whether it is a range of whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def holds(self, value: object) -> bool:
        """Say whether it may have a value."""
        if self.choices is not None:
            return any(same(value, choice) for choice in self.choices)
        assert self.low is not None
        assert self.high is not None
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            return False
        return self.low <= value <= self.high and on_grid(value - self.low, self.step)


@dataclass
class Search:
    """A search for the best parameters, by Optuna's TPE."""

    parameters: dict[str, Parameter]
    # Of conf/experiment/best_NAME.yaml; null: of its file.
    name: str | None = field(default=None, metadata={"fits": WORD})
    # A figure of the validation rows; with cv_ in front the mean over folds; null: gate.metric.
    metric: str | None = field(
        default=None, metadata={"one_of": [*METRICS, *(OF_FOLDS + name for name in METRICS)]}
    )
    # null: less is better for a loss, more for all others.
    direction: str | None = field(default=None, metadata={"one_of": ["maximize", "minimize"]})
    seed: int | None = field(default=None, metadata={"at_least": 0})  # null: main.random_seed
    # Trial n is drawn from the results of trials 0 to n - window, so that the trials are the same
    # for any number of workers up to this one.
    window: int = field(default=4, metadata={"at_least": 1})
    startup: int = field(default=10, metadata={"at_least": 1})  # trials before results count
    folds: int = field(
        default=5, metadata={"at_least": 2}
    )  # for a metric cv_..., if there are none
    prune: bool = True  # stop a trial whose folds so far are worse than the median of the others'

    @property
    def of_folds(self) -> bool:
        """Whether trials are compared by folds."""
        return bool(self.metric and self.metric.startswith(OF_FOLDS))

    @property
    def minimizes(self) -> bool:
        """Whether less is better."""
        if self.direction is not None:
            return self.direction == "minimize"
        return str(self.metric).removeprefix(OF_FOLDS) in LOSSES


def on_grid(distance: float, step: float | None) -> bool:
    """Say whether a distance is made of whole steps; with no step each one is."""
    return step is None or abs(distance / step - round(distance / step)) < 1e-9


def same(one: object, other: object) -> bool:
    """Say whether two plain values are the same: true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def allowed(condition: object) -> list[object]:
    """Return the values of one entry of `when`."""
    return list(condition) if isinstance(condition, list) else [condition]


def check(search: Search) -> None:
    """Refuse a space that no trial can be drawn from.

    Raises:
        InputError: names the key, and what is allowed.
    """
    if not search.parameters:
        raise InputError("search.parameters is empty; give it a range or choices for some key")
    keys: dict[str, str] = {}
    for name, parameter in search.parameters.items():
        where = f"search.parameters.{name}"
        for problem in _problems(parameter):
            raise InputError(f"{where}{problem}")
        _check_conditions(where, parameter, search.parameters, list(keys.values()))
        key = parameter.key or f"model.estimator.{name}"
        if key in keys:
            raise InputError(f"{where}: {key} is that of {keys[key]} as well; remove one of them")
        keys[key] = name


def _problems(parameter: Parameter) -> Iterator[str]:
    low, high, step = parameter.low, parameter.high, parameter.step
    if parameter.choices is not None:
        if low is not None or high is not None or step is not None or parameter.log:
            yield " has choices and a range; give one of them, and null for what a file says"
        if not parameter.choices:
            yield ".choices is empty; give it values"
        return
    if low is None or high is None:
        yield " needs low and high, or choices"
        return
    if low >= high:
        yield f".low must be less than its high, got {low} and {high}"
    if parameter.log and low <= 0:
        yield f".low must be greater than 0 with log, got {low}"
    if parameter.log and step is not None:
        yield " has log and step; give one of them"
    if parameter.whole and isinstance(step, float):
        yield f".step must be a whole number as low and high are, got {step}"
    if not on_grid(high - low, step):
        yield f".step must lead from low to high in whole steps, got {step}"


def _check_conditions(
    where: str, parameter: Parameter, known: Mapping[str, Parameter], before: list[str]
) -> None:
    for name, condition in parameter.when.items():
        if name not in before:
            raise InputError(
                f"{where}.when: {name!r} is no parameter above it: {did_you_mean(name, before)}"
            )
        for value in allowed(condition):
            if not known[name].holds(value):
                raise InputError(f"{where}.when.{name}: {name} is never {value!r}")
