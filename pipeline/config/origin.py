"""Where the values of a config come from, before they are resolved."""

import re
from typing import Any

from omegaconf import DictConfig, OmegaConf


class Sources:
    """Where the values of a config are really set: the ends of its interpolations."""

    def __init__(self, config: DictConfig) -> None:
        """Take the config with its interpolations."""
        self._raw = OmegaConf.to_container(config, resolve=False)

    def of(self, *parts: str) -> str:
        """Return ``data.test_size`` for ``steps.segregate.test_size`` that is drawn from it."""
        node: Any = self._raw
        for number, part in enumerate(parts, 1):
            node = node.get(part) if isinstance(node, dict) else None
            drawn = re.fullmatch(r"\$\{([\w.]+)\}", node) if isinstance(node, str) else None
            if drawn:
                return self.of(*drawn[1].split("."), *parts[number:])
        return ".".join(parts)

    def resolvers(self) -> set[str]:
        """Return the resolvers that the config uses, such as ``oc.env``."""
        return set(re.findall(r"\$\{\s*([\w.]+):", str(self._raw)))
