"""Which steps run, and with which parameters."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import InputError, did_you_mean


def select(wanted: str | Iterable[str], steps: Iterable[str]) -> list[str]:
    """Return the wanted steps in the pipeline's order.

    Args:
        wanted: ``all``, one step, ``a,b``, an inclusive range ``first:last`` (either end may be
            left out), or a list of steps.
        steps: every step, in order.

    Raises:
        InputError: an unknown step, a range that runs backwards, or no step at all.
    """
    order = list(steps)
    words = wanted.split(",") if isinstance(wanted, str) else list(wanted)
    chosen: set[str] = set()
    for word in (str(w).strip() for w in words):
        if word == "all":
            word = ":"
        first, colon, last = word.partition(":")
        if not word:
            continue
        start = _index(first, order) if first else 0
        end = _index(last, order) if last else (len(order) - 1 if colon else start)
        if start > end:
            raise InputError(f"main.steps: {word!r} runs backwards; write {last}:{first}")
        chosen.update(order[start : end + 1])
    if not chosen:
        raise InputError(f"main.steps is empty; give all or some of: {', '.join(order)}")
    return [step for step in order if step in chosen]


def _index(step: str, order: list[str]) -> int:
    if step not in order:
        raise InputError(f"main.steps: unknown step {step!r}: {did_you_mean(step, order)}")
    return order.index(step)


def parameters(step: str, values: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Return what the step's MLproject receives, as text.

    Args:
        step: the step's name, used in file names only.
        values: the step's parameters; a mapping or a list goes over as the path of a YAML file.
        folder: where those YAML files are written.
    """
    result = {}
    for name, value in values.items():
        if isinstance(value, Mapping | list):
            path = folder / f"{step}.{name}.yaml"
            path.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))
            value = path
        result[name] = "null" if value is None else str(value)
    return result
