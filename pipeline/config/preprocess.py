"""What the config may say about get_data, preprocess, and the columns that they leave."""

import codecs
import re
from dataclasses import dataclass, field

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


ENCODING = (_is_encoding, "an encoding, as utf-8, cp1252, latin-1 or utf-16")
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
class Preprocess:
    """What `preprocess` does to the raw table."""

    drop_duplicates: bool = True
    drop_constant: bool = False  # columns with one single value
    text: Text | None = None
