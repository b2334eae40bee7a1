"""Hostile names by the hundred: each stays on its line, in its cell, and says what it holds."""

import logging
import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipeline import paths
from pipeline.commands import console
from pipeline.errors import InputError
from pipeline.markdown import markdown
from pipeline.report import page
from pipeline.report.report_data import ReportData
from pipeline.screen import logs
from pipeline.text.escaping import escaped
from pipeline.tracking.record import Record
from tests.fakes.recorded import manifest, step

pytestmark = pytest.mark.campaign

CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
BREAKS = ["\u2028", "\u2029", "\r\n", "\x0b\x0c"]
DIRECTIONS = list("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NOTHING = list(
    "\u00ad\u034f\u115f\u1160\u17b4\u180e\u200b\u200c\u200d\u2060\u2061\u3164\ufeff\uffa0"
)
LONE = ["\ud800", "\udfff", "\ue000", "\uffff", "\U000e0041"]
TERMINAL = [
    "\x1b[2J", "\x1b[31mred", "\x1b]0;title\x07", "\x1b]8;;http://x\x07link", "\x9b2J", "\x1b[1A",
    "\x1b[999D", "\b\b\b\b", "\r", "\x1bc", "\x1b[?1049h", "\x90q\x9c",
]  # fmt: skip
FORGED = [
    "x\n2026-01-01 00:00:00,000 INFO    evaluate: FORGED",
    "x\r\nerror: FORGED",
    "x\nevaluate · finished · FORGED",
    "x\u20282026-01-01 INFO FORGED",
    "x\x852026-01-01 INFO FORGED",
    "%s %d %(message)s", "{0} {record}", "[bold red]x[/]", "[/]", "\\n", "\\u202e",
]  # fmt: skip
MARKUP = [
    "<script>alert(1)</script>", "</td></tr></table><script>", "<img src=x onerror=alert(1)>",
    "'\"><svg onload=alert(1)>", "&lt;script&gt;", "<!--", "-->", "]]>", "<style>*{}</style>",
    "{{ 7*7 }}", "{% raw %}", "${x}", "javascript:alert(1)", "| a | b |", "```", "</pre><b>",
    "<a href=http://x>", "\x00<script>", "<\x00script>", "<scr\u200bipt>",
]  # fmt: skip
STRINGS = [
    *(f"a{c}b" for c in (*CONTROLS, *BREAKS, *DIRECTIONS, *NOTHING, *LONE)),
    *TERMINAL, *FORGED, *MARKUP,
]  # fmt: skip
Note = Callable[[str, object], None]


def inert(line: str) -> None:
    """A line holds nothing that moves, hides or turns what is around it."""
    assert line.isprintable(), ascii(line)
    assert not {unicodedata.bidirectional(c) for c in line} & {"RLO", "LRO", "RLE", "LRE", "PDF"}
    line.encode("utf-8")


@pytest.mark.parametrize("text", STRINGS, ids=ascii)
def test_one_string(
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record_property: Note,
) -> None:
    record_property("hostile strings", 1)
    inert(escaped(text))
    inert(str(InputError(f"no column {text}; it has {text}")))
    in_the_log(text, tmp_path, monkeypatch)
    on_the_console(text, capsys)
    (row,) = markdown([{"name": text}]).splitlines()[2:]
    inert(row)


def in_the_log(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record is one line, and a traceback does not begin one that looks like a record."""
    monkeypatch.setattr(paths, "LOG_FILE", folder / "ml_pipeline.log")
    logger, handler = logging.Logger(f"step {text}"), logs.log_file()
    logger.addHandler(handler)
    logger.info("column %s of %r", text, text)
    handler.close()
    (line,) = paths.LOG_FILE.read_text(encoding="utf-8").split("\n")[:-1]
    inert(line)
    try:
        raise KeyError(text) from ValueError(text)
    except KeyError as error:
        logs.keep_traceback("step", error)
    first, *rest = paths.LOG_FILE.read_text(encoding="utf-8").split("\n")[1:-1]
    assert first.endswith("stopped")
    assert all(line.startswith("    ") for line in rest)
    for line in rest:
        inert(line)


def on_the_console(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The closing table is one line for each step, and one for all."""
    made: Any = [{"name": text, "version": 0, "metadata": {"rows": 3}}]
    record = Record(text, {}, "now", status="finished", outputs=made, metrics={text: 1.0})
    console.closing_table([(record, False)])
    line, total = capsys.readouterr().out.split("\n")[:-1]
    assert total.startswith("total · ")
    inert(line)


class Elements(HTMLParser):
    """What a page is built of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(f"{tag} {[name for name, _ in attrs]}")


def rendered(text: str) -> str:
    """Return the page of a run in which names and values are that text."""
    made = {"name": text, "version": 0, "digest": "d" * 64, "type": "t", "description": text,
            "metadata": {"rows": 3, "columns": [text]}}  # fmt: skip
    columns = ("check", "column", "expected", "seen")
    facts: dict[str, Any] = {
        "outputs": [made], "reason": f"run: {text}", "error": text, "parameters": {"p": text},
        "tables": {"checks": [{"verdict": "failed", **dict.fromkeys(columns, text)}]},
    }  # fmt: skip
    return page.render(ReportData(manifest([step("check", **facts)], overrides=[text])))


@pytest.mark.parametrize("first", range(0, len(STRINGS), 16))
def test_the_report(first: int) -> None:
    """A page is built of the same elements, and shows nothing that is not seen."""
    built = Elements(rendered("plain")).tags
    for text in STRINGS[first : first + 16]:
        shown = rendered(f"a{text}b")
        assert Elements(shown).tags == built, ascii(text)
        for line in shown.split("\n"):
            inert(line)


def test_there_are_enough_of_them() -> None:
    assert len(STRINGS) >= 100
    assert len({*STRINGS}) == len(STRINGS)
