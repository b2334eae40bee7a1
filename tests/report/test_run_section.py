"""What was run, and how to run it again."""

from pipeline.report.run_section import command, moment, seconds, why


def test_commands_times_and_reasons() -> None:
    assert command(["a=b c"]) == "python main.py 'a=b c'"
    assert moment("2026-01-02T03:04:05+00:00") == "2026-01-02 03:04 UTC"
    assert [seconds(n) for n in (1.25, 119.0, 180.0)] == ["1.2 s", "119.0 s", "3 min"]
    assert [why(text) for text in ("run: first time", "forced")] == ["first time", "forced"]
