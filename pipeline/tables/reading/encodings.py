"""Which encoding a text is in."""

import codecs
import re

MARKS = {
    codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
WESTERN = "cp1252"
OTHERS = ["cp1250", "cp1251", "cp1253", "koi8_r", "shift_jis", "euc_jp", "gb18030", "big5",
          "euc_kr"]  # fmt: skip
# In a text that is no Western one signs stand between letters when it is read as one.
ODD = re.compile(r"(?:[^\W\d_][¢-©¬-´¶-¿×÷†‡‰•™›‹¤]|[£¥¬¯¹³¼¾])(?=[^\W\d_])")
LETTERS = re.compile(r"[^\W\d_]")


def encoding_of(start: bytes) -> str:
    """Return the encoding of a text that begins so: by its mark, else UTF-8, else the likeliest.

    Without mark UTF-16 shows by zero bytes. What is no UTF-8 is cp1252, which has all of Latin-1
    that can be printed, unless it looks strange in it: then charset-normalizer is asked.
    """
    for mark, name in MARKS.items():
        if start.startswith(mark):
            return name
    if start.count(b"\0") > len(start) // 4:
        return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return _eight_bits(start)
    return "utf-8"


def _eight_bits(start: bytes) -> str:
    lines = [line for line in start.splitlines() if not line.isascii()]
    high = b"\n".join(lines)[: 2**14]
    try:
        text = high.decode(WESTERN)
        letters = sum(not c.isascii() for c in LETTERS.findall(text))
        foreign = letters > 0.6 * len(LETTERS.findall(text))  # Cyrillic or Greek, say
        if not ODD.search(text) and not foreign:
            return WESTERN
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    best = from_bytes(high, cp_isolation=OTHERS).best()
    return best.encoding if best else WESTERN if _decodes(start, WESTERN) else "latin-1"


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def text_of(start: bytes, encoding: str) -> str:
    """Return the text; a sign that is cut off at its end is left out.

    Raises:
        UnicodeDecodeError: it is not in that encoding.
    """
    text: str = codecs.getincrementaldecoder(encoding)().decode(start)
    return text.removeprefix("\ufeff")
