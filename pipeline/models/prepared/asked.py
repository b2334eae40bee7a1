"""What a model whose table was prepared row by row is asked: columns as they were before."""

import hashlib
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from pipeline.config.preprocess import RowValues
from pipeline.models.prepared import preparation
from pipeline.tables.external_chunks import ForeignSource

About = dict[str, Any]


def describe(made: RowValues, table: pd.DataFrame, columns: list[About], rows: int) -> About | None:
    """Return what serving.json holds of the preparation, see preparation.prepared; None of none.

    Besides: ``columns`` that are given instead of some of the model's, in their form, which are
    ``made`` then, and an ``example`` of them.

    Args:
        made: what preprocess did to each row.
        table: rows that the model was fitted on.
        columns: what serving.json says of the model's.
        rows: of the example.
    """
    known = {about["name"]: about for about in columns}
    dates: dict[str, About] = {
        name: {"format": date.format, "parts": {p: f"{name}_{p}" for p in date.parts
                                                if f"{name}_{p}" in known}}
        for name, date in made.dates.items() if name in table
    }  # fmt: skip
    dates = {name: date for name, date in dates.items() if date["parts"]}
    mapped = {name: m for name, m in made.map.items() if name in known or name in dates}
    filled = {name: v for name, v in made.fill.items() if name in known or name in dates}
    limits = _limits(table, known) if made.infinite in ("missing", "clip") else {}
    if not (dates or mapped or filled or limits):
        return None
    given = [_date(name) for name in dates if name not in known]
    given += [_column(known[n], mapped.get(n), table[n]) | ({"required": False} if n in filled
              else {}) for n in dict.fromkeys([*mapped, *filled]) if n in known]  # fmt: skip
    example = {a["name"]: _example(table.head(rows), a, mapped, dates) for a in given}
    parts = [column for date in dates.values() for column in date["parts"].values()]
    return {
        "map": mapped, "fill": filled, "dates": dates, "infinite": made.infinite, "limits": limits,
        "missing": {name: known[name]["missing"] for name in filled if name in known},
        "columns": given, "made": parts, "example": example,
    }  # fmt: skip


def columns(about: About) -> list[About]:
    """Return what is said of the columns that a caller gives, from what serving.json holds."""
    text, prepared = about["text"], about.get("preparation")
    inputs = {c["name"]: c for c in (*about["columns"], *(text["columns"] if text else []))}
    if prepared:
        inputs = {n: c for n, c in inputs.items() if n not in prepared["made"]}
        inputs |= {c["name"]: c for c in prepared["columns"]}
    return list(inputs.values())


def missing(about: About, names: Iterable[str]) -> list[str]:
    """Say in words which columns a table lacks that has these."""
    found, needed = set(names), [c["name"] for c in columns(about) if c["required"]]
    lacking = [repr(name) for name in needed if name not in found]
    faults = [f"{', '.join(lacking)} missing"] if lacking else []
    if text := about["text"]:
        sources = [c["name"] for c in text["columns"]]
        if found.isdisjoint([text["name"], *sources]):
            how = f"it is {' and '.join(sources)} joined by a space; give it or these"
            faults.append(f"{text['name']!r} missing ({how})")
    if found.isdisjoint(c["name"] for c in columns(about)):
        faults.append("it has no column of the model")
    return faults


def absent(about: About, found: Container[str]) -> list[str]:
    """Return the columns that may be absent, and are not among those found."""
    text = about["text"]
    joined = text["name"] if text else None
    sources = {c["name"] for c in text["columns"]} if text else set()
    given = [c["name"] for c in columns(about) if c["name"] not in {joined, *sources}]
    if text and joined not in found:
        given += [c["name"] for c in text["columns"]]
    return [name for name in given if name not in found]


def values(
    column: pa.ChunkedArray, about: Mapping[str, Any], source: ForeignSource
) -> pa.ChunkedArray:
    """Return what a column means; one of CSV holds texts."""
    if not source.is_csv or about["kind"] == "text":
        return column
    if about["kind"] == "date":
        return source.date_texts(about["name"], column)
    column = source.number_texts(column)
    try:
        return column.cast(pa.float64()) if about["kind"] == "number" else column
    except pa.ArrowInvalid:
        return column  # the classifier says which row it is


def loader(folder: Path, about: About, module: str) -> str:
    """Write what prepares rows into a folder of code; return its module, that loads the model.

    Args:
        folder: where it is written.
        about: what serving.json is to hold; it learns of the module that loads the model alone.
        module: that one.
    """
    source = Path(preparation.__file__).read_bytes()
    name = f"prepared_{hashlib.sha256(source).hexdigest()[:12]}"
    (folder / f"{name}.py").write_bytes(source)
    about["preparation"]["module"] = module
    return name


def _limits(table: pd.DataFrame, known: dict[str, About]) -> dict[str, list[float]]:
    """Return the least and the largest number of each column of floats."""
    floats = [n for n, c in known.items() if c["kind"] == "number" and n in table
              and pd.api.types.is_float_dtype(table[n]) and table[n].notna().any()]  # fmt: skip
    return {name: [float(table[name].min()), float(table[name].max())] for name in floats}


def _date(name: str) -> About:
    return {"name": name, "kind": "date", "missing": ["None", "nan"], "required": False}


def _column(about: About, mapping: dict[str, Any] | None, values: pd.Series) -> About:
    """Return what is said of a column before its values were mapped."""
    if mapping is None:
        return dict(about)
    whole = {v for v in mapping.values() if v is not None} >= set(values.dropna().unique())
    numbers = all(preparation.NUMBER.fullmatch(key) for key in mapping)
    kind = "number" if numbers and (whole or about["kind"] == "number") else "text"
    return about | {"kind": kind}


def _example(
    table: pd.DataFrame, about: About, mapped: dict[str, Any], dates: dict[str, Any]
) -> list[object]:
    """Return values as a caller would give them."""
    name = about["name"]
    before = {new: old for old, new in mapped.get(name, {}).items()}
    found: list[object] = []
    values: list[Any] = [*table[name].astype(object)]
    for value in values:
        if pd.isna(value):
            found.append(None)
        elif about["kind"] == "date":
            form = dates[name]["format"]
            found.append(value.strftime(form) if form else str(value))
        else:
            old: Any = before.get(value, value)
            number, text = about["kind"] == "number", about["kind"] == "text"
            found.append(float(old) if number else str(old) if text else old)
    return found
