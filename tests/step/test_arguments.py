"""A step's command line is what its MLproject declares; its YAML files are what the step needs."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.config.checks import Checks
from pipeline.config.evaluate import EvaluateConfig
from pipeline.config.model import ModelConfig
from pipeline.config.preprocess import Preprocess
from pipeline.config.segregate import Audit
from pipeline.errors import InputError
from pipeline.step import arguments

MLPROJECT = """
name: demo
entry_points:
  main:
    command: exec python run.py
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
KNOWN = "choose from: --table, --share, --seed, --label, --column, --limit, --top"


@pytest.fixture
def script(tmp_path: Path) -> str:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "MLproject").write_text(MLPROJECT, encoding="utf-8")
    return str(tmp_path / "demo" / "run.py")


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
        ([], "table is missing; give it a value"),
        (["--table=t", "--share=half"], "share must be a number, got 'half'"),
        (["--table=t", "--share=nan"], "share must be a number, got nan"),
        (["--table=t", "--share="], "share must be a number, got ''"),
        (["--table=t", "--seed=1.5"], "seed must be a whole number, got 1.5"),
        (["--table=t", "--limit=abc"], "limit must be a number or null, got 'abc'"),
        (["--table=t", "--top=nil"], "top must be a whole number or null, got 'nil'"),
        (["--sede=1"], f"unknown argument --sede: did you mean '--seed'? {KNOWN}"),
        (
            ["--table=t", "--shar", "0.5"],
            f"unknown argument --shar: did you mean '--share'? {KNOWN}",
        ),
        (["--table=t", "more"], f"unknown argument more: {KNOWN}"),
    ],
)
def test_refusals(
    script: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        arguments.parse(script, words)
    assert caught.value.code == 2
    assert capsys.readouterr().err == f"error: demo: {said}\n"


FORMED = """
entry_points:
  main:
    command: exec python run.py
    parameters:
      table: {type: string, form: reference}
      reference: {type: string, form: reference, default: "null"}
      artifact_name: {type: string, form: table, default: "a.csv"}
      report: {type: string, form: artifact, default: "b.json"}
      artifact_root: {type: string, form: artifact_root, default: "data"}
      format: {type: string, form: format, default: "csv"}
"""


@pytest.fixture
def formed(tmp_path: Path) -> str:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "MLproject").write_text(FORMED, encoding="utf-8")
    return str(tmp_path / "demo" / "run.py")


def test_a_bare_name_means_the_newest(formed: str) -> None:
    given = arguments.parse(formed, ["--table=t.csv", "--reference=r.csv:v3"])
    assert (given.table, given.reference) == ("t.csv:latest", "r.csv:v3")
    assert arguments.parse(formed, ["--table=t.csv:good"]).reference is None


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("table=/abs/t.csv", "table must be NAME:ALIAS or NAME:vN, NAME and ALIAS of at most 128"),
        ("reference=a:b:c", "reference must be NAME:ALIAS or NAME:vN"),
        ("artifact_name=/abs/t.csv", "artifact_name must be a name of at most 128 letters"),
        ("artifact_name=t.csv:v0", "artifact_name must be a name of at most 128 letters"),
        ("artifact_name=t.txt", "artifact_name must be a name of at most 128 letters, digits, dots,"
         " dashes and underscores that ends in .csv or .parquet; an alias"),
        ("report=model_export:v9", "report must be a name of at most 128 letters"),
        ("artifact_root=a/b", "artifact_root must be the beginning of names"),
        ("format=xml", "format must be csv or parquet, got 'xml'"),
        ("report=a.csv", "report: the artifact a.csv is made by artifact_name already"),
        ("report=data_test.csv", "artifact_root: the artifact data_test.csv is made by report"),
    ],
)  # fmt: skip
def test_a_name_that_is_refused(
    formed: str, word: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        arguments.parse(formed, ["--table=t.csv", f"--{word}"])
    assert caught.value.code == 2
    line = capsys.readouterr().err
    assert line.startswith(f"error: demo: {said}")
    assert line.count("\n") == 1


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


def test_settings(tmp_path: Path) -> None:
    path = yaml_text(tmp_path, b"{max_leak: 1e-1, key: [a]}")
    assert arguments.settings(Audit, "audit", path) == Audit(max_leak=0.1, key=["a"])
    assert arguments.settings(Audit, "audit", None) == Audit()
    with pytest.raises(InputError, match=r"^model_config\.target is missing; give it a value$"):
        arguments.settings(ModelConfig, "model_config", None)


MISTAKES: list[tuple[type, str, str]] = [
    (Audit, "max_leek: 0.1", "unknown key audit.max_leek: did you mean 'max_leak'? choose from: "),
    (
        Audit,
        "max_leak: '0.1'",
        "audit.max_leak must be a number, at least 0 and at most 1, or null",
    ),
    (
        Audit,
        "max_leak: true",
        "audit.max_leak must be a number, at least 0 and at most 1, or null, ",
    ),
    (
        Audit,
        "max_leak: .nan",
        "audit.max_leak must be a number, at least 0 and at most 1, or null, ",
    ),
    (Audit, "leaks: null", "audit.leaks must be true or false, got null"),
    (Audit, "key: a", "audit.key must be a list, got 'a'"),
    (Audit, "key: {a: 1}", "audit.key must be a list, got {'a': 1}"),
    (Audit, "key: [a, 2]", "audit.key[1] must be text, got 2; put it in quotes"),
    (
        Audit,
        "val_size: 1",
        "audit.val_size must be a number, greater than 0 and less than 1, or nu",
    ),
    (Audit, "", "audit must be a mapping, got null"),
    (Audit, "[a]", "audit must be a mapping, got ['a']"),
    (Audit, "max_leak", "audit must be a mapping, got 'max_leak'"),
    (
        Audit,
        "1: 2",
        "unknown key audit.1: choose from: leaks, max_leak, target, task, features, key, time, "
        "val_size",
    ),
    (Audit, "{leaks: true, leaks: false}", "found duplicate key leaks"),
    (Audit, "leaks: [", "while parsing a flow node"),
    (Audit, "leaks: !!python/name:os.system", "could not determine a constructor"),
    (Preprocess, "drop_duplicate: false", "unknown key audit.drop_duplicate: did you mean 'drop_d"),
    (Preprocess, "text: {name: a}", "audit.text.columns is missing; give it a value"),
    (
        Checks,
        "columns: {e: {type: number, maximum: 1}}",
        "unknown key audit.columns.e.maximum: did",
    ),
    (Checks, "columns: {e: {}}", "audit.columns.e.type is missing; give it a value"),
    (
        Checks,
        "columns: {e: {type: numbr}}",
        "audit.columns.e.type must be one of number, integer, ",
    ),
    (
        Checks,
        "columns: {1: {type: any}}",
        "audit.columns has the key 1, not text; put it in quotes",
    ),
    (
        Checks,
        "columns: {yes: {type: any}}",
        "audit.columns has the key true, not text; put it in q",
    ),
    (Checks, "min_rows: 0.5", "audit.min_rows must be a whole number, at least 1, got 0.5"),
    (
        EvaluateConfig,
        "gate: {overal: {auc: 0.9}}",
        "unknown key audit.gate.overal: did you mean 'o",
    ),
    (
        EvaluateConfig,
        "gate: {champion: a}",
        "audit.gate.champion must be NAME:ALIAS with an alias ",
    ),
    (
        EvaluateConfig,
        "judging: {resamples: true}",
        "audit.judging.resamples must be a whole number",
    ),
    (ModelConfig, "{target: t, features: {}}", "audit.model is missing; give it a value"),
    (
        ModelConfig,
        "model: {text: {input: filename}}",
        "unknown key audit.model.text.input: ",
    ),
    (ModelConfig, "split: {gap: -1}", "audit.split.gap must be a number, at least 0, got -1"),
]


@pytest.mark.parametrize(("kind", "text", "line"), MISTAKES)
def test_a_mistake_in_a_file(tmp_path: Path, kind: type, text: str, line: str) -> None:
    path = yaml_text(tmp_path, text.encode())
    with pytest.raises(InputError) as caught:
        arguments.settings(kind, "audit", path)
    assert str(caught.value).startswith(f"{path}: {line}")
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (str(tmp_path / "none.yaml"), yaml_text(tmp_path, "a: ü".encode("latin-1"))):
        with pytest.raises(InputError, match=r"give a YAML file$"):
            arguments.settings(Audit, "audit", path)


def test_columns(tmp_path: Path) -> None:
    assert arguments.columns("group_by", None) == []
    assert arguments.columns("group_by", "a, b") == ["a", "b"]
    assert arguments.columns("group_by", yaml_text(tmp_path, b"[a, b]")) == ["a", "b"]
    path = yaml_text(tmp_path, b"[a, 1]")
    with pytest.raises(InputError) as caught:
        arguments.columns("group_by", path)
    assert str(caught.value) == f"{path}: group_by[1] must be text, got 1; put it in quotes"
