"""YAML as Hydra reads it, for those who do not know Hydra: read and written without loss."""

import re
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import InputError

FLOAT = "tag:yaml.org,2002:float"
DATE = "tag:yaml.org,2002:timestamp"
# OmegaConf's: PyYAML alone takes 1e3 for a text. A test holds the two together.
NUMBER = re.compile(
    r"""^(?:[-+]?[0-9]+(?:_[0-9]+)*\.[0-9_]*(?:[eE][-+]?[0-9]+)?
    |[-+]?[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)
    |\.[0-9]+(?:_[0-9]+)*(?:[eE][-+][0-9]+)?
    |[-+]?[0-9]+(?:_[0-9]+)*(?::[0-5]?[0-9])+\.[0-9_]*
    |[-+]?\.(?:inf|Inf|INF)
    |\.(?:nan|NaN|NAN))$""",
    re.VERBOSE,
)


class Loader(yaml.SafeLoader):
    """Reads dates as texts, and refuses a key that is given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping of a node."""
        seen: set[tuple[str, str]] = set()
        for key in [(k.tag, k.value) for k, _ in node.value if isinstance(k, yaml.ScalarNode)]:
            if key in seen:
                fault = f"found duplicate key {key[1]}"
                raise yaml.constructor.ConstructorError(None, None, fault, node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


class Dumper(yaml.SafeDumper):
    """Writes every text such that it is read as the same text."""


def represent_text(
    dumper: yaml.SafeDumper, value: str, style: str | None = None
) -> yaml.ScalarNode:
    """Write a text: with escapes if it holds what YAML would fold, lose or take for a line end."""
    style = style if value.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


for kind in (Loader, Dumper):
    kind.add_implicit_resolver(FLOAT, NUMBER, list("-+0123456789."))
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != DATE]
    for first, resolvers in Loader.yaml_implicit_resolvers.items()
}
Dumper.add_representer(str, represent_text)


def read(path: str | Path) -> object:
    """Return what a YAML file holds.

    Raises:
        InputError: names the file: it cannot be read, is no YAML, or has a key twice.
    """
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), Loader)
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: {reason}; give a YAML file") from None


def dump(value: object) -> str:
    """Return plain values as YAML, keys in their order."""
    return yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True)
