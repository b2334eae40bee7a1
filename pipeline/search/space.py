"""The space of a search in the config: the keys that its parameters are, and their values there."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.config.overrides import quoted
from pipeline.config.search.space import Search, Value, allowed
from pipeline.errors import InputError
from pipeline.search.sampling import applies
from pipeline.search.trials import Values

ABSENT = object()
WORDS = {None: "null", True: "true", False: "false"}
BARE = re.compile(r"(?!(?:null|true|false|nan|inf)$)[a-z_][\w-]*", re.IGNORECASE)


def keys(search: Search) -> dict[str, str]:
    """Return name of a parameter → its key of the config."""
    return {name: p.key or f"model.estimator.{name}" for name, p in search.parameters.items()}


def overrides(search: Search, values: Values) -> tuple[str, ...]:
    """Return values of parameters as one types them: `model.estimator.max_depth=7`."""
    names = keys(search)
    return tuple(_override(names[name], value) for name, value in values.items())


def _override(key: str, value: Value) -> str:
    if isinstance(value, str) and not BARE.fullmatch(value):
        return quoted(key, value)
    return f"{key}={text(value)}"


def text(value: Value) -> str:
    """Return a value as YAML has it."""
    if isinstance(value, str):
        return value
    return WORDS[value] if value is None or isinstance(value, bool) else repr(value)


def own_values(search: Search, config: Mapping[str, Any]) -> dict[str, Value]:
    """Return the values that a config has for the parameters; those that it has none for are out.

    Args:
        search: the search.
        config: its values, nested.
    """
    own = dict[str, Value]()
    for name, key in keys(search).items():
        value: Any = config
        for part in key.split("."):
            value = value.get(part, ABSENT) if isinstance(value, Mapping) else ABSENT
        scalar = value is None or isinstance(value, str | int | float | bool)
        if scalar and applies(search.parameters[name], own):
            own[name] = value
    return own


def check(search: Search, config: Mapping[str, Any], judge: Callable[[Any], None]) -> None:
    """Refuse a parameter that is no key of the config, or whose values it does not take.

    Args:
        search: the search.
        config: values that its trials have in common, nested; they are not changed.
        judge: is given such values, and raises InputError if they cannot be used.

    Raises:
        InputError: as judge, with the parameter's name in front.
    """
    names = keys(search)
    for name, parameter in search.parameters.items():
        for value in parameter.choices or [parameter.low, parameter.high]:
            tried = config
            for other, chosen in (*_conditions(search, name), (name, value)):
                tried = _with(tried, names[other].split("."), chosen)
            try:
                judge(tried)
            except InputError as error:
                raise InputError(f"search.parameters.{name}: {error}") from error


def _with(values: object, path: Sequence[str], value: Value) -> dict[str, Any]:
    """Return nested values with another one in one place."""
    first, *rest = path
    old = dict(values) if isinstance(values, Mapping) else {}
    return old | {first: _with(old.get(first), rest, value) if rest else value}


def _conditions(search: Search, name: str) -> Iterator[tuple[str, Value]]:
    """Yield values of earlier parameters with which this one is used."""
    for other, condition in search.parameters[name].when.items():
        yield from _conditions(search, other)
        value: Any = allowed(condition)[0]
        yield other, value
