"""What the config may say about get_data, preprocess, and the columns that they leave."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pipeline.errors import InputError

TAB = ("tab", "\\t")  # how a tab may be written
SEPARATOR = (
    lambda text: text in TAB or (len(text) == 1 and text.isascii() and text not in '"\r\n'),
    "one character: ',' ';' '|' 'tab', or ' ' for any number of blanks",
)
MARK = (lambda text: len(text) < 2 and text.isascii(), "one character, or '' for none")


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


def _are_layouts(layouts: list[str]) -> bool:
    """Say whether each has a day, a month and a year, each once, and nothing that is not known."""
    codes = [re.findall("%(.)", layout) for layout in layouts]
    whole = (len({*c} & {*of}) == 1 for c in codes for of in ("d", "mbB", "yY"))
    return all(whole) and all({*c} <= {*"dmbByYHIMSp"} and len({*c}) == len(c) for c in codes)


Scalar: TypeAlias = str | int | float | bool
PARTS = ["year", "month", "day", "weekday", "hour"]  # of a date; weekday: Monday is 0
ARE_PARTS = (lambda parts: {*parts} <= {*PARTS}, f"a list of {', '.join(PARTS)}")
ENCODING = (_is_encoding, "an encoding, as utf-8, cp1252, latin-1 or utf-16")
LAYOUT = (lambda layout: _are_layouts([layout]), "a form of dates, as %d.%m.%Y or %Y-%m-%d %H:%M")
DATES = (_are_layouts, "a list of forms, as %d.%m.%Y or %m/%d/%y %H:%M (or %b, %B, %S, %I and %p)")


@dataclass
class Download:
    """Where `get_data` gives up, and which addresses it asks."""

    timeout: int = field(default=60, metadata={"at_least": 1})  # seconds without a byte
    total_timeout: int = field(default=3600, metadata={"at_least": 1})  # seconds for all of it
    max_bytes: int = field(default=10_000_000_000, metadata={"at_least": 1})
    link_local: bool = False  # whether 169.254.0.0/16, fe80::/10 and a cloud's metadata are asked


@dataclass
class Read:
    """How the file at file_url is read; null: as its beginning looks, which the log says."""

    separator: str | None = field(default=None, metadata={"fits": SEPARATOR})
    decimal: str | None = field(default=None, metadata={"one_of": [".", ","]})
    thousands: str | None = field(default=None, metadata={"fits": MARK})  # '': there is none
    encoding: str | None = field(default=None, metadata={"fits": ENCODING})
    quote: str | None = field(default=None, metadata={"fits": MARK})
    escape: str | None = field(default=None, metadata={"fits": MARK})  # '': quotes are doubled
    comment: str | None = None  # what lines begin with that are left out; '': nothing
    header: bool | None = None  # whether the first row has the names of the columns
    names: list[str] = field(default_factory=list)  # in place of those
    skip: int | None = field(default=None, metadata={"at_least": 0})  # lines before the header
    footer: int = field(default=0, metadata={"at_least": 0})  # lines at the end that are left out
    missing: list[str] = field(default_factory=list)  # spellings, in columns of text as well
    dates: list[str] = field(default_factory=list, metadata={"fits": DATES})  # as strptime has them
    text: list[str] = field(default_factory=list)  # columns that are text, whatever they look like
    sheet: str | None = None  # of a workbook; null: its first
    member: str | None = None  # of a .zip; null: its only one
    query: str | None = None  # of a database: which rows, in SQL
    version_query: str | None = None  # of a database: another answer means other rows
    snapshot: int | None = None  # version of a Delta, snapshot of an Iceberg table; null: the last


@dataclass
class Text:
    """How the text feature is made: the columns joined by a space, missing as nothing."""

    name: str
    columns: list[str]


@dataclass
class Features:
    """The columns that the model sees."""

    numeric: list[str] = field(default_factory=list)
    categorical: list[str] = field(default_factory=list)
    text: str | None = None

    @property
    def columns(self) -> list[str]:
        """All of them."""
        return [*self.numeric, *self.categorical, *([self.text] if self.text else [])]


@dataclass
class Date:
    """A column of dates, and what is made of it: a column called COLUMN_PART for each part."""

    format: str | None = field(default=None, metadata={"fits": LAYOUT})  # of texts; null: ISO 8601
    parts: list[str] = field(default_factory=list, metadata={"fits": ARE_PARTS})


@dataclass
class RowValues:
    """What `preprocess` does to each row by itself; an exported model does it to what it is asked.

    In this order: `map`, `fill`, `dates`, `infinite`, and at the end `text`.
    """

    # Column → value as it stands → what it becomes; null: missing.
    map: dict[str, dict[Any, Scalar | None]] = field(default_factory=dict)
    fill: dict[str, Scalar] = field(default_factory=dict)  # column → in place of missing values
    dates: dict[str, Date] = field(default_factory=dict)
    # Infinite numbers: kept (no model takes them), missing, the largest finite ones, or no rows.
    infinite: str = field(default="keep", metadata={"one_of": ["keep", "missing", "clip", "drop"]})
    text: Text | None = None

    def __post_init__(self) -> None:
        """Take numbers as the texts of values; refuse what YAML makes of yes and no."""
        for column, values in self.map.items():
            for key in (key for key in values if not isinstance(key, str | int | float)
                        or isinstance(key, bool)):  # fmt: skip
                raise InputError(
                    f"preprocess.map.{column} has the key {str(key).lower()}, for which YAML takes "
                    "yes, no, on and off as well; put the value in quotes"
                )
        self.map = {c: {str(k): new for k, new in v.items()} for c, v in self.map.items()}


@dataclass
class Rare:
    """Values of a column, such as classes, that few rows have."""

    below: int = field(metadata={"at_least": 2})  # rows
    name: str | int | None = None  # that all of them get; null: their rows are dropped


@dataclass
class Duplicates:
    """Which rows are equal, and what becomes of them."""

    by: list[str] = field(default_factory=list)  # columns; none: all
    # aggregate: the mean of numbers with decimals, of others the most frequent value.
    keep: str = field(default="first", metadata={"one_of": ["first", "aggregate"]})
    mean: list[str] = field(default_factory=list)  # columns of whole numbers: their mean as well


@dataclass
class Preprocess(RowValues):
    """What `preprocess` does to the raw table, in this order."""

    drop_missing: list[str] = field(default_factory=list)  # no rows without a value of these
    rare: dict[str, Rare] = field(default_factory=dict)  # of columns that are no features
    drop_duplicates: bool = True
    duplicates: Duplicates = field(default_factory=Duplicates)
    drop_constant: bool = False  # columns with one single value


def check_rare(preprocess: Preprocess, features: Sequence[str]) -> None:
    """Refuse to merge or drop values that a served model is asked about.

    Args:
        preprocess: of the config.
        features: the columns that the model sees.

    Raises:
        InputError: names the column.
    """
    texts = preprocess.text.columns if preprocess.text else []
    for name in (name for name in preprocess.rare if name in [*features, *texts]):
        raise InputError(
            f"data.preprocess.rare: {name!r} is a feature, and a served model does not know which "
            "of its values were rare; name them in data.preprocess.map"
        )
