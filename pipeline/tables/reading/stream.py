"""The bytes of a text whose lines are changed or left out on the way."""

import codecs
import io
import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

Bytes: TypeAlias = Any  # a file that is read: of pyarrow, which has no types, or of Python
CHUNK = 2**20  # bytes


@dataclass(frozen=True)
class Lines:
    """What becomes of the lines of a text in UTF-8; the fields are those of Dialect."""

    separator: str
    padded: bool
    quote: str
    comment: str
    footer: int

    def changed(self, file: Bytes) -> Bytes:
        """Return a file with the text of another; the same one if nothing changes."""
        if self.comment or self.footer or self.padded or self.separator == " ":
            return _Stream(self._lines(iter(lambda: file.read(CHUNK), b"")), file)
        return file

    def _lines(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the lines of the table."""
        comment, held = self.comment.encode(), deque[bytes]()
        inside = False  # quotes, where a line may begin with anything
        for number, line in enumerate(split(chunks)):
            line = line if number else line.removeprefix(codecs.BOM_UTF8)
            if comment and not inside and line.startswith(comment):
                continue
            if held and not line.strip():
                held[-1] += line  # an empty line is no row
                continue
            inside ^= bool(self.quote) and line.count(self.quote.encode()) % 2 == 1
            held.append(self._without_blanks(line))
            if len(held) > self.footer:
                yield held.popleft()

    def _without_blanks(self, line: bytes) -> bytes:
        """Return a line whose fields are parted by one tab, or by the separator without blanks."""
        if not (self.padded or self.separator == " "):
            return line
        find, use = (rb"[ \t]+(?=[^\r\n])", b"\t")
        if self.padded:
            find, use = re.escape(self.separator).encode() + rb" +", self.separator.encode()
        quote = self.quote.encode() or b"\n"
        parts = line.strip(b" \t").split(quote)
        parts[::2] = [re.sub(find, use, part) for part in parts[::2]]
        return quote.join(parts)


def split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a text with their ends."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).splitlines(keepends=True)  # the last one may go on
        yield from lines
    if rest:
        yield rest


class _Stream(io.RawIOBase):
    """A file whose bytes are made piece by piece."""

    def __init__(self, lines: Iterator[bytes], file: Bytes) -> None:
        self._lines, self._file, self._rest = lines, file, b""
        self._lock = threading.Lock()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most `size`; nothing at the end."""
        with self._lock:
            pieces, length = [self._rest], len(self._rest)
            for line in self._lines if length < size else ():
                pieces.append(line)
                length += len(line)
                if length >= size:
                    break
            text = b"".join(pieces)
            self._rest = text[size:]
            return text[:size]

    def readable(self) -> bool:
        """Say that it is to be read."""
        return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
