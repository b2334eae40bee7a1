"""The greedy division of groups as a plain loop: what pipeline.splits.groups must equal."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def greedy(
    order: NDArray[np.intp],
    starts: NDArray[np.intp],
    kinds: NDArray[np.intp],
    amounts: NDArray[np.intp],
    parts: Any,
) -> NDArray[np.intp]:
    """Give one group after the other to the part that it brings nearer to what is wanted."""
    wanted, scale = parts.wanted, parts.scale
    have = np.zeros_like(wanted)
    part = np.zeros(len(order), np.intp)
    for number in order:
        inside = slice(starts[number], starts[number + 1])
        kind, amount = kinds[inside], amounts[inside]
        change = amount * (2 * (have[:, kind] - wanted[:, kind]) + amount) * scale[:, kind]
        chosen = int(np.argmin([losses.sum() for losses in change]))
        part[number] = chosen
        have[chosen, kind] += amount
    return part
