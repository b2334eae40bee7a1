"""What the values of a step's parameters name, at any depth: classes, functions and files."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.cache import code_digests
from pipeline.cache.external_files import local_file
from pipeline.cache.packages import distributions_of

# A module and what is in it, also in the form of an entry point, `package.module:name`.
DOTTED = re.compile(r"[^\W\d]\w*([.:][^\W\d]\w*)+")


def classes(values: object, folder: Path, root: Path) -> Iterator[str]:
    """Yield the classes and functions that a step's parameters name, at any depth.

    Those of `_target_`, and whatever else is the dotted name of a module that is here or installed:
    a type that a model may hold, a function that a step loads.
    """
    for key, text in _texts(values):
        name = text.replace(":", ".")
        if key == "_target_":
            yield text
        elif DOTTED.fullmatch(text) and (
            name.partition(".")[0] in distributions_of() or code_digests.named(name, folder, root)
        ):
            yield name


def files(values: Mapping[str, object], root: Path) -> dict[str, Path]:
    """Return the files that texts inside a step's parameters name, such as a list of words."""
    parts = (value for value in values.values() if not isinstance(value, str))
    texts = {text for value in parts for _, text in _texts(value) if {"/", "."} & set(text)}
    return {text: path for text in sorted(texts) if (path := local_file(text, root))}


def _texts(value: object, key: object = None) -> Iterator[tuple[object, str]]:
    """Yield the texts in a value, at any depth, with the keys that they stand under."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, child in value.items():
            yield from _texts(child, name)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child, key)
