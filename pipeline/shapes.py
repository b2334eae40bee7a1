"""Plain nested data: whether it has the shape that the program counts on, and its leaves."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict


def misfit(content: object, kind: type, required: Collection[str]) -> str:
    """Return what of a mapping is missing or of another type than a class says; empty if nothing.

    Args:
        content: what was read.
        kind: a TypedDict or a dataclass.
        required: keys that may not be missing, at any depth; the others may.
    """
    if not isinstance(content, Mapping):
        return f"it holds no mapping but {type(content).__name__}"
    for name, hint in _hints(kind).items():
        if name not in content:
            if name in required:
                return f"{name} is missing"
        elif not _fits(content[name], hint, required):
            return f"{name} is of another type"
    return ""


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _fits(value: object, hint: Any, required: Collection[str]) -> bool:
    if hint is str or hint is Any or hint is object:  # most are
        return hint is not str or isinstance(value, str)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, choice, required) for choice in inner)
    if is_typeddict(hint) or is_dataclass(hint):
        return not misfit(value, hint, required)
    if origin is list or origin is dict:
        if not isinstance(value, list | dict) or not isinstance(value, origin):
            return False
        values = value.values() if isinstance(value, dict) else value
        kind = inner[-1]
        return kind is Any or kind is object or all(_fits(held, kind, required) for held in values)
    if hint in (int, float):
        return isinstance(value, (int, hint)) and not isinstance(value, bool)
    return value is None if hint is NoneType else isinstance(value, hint)


def leaves(
    values: Mapping[str, object], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield what is in nested mappings, each with the keys that lead to it; not empty mappings."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, str(key)))
        else:
            yield (*path, str(key)), value
