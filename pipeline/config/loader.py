"""One strict loader: typed dataclasses of plain values, or one line that says what is wrong.

The same for main.py and for a step that is started alone, whichever way a value comes in. A field's
metadata may hold the bounds of RULES, and a `hint` for who gives another type.
"""

import sys
import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from operator import ge, gt, le, lt
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar, Union, cast, get_args, get_origin

from pipeline.errors import InputError, check_names, inside, near

T = TypeVar("T")
Hint: TypeAlias = Any  # a type as `typing` gives it
UNSET = "???"  # as OmegaConf writes what somebody has still to give
Rules = Mapping[str, Any]
KINDS = {float: "a number", int: "a whole number", str: "text", bool: "true or false",
         list: "a list", dict: "a mapping", types.NoneType: "null"}  # fmt: skip
RULES: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "above": (gt, "greater than {}"),
    "below": (lt, "less than {}"),
    "at_least": (ge, "at least {}"),
    "at_most": (le, "at most {}"),
    "one_of": (lambda value, choices: value in choices, ""),  # its words stand for the kind
    "fits": (lambda value, rule: rule[0](value), ""),  # a function and its words
}
SHOWN = 80  # characters of a value in a message


def load(kind: type[T], value: object, key: str, rules: Rules = MappingProxyType({})) -> T:
    """Return a value as the type says.

    Args:
        kind: a dataclass, or a type made of dataclasses, str, int, float, bool, None, Any, list,
            dict and unions of these. A whole number is taken where a float is asked for.
        value: as YAML gives it.
        key: what the user calls it; may be empty for the whole.
        rules: bounds of the value itself, as a field's metadata hold them.

    Raises:
        InputError: an unknown or missing key, a wrong type, a value that is not allowed; it names
            the key with its whole path, the value, and what is allowed.
    """
    return cast("T", _value(kind, value, key, rules, False))


def check_part(kind: Hint, value: object, key: str) -> None:
    """Refuse what is wrong in some of the values; others may be given elsewhere.

    Raises:
        InputError: as load; but for keys that are missing and ${interpolations}.
    """
    _value(kind, value, key, {}, True)


def defaults(kind: Hint) -> dict[str, Any]:
    """Return the plain defaults of a dataclass and of those inside it; UNSET where none is."""
    return {f.name: _default(f) for f in fields(kind)}


def missing(key: str) -> InputError:
    """Return the error of a key that must be given."""
    return InputError(f"{key} is missing; give it a value")


def _default(field: "Field[Any]") -> Any:
    if is_dataclass(field.type):
        return defaults(cast("Hint", field.type))
    if field.default_factory is not MISSING:
        return field.default_factory()
    return UNSET if field.default is MISSING else field.default


def _value(hint: Hint, value: object, key: str, rules: Rules, partial: bool) -> Any:
    if partial and isinstance(value, str) and "${" in value:
        return value
    if value == UNSET and not partial:
        raise missing(key)
    kinds = get_args(hint) if _plain(hint) in (Union, types.UnionType) else (hint,)
    for kind in kinds:
        if _is_a(kind, value):
            result = _converted(kind, value, key, rules, partial)
            if value is None or all(RULES[r][0](result, rules[r]) for r in rules if r in RULES):
                return result
    if not any(_is_a(kind, value) for kind in kinds):  # what it has to fit is said of a text only
        rules = {name: rule for name, rule in rules.items() if name != "fits"}
    raise InputError(f"{key} must be {_words(kinds, rules)}, got {_shown(value)}"
                     f"{_advice(kinds, value, rules)}")  # fmt: skip


def _plain(kind: Hint) -> Hint:
    """Return ``list`` for ``list[str]``."""
    return get_origin(kind) or kind


def _is_a(kind: Hint, value: object) -> bool:
    plain = _plain(kind)
    if plain is Any:
        return True
    if is_dataclass(plain) or plain is dict:
        return isinstance(value, Mapping)
    if plain in (int, float):
        number = (int, float) if plain is float else int
        finite = isinstance(value, number) and abs(value) <= sys.float_info.max
        return finite and not isinstance(value, bool)
    return isinstance(value, plain)


def _converted(kind: Hint, value: Any, key: str, rules: Rules, partial: bool) -> Any:
    """Return a value of the right kind with all that is inside it checked."""
    plain, args = _plain(kind), get_args(kind)
    if is_dataclass(plain):
        return _object(cast("Hint", plain), value, key, partial)
    if plain is dict:
        if "keys" in rules:
            check_names(key, value, rules["keys"])
        if args and args[0] is str:
            for name in (n for n in value if not isinstance(n, str)):
                raise InputError(f"{key} has the key {_shown(name)}, not text; put it in quotes")
        inner = args[1] if args else Any
        return {n: _value(inner, v, inside(key, n), {}, partial) for n, v in value.items()}
    if plain is list:
        inner = args[0] if args else Any
        return [_value(inner, v, f"{key}[{i}]", {}, partial) for i, v in enumerate(value)]
    return float(value) if plain is float else value


def _object(kind: Hint, values: Mapping[Hint, object], key: str, partial: bool) -> Any:
    known = {f.name: f for f in fields(kind)}
    check_names(key, values, known)
    loaded = {
        name: _value(field.type, values[name], inside(key, name), field.metadata, partial)
        for name, field in known.items()
        if name in values
    }
    if partial:
        return loaded
    for name, field in known.items():
        if name not in values and field.default is field.default_factory is MISSING:
            raise missing(inside(key, name))
    return kind(**loaded)


def _words(kinds: Collection[Hint], rules: Rules) -> str:
    """Return what is allowed, such as `a number, greater than 0 and less than 1, or null`."""
    plain = sorted(map(_plain, kinds), key=lambda k: k is type(None))
    *words, last = dict.fromkeys(KINDS.get(kind, KINDS[dict]) for kind in plain)
    null = ", or null" if words and last == "null" else ""
    if "one_of" in rules:
        return f"one of {', '.join(map(str, rules['one_of']))}{null}"
    if "fits" in rules:
        return f"{rules['fits'][1]}{null}"
    if bounds := " and ".join(RULES[r][1].format(rules[r]) for r in rules if r in RULES):
        return f"{words[0] if null else last}, {bounds}{null}"
    return f"{', '.join(words)} or {last}" if words else last


def _shown(value: object) -> str:
    text = {"None": "null", "True": "true", "False": "false"}.get(repr(value)) or repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _advice(kinds: Collection[Hint], value: object, rules: Rules) -> str:
    """Return what to do, where that can be told from the value."""
    if isinstance(value, str) and "one_of" in rules:
        return f"; {near(value, rules['one_of'])}".rstrip("; ")
    if isinstance(value, str) and {int, float, bool} & set(kinds) and str not in kinds:
        bare = value.strip().removeprefix("-").replace(".", "", 1)
        return "; leave out the quotes" if bare.isdigit() or bare in ("true", "false") else ""
    if isinstance(value, bool | int | float) and set(kinds) <= {str, type(None)} and not rules:
        return "; put it in quotes"
    return f"; {rules['hint']}" if "hint" in rules else ""
