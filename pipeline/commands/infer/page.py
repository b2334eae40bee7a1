"""A page on a new table: what each column holds, what it is for, and what becomes of its rows."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.commands.infer.meanings import meaning_of, task_of
from pipeline.commands.infer.proposals import Proposal
from pipeline.tables.column_kinds import plain, present

MOST = 400  # columns that the page has
CLASSES = 30


def render(
    table: pa.Table, name: str, target: str | None, proposal: Proposal, said: Sequence[str]
) -> str:
    """Return the page: all text is escaped, there is no script, and it fetches nothing.

    Args:
        table: as its file has it.
        name: of the dataset.
        target: the column to predict, if it is known.
        proposal: what preprocess does.
        said: how the file was read.
    """
    from pipeline.report.data_section import described
    from pipeline.report.page import fill
    from pipeline.report.profile import profile

    shown = table.select(table.column_names[:MOST])
    view = described(profile(shown, name))
    rows = [
        row | dict(zip(("role", "why"), _role(row["name"], shown, target, proposal), strict=True))
        for row in view.columns
    ]
    return fill("columns.html", {
        "name": name, "rows": table.num_rows, "columns": table.num_columns, "target": target,
        "task": None if target is None else task_of(table[target]),
        "classes": _classes(table, target), "said": said, "proposal": proposal,
        "listed": rows, "picture": view.picture,
        "left_out": table.num_columns - len(rows),
    })  # fmt: skip


def _role(name: str, table: pa.Table, target: str | None, proposal: Proposal) -> tuple[str, str]:
    """Return what a column is for, and why."""
    if name == target:
        return "target", ""
    if name in proposal.settings.get("dates", {}):
        return "date", "its parts are features"
    if name in (proposal.settings.get("text") or {}).get("columns", ()):
        return "text", "a part of the text feature"
    meaning = meaning_of(name, table[name])
    return meaning.role, meaning.why


def _classes(table: pa.Table, target: str | None) -> list[tuple[str, int]]:
    if target is None or not task_of(table[target]).startswith("classification"):
        return []
    pairs = pc.value_counts(plain(present(table[target]))).to_pylist()
    found = sorted(((str(p["values"])[:60], p["counts"]) for p in pairs), key=lambda p: -p[1])
    return found[:CLASSES]
