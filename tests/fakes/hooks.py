"""Hooks of `notify`, as the config makes them."""

from typing import Any

from pipeline.config.loader import load
from pipeline.config.notify.hooks import Hook
from pipeline.text.masking import hidden


def hooks(values: list[dict[str, Any]]) -> list[Hook]:
    """Return hooks; what is secret in them is masked."""
    return load(list[Hook], hidden(values), "notify")
