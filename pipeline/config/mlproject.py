"""What an MLproject declares: the one home of a step's parameters, their types and defaults."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.config import loader, yaml_text

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

    @property
    def kind(self) -> Kind:
        """The Python type of a value."""
        return TYPES[self.type]

    @property
    def hint(self) -> Any:
        """The type with None, if the parameter may be none."""
        return self.kind | None if self.default == NOTHING else self.kind


@dataclass(frozen=True)
class EntryPoint:
    """A command with its parameters."""

    command: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    help: str = ""


def entry_point(file: Path, name: str = "main") -> EntryPoint:
    """Return what an MLproject declares.

    Raises:
        InputError: the file cannot be read, or declares something that is not known.
    """
    project = loader.load(dict[str, Any], yaml_text.read(file), str(file))
    points = project.get("entry_points")
    return loader.load(dict[str, EntryPoint], points, f"{file}: entry_points")[name]
