"""Where the values of a config come from, before they are resolved."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

from pipeline.shapes import leaves


class Sources:
    """Where the values of a config are really set: the ends of its interpolations."""

    def __init__(self, config: DictConfig) -> None:
        """Take the config with its interpolations."""
        self._raw: Any = OmegaConf.to_container(config, resolve=False)

    def of(self, *parts: str) -> str:
        """Return ``data.test_size`` for ``steps.segregate.test_size`` that is drawn from it."""
        node: Any = self._raw
        for number, part in enumerate(parts, 1):
            node = node.get(part) if isinstance(node, dict) else None
            drawn = re.fullmatch(r"\$\{([\w.]+)\}", node) if isinstance(node, str) else None
            if drawn:
                return self.of(*drawn[1].split("."), *parts[number:])
        return ".".join(parts)

    def named(self, step: str, values: Mapping[str, object]) -> dict[str, object]:
        """Return the parameters of a step, flat, by the names that their values have in the config.

        What is set for the step alone keeps the step's own name for it. What is null because
        nobody has set it is left out.

        Args:
            step: the step.
            values: its parameters.
        """
        result: dict[str, object] = {}
        for path, value in leaves(values):
            name = self.of("steps", step, *path)
            if value is not None or self._is_set(name.split(".")):
                result[".".join(path) if name.startswith("steps.") else name] = value
        return result

    def _is_set(self, parts: Sequence[str]) -> bool:
        node: Any = self._raw
        for part in parts:
            if not isinstance(node, dict) or part not in node:
                return False
            node = node[part]
        return True

    def differing(self, other: "Sources") -> list[tuple[str, ...]]:
        """Return where this config sets another value than the other one, each as a path."""
        theirs = dict(leaves(other._raw))
        return [path for path, value in leaves(self._raw) if theirs.get(path, path) != value]

    def resolvers(self) -> set[str]:
        """Return the resolvers that the config uses, such as ``oc.env``."""
        return set(re.findall(r"\$\{\s*([\w.]+):", str(self._raw)))
