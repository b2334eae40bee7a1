"""What an MLproject declares: the one home of a step's parameters, their types and defaults."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.config import loader, yaml_text
from pipeline.errors import InputError, inside
from pipeline.store.names import FORMS, OUTPUTS

Kind = type[str] | type[int] | type[float]
TYPES: dict[str, Kind] = {"string": str, "path": str, "uri": str, "float": float, "int": int}
NOTHING = "null"  # the default of a parameter that may be none


@dataclass(frozen=True)
class Parameter:
    """One parameter of an entry point."""

    type: str = field(default="string", metadata={"one_of": list(TYPES)})
    default: str | int | float | None = None  # none: it must be given
    help: str = ""
    schema: str | None = None  # what its YAML file holds: a name of pipeline.config.steps.SCHEMAS
    # Which names it takes; MLflow passes over this key as over `schema`.
    form: str | None = field(default=None, metadata={"one_of": list(FORMS)})

    @property
    def kind(self) -> Kind:
        """The Python type of a value."""
        return TYPES[self.type]

    @property
    def hint(self) -> Any:
        """The type with None, if the parameter may be none."""
        return self.kind | None if self.default == NOTHING else self.kind

    def checked(self, value: object, key: str, hint: Any = None) -> Any:
        """Return a value of the type, or of another one, in the parameter's form.

        Raises:
            InputError: as pipeline.config.loader.load.
        """
        rules = {"fits": FORMS[self.form]} if self.form else {}
        result = loader.load(hint or self.hint, value, key, rules)
        # The newest is meant, and is to be pinned and compared as any other.
        bare = self.form == "reference" and result is not None and ":" not in result
        return f"{result}:latest" if bare else result


@dataclass(frozen=True)
class EntryPoint:
    """A command with its parameters."""

    command: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    help: str = ""


def outputs(
    declared: Mapping[str, Parameter], values: Mapping[str, object], key: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the artifacts that a step makes, and the keys of the parameters that name them.

    Args:
        declared: its parameters.
        values: what they are, checked; a default stands for one that is not given.
        key: of the step.
    """
    given = {name: values.get(name, parameter.default) for name, parameter in declared.items()}
    for name, parameter in declared.items():
        for form in OUTPUTS.get(parameter.form or "", ()):
            made = form.format(given[name], format=given.get("format", "csv"))
            yield made, inside(key, name)


def check_outputs(named: Iterable[tuple[str, str]]) -> None:
    """Refuse two outputs of one name: what reads it would be given now one, now the other.

    Args:
        named: artifacts, with the keys that name them.

    Raises:
        InputError: names both keys.
    """
    keys: dict[str, str] = {}
    for artifact, key in named:
        if artifact in keys:
            raise InputError(
                f"{key}: the artifact {artifact} is made by {keys[artifact]} already; give one of "
                "them another name"
            )
        keys[artifact] = key


def entry_point(file: Path, name: str = "main") -> EntryPoint:
    """Return what an MLproject declares.

    Raises:
        InputError: the file cannot be read, or declares something that is not known.
    """
    project = loader.load(dict[str, Any], yaml_text.read(file), str(file))
    points = project.get("entry_points")
    return loader.load(dict[str, EntryPoint], points, f"{file}: entry_points")[name]
