"""Small tables as Markdown."""

from typing import Any

from pipeline.text.escaping import escaped


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table (empty text for no rows)."""
    if not rows:
        return ""
    lines = [
        [escaped(str(name)) for name in rows[0]],
        ["---"] * len(rows[0]),
        *([escaped(" ".join(str(v).split())) for v in row.values()] for row in rows),
    ]
    return "".join(
        "| " + " | ".join(c.replace("|", "\\|") for c in line) + " |\n" for line in lines
    )
