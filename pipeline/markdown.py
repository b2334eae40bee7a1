"""Small tables as Markdown."""

from typing import Any


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table (empty text for no rows)."""
    if not rows:
        return ""
    lines = [
        list(rows[0]),
        ["---"] * len(rows[0]),
        *([" ".join(str(v).split()) for v in row.values()] for row in rows),
    ]
    return "".join(
        "| " + " | ".join(c.replace("|", "\\|") for c in line) + " |\n" for line in lines
    )
