"""What is shown of a run that earlier executions serve whole: the same again without the work."""

import time
from typing import Any, TypedDict

from pipeline.screen import table


class Served(TypedDict):
    """What is shown of a run that earlier executions serve whole.

    Attributes:
        heads: a line for each step; with a moment (seconds since 1970), how long ago it was.
        rows: of the closing table, as `table.show_steps` takes them.
        foot: lines below it.
        record: of the last step, as a dictionary.
    """

    heads: list[tuple[str, float | None]]
    rows: list[list[list[str]]]
    foot: list[str]
    record: dict[str, Any]


def show(served: Served) -> None:
    """Print what is shown of a run that earlier executions serve whole."""
    for text, moment in served["heads"]:
        print(text if moment is None else f"{text}, {ago(moment)}")
    table.show_steps(served["rows"])
    print("\n".join(served["foot"]))


def ago(moment: float) -> str:
    """Return how long ago a moment (seconds since 1970) was, in words."""
    seconds = max(time.time() - moment, 0)
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if count := int(seconds // size):
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
