"""What is to be stored, what made it, and what came of it."""

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.store.names import check
from pipeline.store.versions import InputOf, Version


@dataclass(frozen=True)
class Draft:
    """An artifact that is not stored yet: a file, or a folder with all files below it.

    `aliases` are those that it gets beside `latest`.
    """

    name: str
    path: Path
    type: str
    description: str
    metadata: dict[str, object]
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a name that an artifact cannot have (InputError)."""
        check("artifact", self.name, "the name of an output")
        check("artifact_type", self.type, f"the type of {self.name}")


@dataclass(frozen=True)
class Provenance:
    """What made an artifact: a step, the runs that recorded it by tracker, and its inputs."""

    step: str = ""
    run_ids: dict[str, str] = field(default_factory=dict)
    inputs: tuple[InputOf, ...] = ()


@dataclass(frozen=True)
class Publication:
    """What a step has read and made, as versions of one catalog."""

    catalog: str
    inputs: tuple[Version, ...]
    outputs: tuple[Version, ...]
