"""What preprocess had better do to a table, from what is in it: settings, each with its reason."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.commands.infer import meanings
from pipeline.config.preprocess import PARTS
from pipeline.tables import row_digests
from pipeline.tables.column_kinds import kind_of, plain, present, suggested_task
from pipeline.tables.reading import cells, forms
from pipeline.tables.reading.dialect import MISSING

# Spellings that may well be values of their own: said, and left as they are.
VALUES = ("None", "none", "NONE", "nil", "unknown", "Unknown", "UNKNOWN", "nd", "ND", "na", "Na")
ABSENT = {*MISSING, *cells.SPELLINGS} - {*VALUES}
TWO_LETTERS = re.compile("[A-Z]{2}")  # NA may be Namibia
EQUAL = 0.2  # share of rows that equal others, from which on they are different things
FEW = 5  # rows that a class needs to be on all sides of two divisions
MOST_PARTS = {"year": pc.year, "month": pc.month, "weekday": pc.day_of_week, "hour": pc.hour}


@dataclass
class Proposal:
    """What preprocess is to do, and what a person should know.

    Attributes:
        settings: of data.preprocess, what is not its default.
        reasons: key of these → sentences.
        said: of what is left as it is.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, list[str]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def add(self, key: str, value: Any, reason: str) -> None:
        """Add a setting: into a mapping or a list that is there, or instead of the default."""
        if isinstance(value, dict):
            self.settings.setdefault(key, {}).update(value)
        else:
            self.settings[key] = value
        self.reasons.setdefault(key, []).append(reason)


def proposed(table: pa.Table, target: str | None) -> Proposal:
    """Propose what preprocess does to a raw table.

    Args:
        table: with plain values.
        target: the column to predict, if it is known.
    """
    found = Proposal()
    missing = {name: _spelled(found, name, table[name]) for name in table.column_names}
    for name in (name for name in table.column_names if name != target):
        _dates(found, name, _without(table[name], missing[name]))
    endless = [name for name in table.column_names if _is_endless(table[name])]
    if endless:
        found.add("infinite", "missing", f"infinite values in {_listed(endless)}, which no model "
                  "takes; clip and drop are other ways")  # fmt: skip
    if target is not None:
        _target(found, target, _without(table[target], missing[target]))
    _duplicates(found, table)
    _texts(found, table, target, missing)
    return found


def _without(column: pa.ChunkedArray, words: list[str]) -> pa.ChunkedArray:
    if not words:
        return column
    kind = column.type
    gone = pc.is_in(column, value_set=pa.array(words, kind))
    return pc.if_else(gone, pa.scalar(None, kind), column)


def _spelled(found: Proposal, name: str, column: pa.ChunkedArray) -> list[str]:
    """Propose that words like NA are missing in a column of texts; return them."""
    if kind_of(column.type) != "text":
        return []
    pairs = pc.value_counts(plain(present(column))).to_pylist()
    counts = {pair["values"]: pair["counts"] for pair in pairs}
    words = sorted(word for word in counts if word.strip() in ABSENT and word)
    others = [word for word in counts if word not in words]
    if not words or not others:
        return []
    shown = ", ".join(f"{word!r} in {counts[word]:,} rows" for word in words)
    if len(others) > 2 and all(map(TWO_LETTERS.fullmatch, others)):
        found.said.append(f"{name!r}: {shown}, a code like the others, as of Namibia: it stays; "
                          f"data.preprocess.map makes it missing")  # fmt: skip
        return []
    found.add("map", {name: dict.fromkeys(words)}, f"{name!r}: {shown} read as missing; delete "
              "this where it is a value")  # fmt: skip
    return words


def _dates(found: Proposal, name: str, column: pa.ChunkedArray) -> None:
    """Propose to read texts or numbers as dates, and the parts of dates that say something."""
    if kind_of(column.type) == "date":
        form, dates = None, plain(present(column))
    else:
        layouts = meanings.layouts(column)
        if len(layouts) > 1:
            first = f"{{{name}: {{format: '{layouts[0]}'}}}}"
            found.said.append(f"{name!r} holds dates, {' or '.join(layouts)}: say which with "
                              f"data.preprocess.dates={first}")  # fmt: skip
        if len(layouts) != 1:
            return
        form = layouts[0] or None
        dates = _read(plain(present(column)), form)
    moments = dates.cast(pa.timestamp("us"))
    days = len(pc.day(moments).unique()) > 1
    parts = [part for part in PARTS if part in MOST_PARTS and (days or part != "weekday")
             and len(MOST_PARTS[part](moments).unique()) > 1]  # fmt: skip
    about = {"format": form, "parts": parts} if form else {"parts": parts}
    if parts:
        ends = pc.min_max(moments).as_py()
        seen = f"{ends['min']:%Y-%m-%d} to {ends['max']:%Y-%m-%d}"
        found.add("dates", {name: about}, f"{name!r}: dates{f' written as {form}' if form else ''}"
                  f", {seen}; its parts are features; to divide rows by time: "
                  f"data.time_column={name} data/segregate=time")  # fmt: skip


def _read(values: pa.ChunkedArray, form: str | None) -> pa.ChunkedArray:
    texts = values.cast(pa.string())
    return forms.date(form).read(texts) if form else texts.cast(pa.timestamp("s"))


def _is_endless(column: pa.ChunkedArray) -> bool:
    return pt.is_floating(column.type) and bool(pc.any(pc.is_inf(present(column))).as_py())


def _target(found: Proposal, name: str, column: pa.ChunkedArray) -> None:
    """Propose what becomes of rows without a target, and of rare classes."""
    values = plain(present(column))
    if gaps := len(column) - len(values):
        lost = f"the target {name!r} is missing in {gaps:,} of {len(column):,} rows"
        found.add("drop_missing", [name], f"{lost}, which are dropped; fill is another way")
    if suggested_task(column) != "classification":
        return
    counts = Counter({p["values"]: p["counts"] for p in pc.value_counts(values).to_pylist()})
    rare = [value for value, count in counts.items() if count < FEW]
    shown = _listed([f"{value} ({counts[value]})" for value in rare])
    if not rare:
        return
    if len(counts) - len(rare) < 2:
        found.said.append(f"too few rows of {shown} to learn and to judge them")
        return
    merged = kind_of(column.type) == "text" and len(rare) > 1
    merged = merged and sum(counts[value] for value in rare) >= FEW
    rule = {"below": FEW, "name": "other" if merged else None}
    done = "they become one class, other" if merged else "they are dropped"
    found.add("rare", {name: rule}, f"too few rows of {shown} to learn and to judge them: {done}")


def _duplicates(found: Proposal, table: pa.Table) -> None:
    names = [f.name for f in table.schema if row_digests.is_comparable(f.type)]
    digests = row_digests.of_rows(row_digests.encoded(table.select(names)), names)
    distinct, rows = len(np.unique(digests)), len(table)
    if len(names) == table.num_columns and rows - distinct > EQUAL * rows:
        found.add("drop_duplicates", False, f"{distinct:,} distinct rows of {rows:,}: equal rows "
                  "are kept, as different things look the same in so few values")  # fmt: skip


def _texts(
    found: Proposal, table: pa.Table, target: str | None, missing: dict[str, list[str]]
) -> None:
    """Propose a text feature where prose has gaps, or is in several columns."""
    prose, gaps = [], False
    for name in table.column_names:
        column = _without(table[name], missing[name])
        values = plain(present(column))
        if name == target or kind_of(column.type) != "text" or name in found.settings.get(
                "dates", {}) or not len(values):  # fmt: skip
            continue
        if meanings.meaning_of(name, pa.chunked_array([values.combine_chunks()])).role == "text":
            prose.append(name)
            gaps |= len(values) < len(column)
    taken = "text_feature" in table.column_names
    if prose and (gaps or len(prose) > 1) and not taken:
        found.add("text", {"name": "text_feature", "columns": prose}, f"prose in {_listed(prose)}: "
                  "one text feature, what is missing as nothing")  # fmt: skip


def _listed(words: list[str], most: int = 5) -> str:
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(map(str, words[:most])) + more
