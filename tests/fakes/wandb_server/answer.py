"""Gives a query the fields it selects out of a resolver's tree."""

from typing import Any

from tests.fakes.wandb_server.graphql import (
    INTERFACES,
    Operation,
    QueryError,
    Selection,
    Variable,
)


def answer(operation: Operation, root: dict[str, Any], variables: dict[str, Any]) -> Any:
    """Return the data of an operation, in the shape that GraphQL prescribes.

    Raises:
        QueryError: the operation asks for a field that the tree lacks; names both.
    """
    given = operation.defaults | variables
    return _shape(operation, operation.selections, {"__typename": "the root"} | root, given)


def _shape(
    operation: Operation, selections: list[Selection], value: Any, variables: dict[str, Any]
) -> Any:
    if value is None or not selections:
        return value
    if isinstance(value, list):
        return [_shape(operation, selections, item, variables) for item in value]
    found: dict[str, Any] = {}
    for selection in selections:
        if not _wanted(selection, variables):
            continue
        if selection.alias in ("...", "spread"):
            whole = selection
            if selection.alias == "spread":
                whole = operation.fragments[selection.name]
            if _fits(whole.name, value):
                _merge(found, _shape(operation, whole.children, value, variables))
            continue
        inner = _resolve(operation, selection, value, variables)
        _merge(found, {selection.alias: _shape(operation, selection.children, inner, variables)})
    return found


def _wanted(selection: Selection, variables: dict[str, Any]) -> bool:
    """@include and @skip; the client leaves out a variable that is false."""
    include = _filled(selection.directives.get("include", {"if": True}), variables)
    skip = _filled(selection.directives.get("skip", {}), variables)
    return bool(include.get("if")) and not skip.get("if")


def _fits(kind: str, value: dict[str, Any]) -> bool:
    actual = value.get("__typename", kind)
    return actual == kind or actual in INTERFACES.get(kind, ())


def _merge(found: dict[str, Any], more: dict[str, Any]) -> None:
    """Two selections of one field, as fragments make them, select its fields together."""
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(found.get(name), dict):
            _merge(found[name], value)
        else:
            found[name] = value


def _resolve(
    operation: Operation, selection: Selection, value: dict[str, Any], variables: dict[str, Any]
) -> Any:
    if selection.name not in value:
        kind = value.get("__typename", "a type without a name")
        raise QueryError(
            f'Cannot query field "{selection.name}" on type "{kind}": the double of the W&B server '
            f"does not know this part of the operation {operation.name}"
        )
    inner = value[selection.name]
    return inner(**_filled(selection.arguments, variables)) if callable(inner) else inner


def _filled(argument: Any, variables: dict[str, Any]) -> Any:
    """Put the client's values into an argument; a variable that was not sent is left out."""
    if isinstance(argument, Variable):
        return variables.get(argument.name)
    if isinstance(argument, list):
        return [_filled(item, variables) for item in argument]
    if isinstance(argument, dict):
        return {
            name: _filled(item, variables)
            for name, item in argument.items()
            if not (isinstance(item, Variable) and item.name not in variables)
        }
    return argument
