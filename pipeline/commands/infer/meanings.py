"""What each column is for, guessed from its name and values, and why."""

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.commands.infer.bounds import EXACT
from pipeline.tables.column_kinds import are_few, kind_of, plain, present, suggested_task
from pipeline.tables.reading import cells, forms, texts

NAMES_A_ROW = re.compile(r"(^|[_\W])(id|ids|uuid|guid|key|rownames?|index|unnamed: 0|row)$", re.I)
NAMES_A_THING = re.compile(
    r"(^|[_\W])(id|patient|subject|person|user|customer|client|household|family|school|school_id|"
    r"account|device|machine|session|participant|individual|animal)(_?(id|nr|no|number|code))?$",
    re.I,
)
CAMEL = re.compile(r"(?<=[a-z])(?=I[Dd]$)")  # patientID: patient_ID
CODE = re.compile(r"[A-Za-z]{0,6}[-_]?\d+[A-Za-z]?")  # P-0012
ALMOST = 0.95  # share of distinct values from which on texts or numbers name rows
GROUPS = 10  # distinct values that groups have at least
WORDS = 3.0  # of a text of prose, on average
LOOKED_AT = 2000  # distinct values
COMPACT = "%Y%m%d"
SHOWN = 20  # classes


@dataclass(frozen=True)
class Meaning:
    """What a column is for.

    Attributes:
        role: target, numeric, categorical, text, date, id, group or ignore.
        why: what speaks for it; "" where it needs no word.
    """

    role: str
    why: str = ""

    @property
    def is_feature(self) -> bool:
        """Whether the model sees it."""
        return self.role in ("numeric", "categorical", "text")


def meaning_of(name: str, column: pa.ChunkedArray) -> Meaning:
    """Return what a column is for, besides the target."""
    kind, values = kind_of(column.type), plain(present(column))
    if kind == "date":
        return Meaning("date", "a date: its parts can be features (data.preprocess.dates), and it "
                               "can be data.time_column")  # fmt: skip
    if kind not in ("integer", "number", "text", "boolean"):
        return Meaning("ignore", "one value, or none" if kind == "nothing" else f"{kind} values")
    if pt.is_floating(values.type) and pc.any(pc.is_inf(values)).as_py():
        return Meaning("ignore", "infinite values, which no model takes: set "
                                 "data.preprocess.infinite")  # fmt: skip
    distinct = len(values.unique())
    if distinct < 2:
        return Meaning("ignore", "one value, or none")
    if found := _name(name, column, values, distinct):
        return found
    few = are_few(distinct, len(values))
    if kind == "boolean" or (few and kind in ("integer", "text")):
        return Meaning("categorical")
    if kind == "text":
        return _text(values, distinct, len(column))
    return Meaning("numeric")


def _name(
    name: str, column: pa.ChunkedArray, values: pa.ChunkedArray, distinct: int
) -> Meaning | None:
    """Return an id or a group, if the column names something."""
    kind, word = kind_of(column.type), CAMEL.sub("_", name)
    if kind == "number" and is_whole(values):
        kind, values = "integer", values.cast(pa.int64())
    if kind not in ("integer", "text") or len(values) < 3:
        return None
    whole = distinct == len(column)
    coded = kind == "text" and all(map(CODE.fullmatch, _some(values)))
    if whole and ((kind == "integer" and _is_row_number(values)) or coded):
        return Meaning("id", "another value in every row, like a name")
    if distinct >= ALMOST * len(values) and NAMES_A_ROW.search(word):
        return Meaning("id", f"{distinct:,} values in {len(values):,} rows, like a name")
    if kind == "text" and distinct >= ALMOST * len(values) and not _blanks(values):
        return Meaning("id", f"{distinct:,} texts of one word in {len(values):,} rows, like a name")
    lettered = coded and values[0].as_py()[:1].isalpha()  # digits alone may be postal codes
    named = NAMES_A_THING.search(word) and distinct < ALMOST * len(values)
    if distinct >= GROUPS and (named or (lettered and distinct <= len(values) / 2)):
        return Meaning(
            "group",
            f"{distinct:,} things with {len(values) / distinct:.1f} rows each: keep the rows of "
            "one together with data/segregate=group",
        )
    return None


def _is_row_number(values: pa.ChunkedArray) -> bool:
    ends = pc.min_max(values).as_py()
    return bool(ends["max"] - ends["min"] + 1 == len(values))


def _some(values: pa.ChunkedArray) -> list[str]:
    """Return some texts, each once."""
    return [text.strip() for text in values.unique()[:LOOKED_AT].to_pylist()]


def _blanks(values: pa.ChunkedArray) -> bool:
    return bool(pc.any(pc.match_substring(values, " ")).as_py())


def words(values: pa.ChunkedArray) -> float:
    """Return how many words a text has on average."""
    some = _some(values)
    return sum(len(text.split()) for text in some) / max(len(some), 1)


def _text(values: pa.ChunkedArray, distinct: int, rows: int) -> Meaning:
    if distinct <= rows / 2 and words(values) < WORDS:
        return Meaning("categorical", f"{distinct:,} categories")
    if len(values) < rows:
        return Meaning("ignore", "text with missing values")
    return Meaning("text")


def is_whole(values: pa.ChunkedArray) -> bool:
    """Say whether numbers are whole ones that a float keeps, as those of a column with gaps are."""
    if not pt.is_floating(values.type) or not len(values):
        return False
    ends = pc.min_max(values).as_py()
    fits = max(abs(ends["min"]), abs(ends["max"])) < EXACT
    return bool(fits and pc.all(pc.equal(pc.floor(values), values)).as_py())


def task_of(column: pa.ChunkedArray) -> str:
    """Return in words what a model of a target does, with the rows of each class."""
    values = plain(present(column))
    if suggested_task(column) == "regression":
        return f"regression, {len(values.unique()):,} distinct numbers in {len(values):,} rows"
    pairs = sorted(pc.value_counts(values).to_pylist(), key=lambda pair: -pair["counts"])
    shown = ", ".join(f"{str(p['values'])[:40]!r} {p['counts']:,}" for p in pairs[:SHOWN])
    more = f" and {len(pairs) - SHOWN:,} more" if len(pairs) > SHOWN else ""
    return f"classification, {len(pairs):,} classes: {shown}{more} rows"


def layouts(column: pa.ChunkedArray) -> list[str]:
    """Return how the dates of a column of texts or whole numbers may be written; "": ISO 8601.

    Nothing: it is no column of dates. Several: nobody knows.
    """
    kind, values = kind_of(column.type), plain(present(column))
    if not len(values):
        return []
    if kind == "integer":
        ends = pc.min_max(values).as_py()
        likely = ends["min"] >= 1900_01_01 and ends["max"] <= 2100_12_31
        digits = values.unique().cast(pa.string())
        dated = likely and forms.date(COMPACT).fits(pa.chunked_array([digits]))
        return [COMPACT] if dated and len(digits) > 1 else []
    if kind != "text":
        return []
    some = cells.present(_some(values))
    if some and all(map(cells.ISO.fullmatch, some)):
        return [""] if _is_iso(some) else []
    return cells.layouts_of(some) if some else []


def _is_iso(some: list[str]) -> bool:
    try:
        texts.column(some).cast(pa.timestamp("s"))
    except pa.ArrowInvalid:
        return False
    return True
