"""Tables on the screen: whole at any width, and one line a row where there is no terminal."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.screen import terminal
from pipeline.text.escaping import escaped, escaped_lines

LINE = " · "
LONGEST = 60  # characters of a value


def show(
    columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", whole: int = 0
) -> None:
    """Print a table; nothing without rows.

    Args:
        columns: their heads; one that begins with # is of numbers.
        rows: texts.
        title: above it.
        whole: how many columns, from the left, are never broken into lines.
    """
    if not rows:
        return
    if title:
        print(f"\n{title}")
    if not terminal.is_terminal(sys.stdout):
        for row in rows:
            print(LINE.join(escaped(cell) for cell in row))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="none")
    for number, column in enumerate(columns):
        is_number = column.startswith("#")
        table.add_column(
            column.removeprefix("#"), justify="right" if is_number else "left", overflow="fold",
            no_wrap=is_number or number < whole,
        )  # fmt: skip
    for row in rows:
        table.add_row(*(Text(escaped_lines(cell)) for cell in row))
    Console().print(table)


def shortened(text: str) -> str:
    """Return a text, one that is long without its middle."""
    half = LONGEST // 2 - 1
    return text if len(text) <= LONGEST else f"{text[:half]} … {text[-half:]}"
