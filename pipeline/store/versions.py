"""What a version of an artifact is, and how one is named."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, TypedDict, TypeGuard, get_origin, get_type_hints

from pipeline.errors import InputError

NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,128}", re.ASCII)  # W&B takes no longer one
NUMBER = re.compile(r"v(0|[1-9][0-9]{0,17})", re.ASCII)
LIKE_A_NUMBER = re.compile(r"[vV]?[0-9]+", re.ASCII)
HEX = re.compile(r"[0-9a-f]+", re.ASCII)


def parse_reference(reference: str) -> tuple[str, str]:
    """Split `name:alias` or `name:vN` into its two parts; a bare name means `latest`.

    Raises InputError for anything else. Names and aliases become paths, so they hold only
    letters, digits, ".", "_" and "-", at most 128, and are neither "." nor "..".
    """
    name, colon, alias = reference.partition(":")
    parts = (name, alias if colon else "latest")
    if not all(NAME.fullmatch(part) for part in parts):
        raise InputError(
            f"artifact reference {reference!r} is not name, name:alias or name:vN; "
            'a name has letters, digits, ".", "_" and "-" only, at most 128'
        )
    return parts


def is_reference(value: object) -> TypeGuard[str]:
    """Say whether a value is `name:alias` or `name:vN`, with nothing left out."""
    parts = value.split(":") if isinstance(value, str) else []
    return len(parts) == 2 and all(NAME.fullmatch(part) for part in parts)


def version_number(text: str) -> int | None:
    """Return 3 for "v3", None for what is no version."""
    return int(text[1:]) if NUMBER.fullmatch(text) else None


def checked_alias(name: str, alias: str) -> str:
    """Return the alias of an artifact; InputError when either is not well formed."""
    parse_reference(f"{name}:{alias}")
    if LIKE_A_NUMBER.fullmatch(alias):
        raise InputError(f"alias {alias!r} of {name} looks like a version; choose another word")
    return alias


@dataclass(frozen=True)
class File:
    """One file of an artifact: its relative posix path, size in bytes and SHA-256 as hex."""

    path: str
    size: int
    sha256: str

    def __post_init__(self) -> None:
        path = PurePosixPath(self.path)
        # A manifest from a shared store must not make a download write or read elsewhere.
        if not path.parts or path.is_absolute() or ".." in path.parts or str(path) != self.path:
            raise ValueError(f"{self.path!r} is not a plain relative path")
        if len(self.sha256) != 64 or not HEX.fullmatch(self.sha256) or self.size < 0:
            raise ValueError(f"{self.path!r} has no SHA-256 and size")


class InputOf(TypedDict):
    """What an artifact was made from: name, version and digest of another one."""

    name: str
    version: int
    digest: str


@dataclass(frozen=True)
class Version:
    """A version of an artifact, as its manifest holds it.

    `digest` says what it contains (see content_digest), `inputs` the name, version and digest
    of each artifact it was made from, `step` what made it, `run_ids` the runs that recorded
    this by tracker ("mlflow", "wandb"), `created` when (UTC, ISO 8601).
    """

    name: str
    version: int
    type: str
    digest: str
    files: tuple[File, ...]
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[InputOf, ...] = ()
    step: str = ""
    run_ids: dict[str, str] = field(default_factory=dict)
    created: str = ""

    @property
    def reference(self) -> str:
        """The version's own reference, `name:v3`."""
        return f"{self.name}:v{self.version}"

    def to_json(self) -> str:
        """Return the manifest's text."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Version":
        """Read a manifest; ValueError when it is damaged."""
        try:
            return cls.of(json.loads(text))
        except RecursionError as error:
            raise ValueError("it is no manifest") from error

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Version":
        """Return a version of plain values, each of which was held against its type and form.

        Raises:
            ValueError: what is wrong with them.
        """
        try:
            checked = _typed(cls, values)
            files = tuple(File(**_typed(File, file)) for file in checked["files"])
            typed = (_typed(InputOf, source) for source in checked["inputs"])
            inputs = tuple(InputOf(name=s["name"], version=s["version"], digest=s["digest"])
                           for s in typed)  # fmt: skip
            version = cls(**{**checked, "files": files, "inputs": inputs})
            named = [(version.name, version.digest), *((s["name"], s["digest"]) for s in inputs)]
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(str(error)) from error
        for name, digest in named:
            if not (NAME.fullmatch(name) and HEX.fullmatch(digest)):
                raise ValueError(f"{name!r} with the digest {digest!r} is no artifact")
        if "arrow_schema" in version.metadata:
            _typed(TableFacts, version.metadata)
        if not files or version.digest != content_digest(files, version.metadata):
            raise ValueError("its digest is not the one of its files")
        return version


class TableFacts(TypedDict, total=False):
    """What the metadata of a table hold."""

    arrow_schema: str
    rows: int
    columns: dict[str, str]  # name → type


def _typed(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a dataclass or TypedDict; ValueError: one has another type."""
    for name, hint in get_type_hints(kind).items():
        plain = get_origin(hint) or hint
        plain = list if plain is tuple else plain
        if name in values and type(values[name]) is not plain:
            raise ValueError(f"its {name} is no {plain.__name__}")
    return values


def content_digest(files: Iterable[File], metadata: Mapping[str, object]) -> str:
    """Return the SHA-256 over the paths and digests of the files and the table's Arrow schema.

    The schema counts because the same CSV text with other column types is another table.
    """
    pairs = sorted((file.path, file.sha256) for file in files)
    content = json.dumps([pairs, metadata.get("arrow_schema")])
    return hashlib.sha256(content.encode()).hexdigest()


def describe_files(path: Path) -> dict[File, Path]:
    """Describe a file, or all files below a folder by their paths in it, in sorted order.

    Returns each description with where the file is. Raises InputError when there is no file.
    """
    if path.is_file():
        return {_describe(path, path.name): path}
    entries = sorted((file.relative_to(path).as_posix(), file) for file in path.rglob("*"))
    files = {_describe(file, relative): file for relative, file in entries if file.is_file()}
    if not files:
        raise InputError(f"nothing to store at {path}: give a file or a folder with files in it")
    return files


def _describe(source: Path, relative: str) -> File:
    with source.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
        return File(relative, os.fstat(handle.fileno()).st_size, digest)
