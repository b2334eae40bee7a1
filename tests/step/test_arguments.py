"""A step's command line is what its MLproject declares; its YAML files are what the step needs."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError
from pipeline.step import arguments

MLPROJECT = """
name: demo
entry_points:
  main:
    help: "Show what is given."
    parameters:
      table: {type: string, help: "Table to read."}
      share: {type: float, default: 1, help: "Share of the rows, 30% or so."}
      seed: {type: int, default: 42, help: "Seed of the shuffle."}
      label: {default: "", help: "Any text; übrigens."}
      column: {type: string, default: "null", help: "Column; null for none."}
      limit: {type: float, default: "null", help: "Upper limit."}
      top: {type: int, default: "null", help: "How many."}
"""
NOTHING = ("", "null", "None")
KNOWN = "it takes --table --share --seed --label --column --limit --top"


@pytest.fixture
def script(tmp_path: Path) -> str:
    (tmp_path / "MLproject").write_text(MLPROJECT, encoding="utf-8")
    return str(tmp_path / "run.py")


def parsed(script: str, *words: str) -> dict[str, Any]:
    return vars(arguments.parse(script, ["--table=t.csv:v1", *words]))


def test_defaults(script: str) -> None:
    rest = {"column": None, "limit": None, "top": None}
    assert type(parsed(script)["share"]) is float
    assert parsed(script) == {"table": "t.csv:v1", "share": 1.0, "seed": 42, "label": ""} | rest


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("share=0.5", 0.5),
        ("share=1", 1.0),
        ("share=-0.5", -0.5),
        ("seed=7", 7),
        ("label=a b=c", "a b=c"),
        ("label=null", "null"),  # only a parameter whose default is null can be none
        ("column=genre", "genre"),
        ("limit=2", 2.0),
        ("top=2", 2),
        *((f"{name}={text}", None) for name in ("column", "limit", "top") for text in NOTHING),
    ],
)
def test_values(script: str, word: str, value: Any) -> None:
    name, _, text = word.partition("=")
    for words in ([f"--{word}"], [f"--{name}", text]):  # as the MLproject's command, as by hand
        given = parsed(script, *words)[name]
        assert given == value
        assert type(given) is type(value)


def test_the_arguments_of_the_process(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["run.py", "--table=t", "--seed=3"])
    assert arguments.parse(script).seed == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "the following arguments are required: --table"),
        (["--table=t", "--share=abc"], "argument --share: invalid float value: 'abc'"),
        (["--table=t", "--share=null"], "argument --share: invalid float value: 'null'"),
        (["--table=t", "--seed=1.5"], "argument --seed: invalid int value: '1.5'"),
        (["--table=t", "--limit=abc"], "argument --limit: invalid float value: 'abc'"),
        (["--table=t", "--top=nil"], "argument --top: invalid int value: 'nil'"),
        (["--table=t", "--sede=1"], "unrecognized arguments: --sede=1"),
        (["--table=t", "--shar=0.5"], "unrecognized arguments: --shar=0.5"),
        (["--table=t", "more"], "unrecognized arguments: more"),
    ],
)
def test_refusals(
    script: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        arguments.parse(script, words)
    assert caught.value.code == 2
    assert capsys.readouterr().err == f"error: demo: {said}; {KNOWN}\n"


def test_help(script: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        arguments.parse(script, ["--help"])
    assert caught.value.code == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "Show what is given." in lines
    for line in ("--table str Table to read.", "--share float Share of the rows, 30% or so."):
        assert line in lines
    assert "--label str Any text; übrigens." in lines


def yaml_text(folder: Path, content: bytes) -> str:
    (folder / "given.yaml").write_bytes(content)
    return str(folder / "given.yaml")


def test_yaml_file(tmp_path: Path) -> None:
    path = yaml_text(tmp_path, "ü: {columns: [a, null]}\nb: 0.5\n".encode())
    assert arguments.yaml_file("config", path) == {"ü": {"columns": ["a", None]}, "b": 0.5}
    assert arguments.yaml_file("config", None) == {}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"a: [1,\nb: 2", "line 2.*; give a YAML file"),
        (b"a: 2020-13-45", "month must be in 1..12.*; give a YAML file"),
        (b"a: !!python/name:os.system", "python/name:os.system.*; give a YAML file"),
        ("a: ü".encode("latin-1"), "can't decode byte 0xfc.*; give a YAML file"),
        *((text, r"it must hold a mapping \(key: value\)") for text in (b"", b"[a]", b"a", b"~")),
        (None, "No such file.*; give a YAML file"),
    ],
)
def test_yaml_file_refusals(tmp_path: Path, content: bytes | None, word: str) -> None:
    path = str(tmp_path / "none.yaml") if content is None else yaml_text(tmp_path, content)
    with pytest.raises(InputError, match=word) as caught:
        arguments.yaml_file("config", path)
    assert str(caught.value).startswith(f"config {path}: ")
    assert "\n" not in str(caught.value)


def test_yaml_values_come_in_the_order_of_the_keys(tmp_path: Path) -> None:
    path = yaml_text(tmp_path, b"{b: {x: 1}, a: null}")
    assert arguments.yaml_values("model_config", path, ["a", "b"]) == [None, {"x": 1}]


@pytest.mark.parametrize(
    ("content", "held"),
    [(b"a: 1", "a"), (b"{b: 1, c: 1, a: 1}", "b, c, a"), (b"{}", "nothing"), (b"{1: 2}", "1")],
)
def test_yaml_values_refusals(tmp_path: Path, content: bytes, held: str) -> None:
    path = yaml_text(tmp_path, content)
    with pytest.raises(InputError) as caught:
        arguments.yaml_values("model_config", path, ["a", "b"])
    assert str(caught.value) == f"model_config {path}: it must hold a, b; it holds {held}"
