"""The parameters of a trial, from the seed, its number and the results of earlier trials.

Each trial has a sampler of its own, so nothing depends on how many were drawn by this process: a
search that is asked for again, or goes on, draws the same.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.config.search.space import Parameter, Search, Value, allowed, same
from pipeline.search.trials import COMPLETE, FAILED, PRUNED, Trial, Values

if TYPE_CHECKING:
    from optuna import Study
    from optuna import Trial as OptunaTrial
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial, TrialState

DIGITS = 4  # of a number that is no whole one: more make no model better, and nobody reads them

SPREAD = 100_003  # a prime: the seeds of two searches meet in no trial that is ever reached


def draw(search: Search, number: int, told: Sequence[Trial], running: Sequence[Values]) -> Values:
    """Return the values of a trial's parameters: TPE (Bergstra et al., 2011) on what is told.

    Args:
        search: space, seed, and how many trials are drawn at random.
        number: the trial's.
        told: the trials whose results may count.
        running: the values of those that have begun without a result: no place to try again.
    """
    import optuna

    seed = (int(search.seed or 0) * SPREAD + number) % 2**32
    # One that Optuna knows in part only would keep it from drawing all parameters together.
    study = make_study(search, [t for t in told if inside(search, t.values)], seed)
    for values in (values for values in running if inside(search, values)):
        study.add_trial(_frozen(search, values, optuna.trial.TrialState.RUNNING))
    trial, drawn = study.ask(), dict[str, Value]()
    for name, parameter in search.parameters.items():
        if applies(parameter, drawn):
            drawn[name] = _value(trial, name, parameter)
    return drawn


def applies(parameter: Parameter, values: Values) -> bool:
    """Say whether a parameter's conditions hold."""
    return all(
        name in values and any(same(values[name], value) for value in allowed(condition))
        for name, condition in parameter.when.items()
    )


def make_study(search: Search, told: Sequence[Trial], seed: int = 0) -> "Study":
    """Return a study in memory that knows some trials, each by its number if they are all.

    Of the config's own values those outside the space are left out.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="minimize" if search.minimizes else "maximize",
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=search.startup),
    )
    states = optuna.trial.TrialState
    names = {COMPLETE: states.COMPLETE, PRUNED: states.PRUNED, FAILED: states.FAIL}
    study.add_trials([_frozen(search, t.values, names[t.state], t) for t in told])
    return study


def inside(search: Search, values: Values) -> bool:
    """Say whether there is a value in the space for each parameter that has one."""
    return all(
        not applies(parameter, values) or (name in values and parameter.holds(values[name]))
        for name, parameter in search.parameters.items()
    )


def _frozen(
    search: Search, values: Values, state: "TrialState", trial: Trial | None = None
) -> "FrozenTrial":
    """Return a trial as Optuna knows it."""
    import optuna

    known = {name: v for name, v in values.items() if search.parameters[name].holds(v)}
    return optuna.trial.create_trial(
        state=state,
        value=trial.value if trial else None,
        params=known,
        distributions={name: _distribution(search.parameters[name]) for name in known},
        intermediate_values=dict(enumerate(trial.folds, 1)) if trial else {},
    )


def _distribution(parameter: Parameter) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    low, high, step = parameter.low, parameter.high, parameter.step
    if parameter.choices is not None:
        return CategoricalDistribution(parameter.choices)
    assert low is not None
    assert high is not None
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=parameter.log, step=int(step or 1))
    return FloatDistribution(low, high, log=parameter.log, step=step)


def _value(trial: "OptunaTrial", name: str, parameter: Parameter) -> Value:
    low, high, step, log = parameter.low, parameter.high, parameter.step, parameter.log
    if parameter.choices is not None:
        return trial.suggest_categorical(name, parameter.choices)
    assert low is not None
    assert high is not None
    if isinstance(low, int) and isinstance(high, int):
        return trial.suggest_int(name, low, high, step=int(step or 1), log=log)
    value = trial.suggest_float(name, low, high, step=step, log=log)
    return value if step else min(max(float(f"{value:.{DIGITS}g}"), low), high)
