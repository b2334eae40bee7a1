"""Texts that stand for numbers with marks between thousands, or for dates in other forms than ISO.

pyarrow's own parser of dates takes 31.02.2020 for the second of March, so they are made ISO first.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.tables.reading import texts as arrow

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
PARTS = {
    "Y": r"(?P<Y>\d{4})", "y": r"(?P<y>\d{2})", "m": r"(?P<m>\d{1,2})", "d": r"(?P<d>\d{1,2})",
    "H": r"(?P<H>\d{1,2})", "I": r"(?P<I>\d{1,2})", "M": r"(?P<M>\d{2})", "S": r"(?P<S>\d{2})",
    "p": r"(?P<p>[AaPp])\.?[Mm]\.?", "b": r"(?P<b>[A-Za-z]{3})", "B": r"(?P<B>[A-Za-z]{3,9})",
}  # fmt: skip
SIGNS = ("%", "‰", "$", "€", "£", "¥", "₹", "EUR", "USD", "GBP", "CHF")
SPACES = {" ": "[ \u00a0\u202f]", "'": "['\u2019]"}  # what else such a mark may be


@dataclass(frozen=True)
class Form:
    """A type, and the texts of its values.

    Attributes:
        name: what people call it.
        kind: the type.
        pattern: of the whole of a text, for RE2.
    """

    name: str
    kind: pa.DataType
    pattern: str

    def read(self, texts: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return the values of texts; ArrowInvalid if one is not of this form."""
        trimmed = pc.utf8_trim_whitespace(texts)
        if trimmed.null_count < len(trimmed):
            matches = pc.match_substring_regex(trimmed, f"^(?:{self.pattern})$")
            if not pc.all(matches).as_py():
                raise pa.ArrowInvalid(f"a value is no {self.name}")
        return self._values(trimmed)

    def _values(self, texts: pa.ChunkedArray) -> pa.ChunkedArray:
        raise NotImplementedError

    def fits(self, texts: pa.ChunkedArray) -> bool:
        """Say whether all texts that are there are of this form."""
        try:
            self.read(texts)
        except pa.ArrowInvalid:
            return False
        return True


@dataclass(frozen=True)
class Number(Form):
    """Numbers with a mark between groups of three digits."""

    thousands: str
    decimal: str

    def _values(self, texts: pa.ChunkedArray) -> pa.ChunkedArray:
        marks = mark(self.thousands)
        plain = pc.replace_substring_regex(texts, marks, "") if marks else texts
        plain = pc.replace_substring(plain, self.decimal, ".")
        return pc.utf8_ltrim(plain, "+").cast(self.kind)


@dataclass(frozen=True)
class Signed(Number):
    """Numbers with a sign of a currency or of per cent before or behind each of them."""

    sign: str

    def _values(self, texts: pa.ChunkedArray) -> pa.ChunkedArray:
        return super()._values(pc.replace_substring_regex(texts, _sign(self.sign), ""))


@dataclass(frozen=True)
class Date(Form):
    """Dates, with or without a time of day."""

    def _values(self, texts: pa.ChunkedArray) -> pa.ChunkedArray:
        if not len(texts) or texts.null_count == len(texts):
            return pa.chunked_array([pa.nulls(len(texts), self.kind)])
        found = pc.extract_regex(texts.combine_chunks(), f"^(?:{self.pattern})$")
        part = dict(zip(found.type.names, found.flatten(), strict=True))
        iso = pc.binary_join_element_wise(
            _year(part), _month(part), _two(part["d"]), arrow.scalar("-")
        )
        if "H" in part or "I" in part:
            seconds = _two(part["S"]) if "S" in part else arrow.scalar("00")
            time = [_hour(part), _two(part["M"]), seconds]
            clock = pc.binary_join_element_wise(*time, arrow.scalar(":"))
            iso = pc.binary_join_element_wise(iso, clock, arrow.scalar(" "))
        return pa.chunked_array([iso.cast(self.kind)])


def mark(thousands: str) -> str:
    """Return the pattern of a mark between thousands."""
    return SPACES.get(thousands, re.escape(thousands))


def numbers(thousands: str, decimal: str) -> list[Form]:
    """Return the forms of whole numbers and others with a mark between thousands."""
    point = re.escape(decimal)
    whole = rf"[-+]?(?:[1-9]\d{{0,2}}(?:{mark(thousands)}\d{{3}})+|\d{{1,15}})"
    return [
        Number("whole number", pa.int64(), whole, thousands, decimal),
        Number("number", pa.float64(), rf"{whole}(?:{point}\d*)?", thousands, decimal),
    ]


def sign_of(values: Iterable[str]) -> str:
    """Return the sign that stands before or behind each of some texts; "": there is none."""
    trimmed = [value.strip().lstrip("+-") for value in values]
    return next((sign for sign in SIGNS if trimmed and all(
        value.startswith(sign) or value.endswith(sign) for value in trimmed)), "")  # fmt: skip


def without_sign(text: str) -> str:
    """Return a text without such a sign."""
    sign = sign_of([text])
    return re.sub(_sign(sign), "", text) if sign else text


def unsigned(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts without the sign that all of them have, if there is one."""
    there = values.drop_null()
    sign = sign_of(there.slice(0, 1).to_pylist())
    has_all = sign and pc.all(pc.match_substring(there, sign)).as_py()
    return pc.replace_substring_regex(values, _sign(sign), "") if has_all else values


def _sign(sign: str) -> str:
    blank = "[ \u00a0\u202f]*"
    return f"{blank}{re.escape(sign)}{blank}"


def signed(sign: str, thousands: str, decimal: str) -> list[Form]:
    """Return the forms of whole numbers and others that all have a sign: 12 %, $1,234.50."""
    one = _sign(sign)
    found: list[Form] = []
    for form in numbers(thousands, decimal):
        bare = form.pattern.removeprefix("[-+]?")
        pattern = f"[-+]?{one}{bare}|{one}[-+]?{bare}|[-+]?{bare}{one}"
        name = f"{form.name} without {sign}"
        found.append(Signed(name, form.kind, pattern, thousands, decimal, sign))
    return found


def date(layout: str) -> Date:
    """Return the form of dates that strptime would write so: %d.%m.%Y, %m/%d/%y %I:%M %p."""
    pieces = re.split(r"%(.)", layout)
    timed = {"H", "I"} & {*pieces[1::2]}
    pattern = "".join(PARTS[text] if n % 2 else re.escape(text) for n, text in enumerate(pieces))
    return Date(layout, pa.timestamp("s") if timed else pa.date32(), pattern)


def _two(digits: pa.Array) -> pa.Array:
    return pc.utf8_lpad(digits, 2, "0")


def _year(part: dict[str, pa.Array]) -> pa.Array:
    if "Y" in part:
        return part["Y"]
    century = pc.if_else(
        pc.less(part["y"], arrow.scalar("69")), arrow.scalar("20"), arrow.scalar("19")
    )  # as POSIX has it
    return pc.binary_join_element_wise(century, part["y"], arrow.scalar(""))


def _month(part: dict[str, pa.Array]) -> pa.Array:
    if "m" in part:
        return _two(part["m"])
    names = pc.utf8_slice_codeunits(pc.utf8_lower(part.get("b", part.get("B"))), 0, 3)
    return _looked_up(names, {name: f"{n:02}" for n, name in enumerate(MONTHS, 1)})


def _hour(part: dict[str, pa.Array]) -> pa.Array:
    if "H" in part:
        return _two(part["H"])
    half = pc.utf8_lower(part["p"]) if "p" in part else arrow.scalar("a")
    hours = {f"{n:02}{p}": f"{n % 12 + 12 * (p == 'p'):02}" for n in range(1, 13) for p in "ap"}
    return _looked_up(pc.binary_join_element_wise(_two(part["I"]), half, arrow.scalar("")), hours)


def _looked_up(values: pa.Array, meaning: dict[str, str]) -> pa.Array:
    """Return what texts stand for; ArrowInvalid: one for nothing."""
    number = pc.index_in(values, value_set=arrow.array(meaning))
    if number.null_count > values.null_count:
        raise pa.ArrowInvalid("a month or an hour is none")
    return arrow.array(meaning.values()).take(number)
