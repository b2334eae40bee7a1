"""Tables for people: whole at every width, in every encoding."""

import io
import sys

import pytest

from pipeline.screen import table, terminal

MADE = table.parts(["data_train.csv:v0", "data_test.csv:v12", "data_certificate.json:v0"])
LONG = "the_name_of_an_artifact_that_somebody_gave_it_who_has_a_wide_screen_indeed.csv:v120"
LEAK = ["leak 0.22787,", "more 0.123456"]
ROWS = [
    [["get_data"], ["finished"], ["1.3 s"], ["5,000"], ["columns 17"], ["raw.parquet:v0"]],
    [
        ["segregate"],
        ["cached"],
        [],
        ["4,854", "→ 3,397", "+ 1,457"],
        ["leak 0.22787,", "more 0.123456"],
        MADE,
    ],
    [["train_random_forest"], ["failed"], ["109.8 s"], ["日本→", "4,854"], [], [LONG]],
]
AT_80 = """\
step                 status    seconds  rows in → out
  key metrics, artifacts
────────────────────────────────────────────────────────────────────────────────
get_data             finished    1.3 s  5,000
  columns 17
  raw.parquet:v0
segregate            cached             4,854 → 3,397 + 1,457
  leak 0.22787, more 0.123456
  data_train.csv:v0, data_test.csv:v12, data_certificate.json:v0
train_random_forest  failed    109.8 s  日本→ 4,854
  the_name_of_an_artifact_that_somebody_…t_who_has_a_wide_screen_indeed.csv:v120
"""


class Terminal(io.TextIOWrapper):
    """A terminal in memory."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in {"TERM": "xterm", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def shown(encoding: str, screen: pytest.MonkeyPatch) -> str:
    """Return what a terminal of an encoding shows of the table."""
    stream = Terminal(io.BytesIO(), encoding, "plain")
    screen.setattr(sys, "stdout", stream)
    table.show(table.STEPS, ROWS)
    screen.undo()
    stream.seek(0)
    return stream.read()


def test_at_80_columns(screen: pytest.MonkeyPatch) -> None:
    assert shown("utf-8", screen) == AT_80


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 100, 120, 200, 500])
def test_nothing_vital_is_lost(width: int) -> None:
    lines = list(table.lines(table.STEPS, ROWS, width))
    assert max(map(len, lines)) <= width
    words = " ".join(lines).split()
    for cell in (cell for row in ROWS for cell in row):
        for part in cell:
            version = part.rstrip(",").rpartition(":v")[2] if ":v" in part else ""
            whole = part in " ".join(lines)
            assert whole or any(word.rstrip(",").endswith(f":v{version}") for word in words), part


def test_columns_stand_beside_each_other_where_there_is_room() -> None:
    assert list(table.lines(("job", "f1"), [[["1"], ["0.6"]], [["10"], ["0.61"]]], 80)) == [
        "job  f1",
        "────────────────────",
        "1    0.6",
        "10   0.61",
    ]


@pytest.mark.parametrize(
    ("encoding", "rows"),
    [("ascii", "4,854 -> 3,397 + 1,457"), ("latin-1", "4,854 -> 3,397 + 1,457"),
     ("utf-8", "4,854 → 3,397 + 1,457"), ("cp437", "4,854 -> 3,397 + 1,457")],
)  # fmt: skip
def test_signs_that_an_encoding_lacks(encoding: str, rows: str, screen: pytest.MonkeyPatch) -> None:
    lines = shown(encoding, screen).splitlines()
    assert any(line.endswith(rows) for line in lines)
    assert max(map(len, lines)) <= 80
    assert ("日本→" if encoding == "utf-8" else r"\u65e5\u672c->") in "\n".join(lines)


def test_a_terminal_without_a_cursor_gets_lines(screen: pytest.MonkeyPatch) -> None:
    screen.setenv("TERM", "dumb")
    lines = shown("ascii", screen).splitlines()
    assert lines[0] == "get_data - finished - 1.3 s - 5,000 - columns 17 - raw.parquet:v0"
    assert len(lines) == len(ROWS)


def test_the_width_of_a_terminal(screen: pytest.MonkeyPatch) -> None:
    screen.setenv("COLUMNS", "47")
    assert terminal.width(sys.stdout) == 47
