"""Which runs are listed, and in which order: `main.filter` and `main.sort`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from pipeline.config.evaluate import LOSSES
from pipeline.errors import InputError, near

FORM = re.compile(r"\s*([^=<>!]+?)\s*(!=|<=|>=|=|<|>)\s*(.*?)\s*")
KEYS = ("run", "status", "started", "seconds", "dataset", "model")
LEAST_FIRST = (*LOSSES, "seconds")


@dataclass(frozen=True)
class Known:
    """What is known of a run.

    Attributes:
        named: KEYS → value.
        metrics: as about.metrics.
        config: dotted key → value.
    """

    named: Mapping[str, object]
    metrics: Mapping[str, object] = field(default_factory=dict)
    config: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def facts(self) -> dict[str, object]:
        """All of it, by the key that one asks for it with."""
        return {**self.config, **self.metrics, **self.named}


@dataclass(frozen=True)
class Condition:
    """A key, one of = != < <= > >=, and what it is held against; a text may have * and ?."""

    key: str
    sign: str
    wanted: str

    def holds(self, run: Known) -> bool:
        """Whether a run is as asked; one that lacks the key is only as != asks."""
        if self.key not in run.facts:
            return self.sign == "!="
        value, wanted = run.facts[self.key], self.wanted
        if self.sign in ("=", "!="):
            return _equal(value, wanted) == (self.sign == "=")
        number, bound = _number(value), _number(wanted)
        if number is None or bound is None:
            return _ordered(text(value), wanted, self.sign)
        return _ordered(number, bound, self.sign)


def conditions(words: str | None) -> list[Condition]:
    """Return the conditions of ``status=finished,f1>0.5``.

    Raises:
        InputError: one has not this form.
    """
    found = []
    for word in filter(str.strip, (words or "").split(",")):
        form = FORM.fullmatch(word)
        if not form:
            raise InputError(
                f"main.filter={words}: {word.strip()!r} is no condition; give KEY=VALUE, or one of "
                "!= < <= > >= for the =, several with commas, as 'main.filter=model=random*,f1>0.5'"
            )
        found.append(Condition(*form.groups()))
    return found


def selected(runs: Sequence[Known], words: str | None) -> list[Known]:
    """Return the runs that fulfil all conditions.

    Raises:
        InputError: a condition that is none, or whose key no run has.
    """
    asked = conditions(words)
    for condition in asked:
        _check_key(f"main.filter={words}", condition.key, runs)
    return [run for run in runs if all(condition.holds(run) for condition in asked)]


def ordered(runs: Sequence[Known], key: str) -> list[Known]:
    """Return the runs in the order of a key: the best or the newest first, those without it last.

    Args:
        runs: the newest first.
        key: of KEYS, of a metric or of the config; a - before it turns the order round.
    """
    name, turned = key.removeprefix("-"), key.startswith("-")
    having = [run for run in runs if run.facts.get(name) is not None]
    numbers = [number for run in having if (number := _number(run.facts[name])) is not None]
    keys = numbers if len(numbers) == len(having) else [text(run.facts[name]) for run in having]
    down = (keys is numbers and name not in LEAST_FIRST) or name == "started"
    order = sorted(range(len(having)), key=keys.__getitem__, reverse=down != turned)
    return [having[n] for n in order] + [run for run in runs if run.facts.get(name) is None]


def check_sort(key: str, runs: Iterable[Known]) -> None:
    """Refuse a key to sort by that no run has: InputError."""
    _check_key(f"main.sort={key}", key.removeprefix("-"), runs)


def _check_key(given: str, key: str, runs: Iterable[Known]) -> None:
    known = dict.fromkeys([*KEYS, *(name for run in runs for name in run.facts)])
    if key not in known:
        plain = [name for name in known if not {".", "/"} & set(name)]
        hint = near(key, plain) or near(key, known)
        known_keys = f"{', '.join(KEYS)}, a metric such as f1 or STEP/f1, a key of the config"
        allowed = f"{hint} choose from: {known_keys}".strip()
        raise InputError(f"{given}: no run has {key!r}: {allowed}")


def _ordered(one: float | str, other: float | str, sign: str) -> bool:
    if sign[0] == "<":
        return one < other or (one == other and sign == "<=")  # type: ignore[operator]
    return one > other or (one == other and sign == ">=")  # type: ignore[operator]


def _equal(value: object, wanted: str) -> bool:
    number = _number(value)
    return (number is not None and number == _number(wanted)) or fnmatchcase(text(value), wanted)


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def text(value: object) -> str:
    """Return a value as YAML writes it."""
    plain = {None: "null", True: "true", False: "false"}
    return plain[value] if value is None or isinstance(value, bool) else str(value)
