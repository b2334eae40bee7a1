"""Which columns of a CSV file are no plain numbers, and which texts are dates or numbers.

Nothing is lost without a word: what pyarrow would read as a number without its zeros, or as a
double that is another number, stays text; and it is said.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.errors import InputError
from pipeline.tables.reading import cells, forms, texts
from pipeline.tables.reading.dialect import MISSING, shown
from pipeline.tables.reading.sniff import Sample

EXACT = 2**53  # a double keeps whole numbers below it
PADDED = r"^\s*[-+]?0\d"
WHOLE = r"^\s*[-+]?\d+\s*$"
NUMBER = r"^\s*[-+]?(\d[\d.,]*|[.,]\d+)([eE][-+]?\d+)?\s*$"
ZEROS, BEYOND = "leading zeros", "whole numbers beyond 64 bits"
MOSTLY = 0.5  # share of numbers, from which on other values among them are told


class Columns:
    """What is found out about the columns, in two passes over the file.

    Args:
        sample: the beginning of the file.
        first: the types that pyarrow gives its first rows.
        name: what the user calls the file.

    Attributes:
        first: the same, with text where a number would lose something.
        forms: of texts that are read as dates or numbers.
        as_text: column → why it stays text although it looks like numbers.

    Raises:
        InputError: the dialect names a column as text that is not there.
    """

    def __init__(self, sample: Sample, first: pa.Schema, name: str) -> None:
        self._dialect, self._sample = sample.dialect, sample
        self._other = "," if sample.dialect.decimal == "." else "."
        for column in (c for c in sample.dialect.text if c not in first.names):
            held = ", ".join(first.names)
            raise InputError(f"data.read.text: {name} has no column {column!r}; it has {held}")
        self._cells = dict(zip(first.names, sample.columns, strict=False))
        padded = re.compile(PADDED)
        self.as_text = {
            f.name: ZEROS
            for f in first
            if pt.is_floating(f.type) and any(map(padded.match, self._cells.get(f.name, ())))
        }
        dated = {n for i, n in enumerate(first.names) if len(sample.layouts.get(i, [])) == 1}
        kept = {*self.as_text, *sample.dialect.text, *dated}
        self.first = pa.schema([(f.name, pa.string() if f.name in kept else f.type) for f in first])
        self.forms: dict[str, forms.Form] = {}
        self._looks: dict[str, Callable[[pa.ChunkedArray], object]] = {}
        self._possible: dict[str, list[forms.Form]] = {}
        self._largest: dict[str, float] = defaultdict(float)
        self._whole: set[str] = set()
        self._odd: dict[str, str] = {}

    def see(self, piece: pa.Table) -> None:
        """Look at rows of the columns that hold no text."""
        for field in piece.schema:
            if pt.is_floating(field.type):
                ends = pc.min_max(piece[field.name]).as_py().values()
                largest = max((abs(end) for end in ends if end is not None), default=0.0)
                self._largest[field.name] = max(self._largest[field.name], largest)

    def to_look_at(self, schema: pa.Schema) -> list[str]:
        """Return the columns whose texts have to be looked at; `schema` is after `see`."""
        layouts = {n: self._sample.layouts.get(i, []) for i, n in enumerate(self.first.names)}
        for field in schema:
            name, values = field.name, self._present(field.name)
            if pt.is_integer(field.type):
                self._looks[name] = self._look_for_zeros
            elif pt.is_floating(field.type) and EXACT <= self._largest[name] < math.inf:
                self._whole.add(name)
            elif not pt.is_string(field.type) or name in self._dialect.text:
                continue
            elif not pt.is_string(self.first.field(name).type):
                self._odd[name] = ""
            elif len(layouts[name]) == 1:
                self._possible[name] = [forms.date(layouts[name][0])]
            elif values and name not in self.as_text and (sign := forms.sign_of(values)):
                marked = forms.signed(sign, self._dialect.thousands, self._dialect.decimal)
                self._possible[name] = [form for form in marked if form.fits(texts.column(values))]
            elif values and self._dialect.thousands and name not in self.as_text:
                marked = forms.numbers(self._dialect.thousands, self._dialect.decimal)
                self._possible[name] = [form for form in marked if form.fits(texts.column(values))]
        some = {*self._looks, *self._whole, *self._odd, *self._possible}
        return [name for name in schema.names if name in some]

    def _look_for_zeros(self, values: pa.ChunkedArray) -> bool:
        """Say whether there are some; most values are found to have none by their first byte."""
        zero = pc.or_(pc.starts_with(values, "0"), pc.starts_with(values, "-0"))
        some = values.filter(zero).drop_null()
        return pc.any(pc.match_substring_regex(some, PADDED)).as_py() is True

    def look(self, piece: pa.Table) -> None:
        """Look at the texts of rows of the columns of `to_look_at`."""
        for name in piece.column_names:
            values = self.values(piece[name])
            if name in self._looks and self._look_for_zeros(values):
                self.as_text[name] = ZEROS
            if name in self._whole and not _all_match(values, WHOLE):
                self._whole.remove(name)
            if name in self._possible:
                self._possible[name] = [f for f in self._possible[name] if f.fits(values)]
            if name in self._odd and not self._odd[name]:
                others = values.filter(pc.invert(pc.match_substring_regex(values, NUMBER)))
                present = others.drop_null()
                self._odd[name] = present[0].as_py() if len(present) else ""

    def values(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return texts of a column that is no text by itself: what means missing is missing."""
        return texts.without(values, self._dialect.null_values)

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """Return the types at last, after `look`."""
        self.as_text |= dict.fromkeys(sorted(self._whole), BEYOND)
        self.forms = {name: found[0] for name, found in self._possible.items() if found}
        final = {name: pa.string() for name in self.as_text}
        final |= {name: form.kind for name, form in self.forms.items()}
        return pa.schema([(f.name, final.get(f.name, f.type)) for f in schema])

    def said(self, schema: pa.Schema) -> list[str]:
        """Return in words what a person should know of the columns; `schema` is the last one."""
        reasons = {why: [n for n, w in self.as_text.items() if w == why] for why in (ZEROS, BEYOND)}
        lines = [f"{shown(names)} kept as text: {why}" for why, names in reasons.items() if names]
        dated = defaultdict(list)
        for name, form in self.forms.items():
            dated[form.name].append(name)
        lines += [f"{shown(names)} read as {form}" for form, names in dated.items()]
        lines += self._undecided(schema)
        if endless := [name for name, largest in self._largest.items() if largest == math.inf]:
            lines.append(f"infinite values in {shown(endless)}")
        return lines

    def _undecided(self, schema: pa.Schema) -> Iterator[str]:
        """Yield what a person had better decide, of columns of text."""
        for number, name in enumerate(schema.names):
            if not pt.is_string(schema.field(name).type) or name in self.as_text:
                continue
            if name in self._dialect.text:
                continue
            layouts = self._sample.layouts.get(number, [])
            if len(layouts) > 1:
                yield f"{name!r} kept as text: {' or '.join(layouts)}? say so with data.read.dates"
            elif odd := self._odd.get(name) or self._mixed(name):
                yield (
                    f"{name!r} kept as text: numbers, but {odd[:40]!r} among them; perhaps "
                    "data.read.missing or data.read.footer"
                )
            elif (values := self._present(name)) and cells.are_plain(values, self._other):
                yield f"{name!r} kept as text: numbers with other marks, as {values[0]!r}"
        yield from self._spelled(schema)

    def _mixed(self, name: str) -> str:
        """Return a value that is no number in a column that mostly holds some; else nothing."""
        values = self._present(name)
        others = [v for v in values if not re.match(NUMBER, v)]
        return others[0] if others and len(others) < MOSTLY * len(values) else ""

    def _spelled(self, schema: pa.Schema) -> Iterator[str]:
        """Yield which spellings of "missing" are values, in columns of text."""
        words = {*MISSING, *cells.SPELLINGS} - {"", *self._dialect.missing}
        found: dict[str, list[str]] = defaultdict(list)
        for name, column in self._cells.items():
            if pt.is_string(schema.field(name).type) and name not in self.as_text:
                for word in sorted({cell.strip() for cell in column} & words):
                    found[word].append(name)
        if found:
            places = "; ".join(f"{word!r} in {shown(names, 3)}" for word, names in found.items())
            yield f"a value, unless data.read.missing=[{','.join(found)}] says so: {places}"

    def _present(self, name: str) -> list[str]:
        return cells.present(self._cells.get(name, ()), self._dialect.missing)


def _all_match(texts: pa.ChunkedArray, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(texts, pattern)).as_py() is not False
