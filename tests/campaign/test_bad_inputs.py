"""Mistakes by the hundred: each is refused in one line that says so, and is no fault of ours."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir

from get_data import fetch
from pipeline.config import loader, mlproject, root_config, schema, steps
from pipeline.config.overrides import from_argv
from pipeline.models import export
from pipeline.screen import mistakes
from pipeline.step import arguments
from pipeline.store.artifacts import Store
from pipeline.tables import table_files
from pipeline.wandb_mode import mode
from tests.conftest import ROOT, SAMPLE, STEPS
from tests.models.test_export import fitted, made_up

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.filterwarnings("ignore:.*type hint is inferred as AnyType:UserWarning"),
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:DeprecationWarning"),
]


def refused(work: Callable[[], object], record: Callable[[str, object], None]) -> str:
    """Do what is to be refused; return the line that a person sees."""
    record("bad inputs", 1)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - it is looked at below
        work()
    error = caught.value
    line = mistakes.last_line(error)
    assert "fault of the pipeline" not in line
    assert line.isprintable()
    assert len(line) > len("error: ") + 10
    return line


def leaves(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, object]]:
    """Yield the keys that a config may hold, with their defaults."""
    for name, value in node.items():
        key = f"{path}.{name}" if path else name
        yield key, value
        if isinstance(value, dict):
            yield from leaves(value, key)


KEYS = dict(leaves(loader.defaults(schema.Config)))


def nested(key: str, value: object) -> Any:
    """Return {a: {b: value}} of a.b."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_is_mistyped(key: str, record_property: Callable[[str, object], None]) -> None:
    parent, _, name = key.rpartition(".")
    wrong = f"{parent}.{name[:-1]}q" if parent else f"{name[:-1]}q"
    line = refused(lambda: loader.check_part(schema.Config, nested(wrong, 1), ""), record_property)
    assert f"unknown key {wrong}" in line
    assert "choose from" in line


FREE = ("model.estimator", "model.text")  # of any kind


@pytest.mark.parametrize("key", [key for key in KEYS if key not in FREE])
def test_a_value_of_another_kind(key: str, record_property: Callable[[str, object], None]) -> None:
    value: object = [[1]] if isinstance(KEYS[key], dict) else {"such": {"deep": [1]}}
    line = refused(
        lambda: loader.check_part(schema.Config, nested(key, value), ""), record_property
    )
    assert key in line


@pytest.fixture(scope="module")
def composed() -> Iterator[Callable[..., schema.Config]]:
    """What makes a checked config of the words of a command."""

    def checked(*words: str) -> schema.Config:
        root_config.register(ROOT)
        with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
            return schema.checked(compose("config", from_argv(list(words))), ROOT)

    return checked


# What was typed, and what the answer holds: what to type instead, if that can be told.
TYPED: list[tuple[str, str]] = [
    ("+data.tset_size=0.2", "did you mean 'test_size'?"),
    ("++data.tset_size=0.2", "did you mean 'test_size'?"),
    ("~data.tset_size", "did you mean 'test_size'?"),
    ("~main.step", "did you mean 'steps'?"),
    ("~gate.margn", "did you mean 'margin'?"),
    ("~tracking", "tracking is missing"),
    ("~steps.segregat", "did you mean 'segregate'?"),
    ("~nothing.at.all", "there is no such key"),
    ("main.force=[segregat]", "did you mean 'segregate'?"),
    ("main.force=[segregate,evaluat]", "did you mean 'evaluate'?"),
    ("main.force=segregate", "must be a list"),
    ("verify", "did you mean main.action=verify?"),
    ("verfy", "did you mean main.action=verify?"),
    ("plan", "did you mean main.action=plan?"),
    ("clean", "did you mean main.action=clean?"),
    ("set_referenc", "did you mean main.action=set_reference?"),
    ("segregate", "did you mean main.steps=segregate?"),
    ("all", "did you mean main.steps=all?"),
    ("xyzzy", "give key=value"),
    ("", "give key=value"),
    (".", "give key=value"),
    ("=3", "leave it out"),
    ("=", "leave it out"),
    ("experiment=null", "leave it out"),
    ("data=null", "leave it out"),
    ("model=null", "leave it out"),
    ("model=5", "one of its files"),
    ("data=true", "one of its files"),
    ("experiment=quik", "did you mean 'quick'?"),
    ("experiment=", "choose from: quick"),
    ("+experiment=quick", "experiment=..., without a +"),
    ("data=song", "did you mean 'songs'?"),
    ("model=random_forrest", "did you mean 'random_forest'?"),
    ("model=../secret", "choose from"),
    ("segregate=group", "did you mean data/segregate=...?"),
    ("segregat=group", "did you mean data/segregate=...?"),
    ("data/segregat=group", "did you mean data/segregate=...?"),
    ("data/segregate=grp", "did you mean 'group'?"),
    ("data.segregate=group", "must be a mapping"),
    ("data@x=songs", "did you mean data=...?"),
    ("--steps=segregate", "write main.steps=segregate"),
    ("--data.test_size=0.2", "write data.test_size=0.2"),
    ("data.target=a=b", "type \"data.target='a=b'\""),
    ("data.target=[a", "type \"data.target='[a'\""),
    ("data.target={a", "type \"data.target='{a'\""),
    ("data.target='it", "type \"data.target='it'\""),
    ("data.target=a,b", "a text, \"data.target='a,b'\""),
    ("main.random_seed=1,2", "-m main.random_seed=..."),
    ("data..x=1", "names no key"),
    ("data.=1", "names no key"),
    ("main=5", "one of its files"),
    ("+main=text", "leave out the +"),
    ("main.random_seed=abc", "must be a whole number"),
    ("main.random_seed='1'", "leave out the quotes"),
    ("main.random_seed=-1", "at least 0"),
    ("main.random_seed=1e99", "must be a whole number"),
    ("main.report=no", "must be true or false"),
    ("main.report=yes", "must be true or false"),
    ("main.action=verfy", "did you mean 'verify'?"),
    ("main.env_manager=docker", "one of auto, local, uv"),
    ("main.steps=segregat", "did you mean 'segregate'?"),
    ("main.steps=evaluate:segregate", "segregate:evaluate"),
    ("main.steps=a:b:c", "unknown step"),
    ("main.steps=","main.steps is empty"),
    ("main.steps=,", "main.steps is empty"),
    ("main.steps=[]", "main.steps is empty"),
    ("main.steps=5", "unknown step '5'"),
    ("main.project_name=${nope}", "correct the name"),
    ("main.project_name=${oc.env:NO_SUCH_VARIABLE}", "export NO_SUCH_VARIABLE=..."),
    ("main.project_name=${nosuch:1}", "nosuch"),
    ("main.project_name=${main.project_name}", "main.project_name"),
    ("main.project_name=5", "put it in quotes"),
    ("hydra.rn.dir=x", "did you mean 'run'?"),
    ("tracking.timeout=0", "at least 1"),
    ("tracking.timeout=1.5", "must be a whole number"),
    ("tracking.wandb=on", "one of"),
    ("data.test_size=1", "less than 1"),
    ("data.test_size=nan", "must be a number"),
    ("data.test_size=.inf", "must be a number"),
    ("data.test_size=0,5", "may be a list"),
    ("data.test_size=30%", "must be a number"),
    ("data.format=xlsx", "one of csv, parquet"),
    ("data.target=tempo", "the model would be told the answer"),
    ("gate.metric=acuracy", "did you mean 'accuracy'?"),
    ("gate.champion=model_export:v3", "an alias that stays"),
    ("gate.overall.acu=0.5", "did you mean 'auc'?"),
    ("judging.resamples=10", "at least 100"),
    ("steps.segregat.test_size=0.1", "did you mean 'segregate'?"),
    ("steps.segregate.tset_size=0.1", "did you mean 'test_size'?"),
    ("steps.segregate.audit.max_leek=0.1", "did you mean 'max_leak'?"),
    ("steps.get_data=null", "must be a mapping"),
    ("steps=segregate", "to choose steps write main.steps=..."),
    ("modle.estimator=x", "did you mean 'model'?"),
    ("model.estimator=5", "must be a mapping"),
    ("data.checks.columns.energy.mni=1", "did you mean 'min'?"),
    ("data.checks.columns.new.min=1", "data.checks.columns.new.type is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("word", "answer"), TYPED)
def test_a_mistake_that_is_typed(
    composed: Callable[..., schema.Config],
    word: str,
    answer: str,
    record_property: Callable[[str, object], None],
) -> None:
    def run() -> None:
        config = composed(word)
        steps.select(config.main.steps, config.steps)

    assert answer in refused(run, record_property)


@pytest.mark.parametrize(
    "options",
    ["-m data.x=1", "segregate", "data.x='open", "--cfg job", "data.x", '"', "a b=c", "-x"],
)
def test_hydra_options(options: str, record_property: Callable[[str, object], None]) -> None:
    words = ["--steps=", f"--hydra-options={options}"]
    assert "hydra_options" in refused(lambda: from_argv(words), record_property)


TEXTS = {
    "nothing that is YAML": "a: [1",
    "a tab": "a:\n\t- 1",
    "a key twice": "a: 1\na: 2",
    "a number": "5",
    "a list": "- a\n- b: {c: 1}",
    "a text": "just words",
    "an unknown key": "no_such_key: 1",
    "a tag": "!!python/object/apply:os.system ['true']",
    "an alias that is none": "a: *b",
    "another encoding": b"caf\xe9: 1",
    "controls": b"a: \x00\x01",
    "two documents": "a: 1\n---\nb: 2",
    "a key that is no text": "5: x",
}


@pytest.mark.parametrize("kind", [name for name in steps.SCHEMAS if name != "columns"])
@pytest.mark.parametrize("content", TEXTS)
def test_the_yaml_file_of_a_step(
    tmp_path: Path, kind: str, content: str, record_property: Callable[[str, object], None]
) -> None:
    file, text = tmp_path / "config.yaml", TEXTS[content]
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    schema_of = steps.SCHEMAS[kind]
    line = refused(lambda: arguments.settings(schema_of, "config", str(file)), record_property)
    assert "config.yaml" in line


@pytest.mark.parametrize("content", TEXTS)
def test_a_config_file(
    tmp_path: Path, content: str, record_property: Callable[[str, object], None]
) -> None:
    for name in ("conf", *STEPS):
        ignored = shutil.ignore_patterns("*.py", "mlruns", "__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored, symlinks=True)
    text = TEXTS[content]
    (tmp_path / "config.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())

    def run() -> None:
        root_config.register(tmp_path)
        with initialize_config_dir(str(tmp_path / "conf"), version_base="1.3"):
            schema.checked(compose("config"), tmp_path)

    refused(run, record_property)
    root_config.register(ROOT)


@pytest.mark.parametrize("content", TEXTS)
def test_the_mlproject_of_a_step(
    tmp_path: Path, content: str, record_property: Callable[[str, object], None]
) -> None:
    file, text = tmp_path / "MLproject", TEXTS[content]
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert "MLproject" in refused(lambda: mlproject.entry_point(file), record_property)


@pytest.mark.parametrize(
    "words",
    [["--test_size=abc"], ["--tset_size=1"], ["--random_state=1.5"], ["positional"], ["-x"],
     ["--test_size"], ["--random_state=null"], ["--test_size=0,3"]],
)  # fmt: skip
def test_the_arguments_of_a_step(
    words: list[str],
    capsys: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("bad inputs", 1)
    given = ["--artifact_root=data", "--artifact_type=t", *words]
    with pytest.raises(SystemExit) as caught:
        arguments.parse(str(ROOT / "segregate" / "run.py"), given)
    assert caught.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


REFERENCES = [
    "", ":", "a:", ":v1", "../x:v1", "/abs:latest", "a/b:v1", "a:b:c", "a b:v1", "a\n:v1", "a:v-1",
    "nothing", "nothing:v0", "nothing:latest", "there:v7", "there:prod", "ther", "there:v01",
    "there:V0", ".:v0", "..:v0", "there:../x", "there:\u202e", "x" * 300,
]  # fmt: skip


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_reference(
    tmp_path: Path, reference: str, record_property: Callable[[str, object], None]
) -> None:
    store = Store(tmp_path / "store")
    (tmp_path / "file").write_text("x")
    store.put("there", tmp_path / "file", "text")
    refused(lambda: store.get(reference), record_property)


PLACES = ["ftp://host/a.csv", "nope.csv", "/nope/a.csv", "a.xlsx", "", ".", "sklearn:nope",
          "sklearn:", "file:///nope.csv", "http://[bad/a.csv", "http:///a.csv", "a\nb.csv",
          "s3://", "~nobody/a.csv", "x" * 5000 + ".csv", "assets", "assets/", "jdbc:x://h/a.csv",
          "a.csv.gz.zip", "http://host:99999/a.csv", "memory://x/a.csv"]  # fmt: skip


@pytest.mark.parametrize("url", PLACES)
def test_an_address(
    tmp_path: Path, url: str, record_property: Callable[[str, object], None]
) -> None:
    refused(lambda: fetch.fetch(url, tmp_path, tmp_path), record_property)
    assert list(tmp_path.iterdir()) == []


PARQUET = (ROOT / SAMPLE).read_bytes()
TABLES: dict[str, bytes] = {
    "cut.parquet": PARQUET[:1000],
    "no_end.parquet": PARQUET[:-8],
    "no_begin.parquet": PARQUET[100:],
    "no_footer.parquet": PARQUET[:-2000] + b"\0" * 2000,
    "text.parquet": b"a,b\n1,2\n",
    "empty.parquet": b"",
    "empty.csv": b"",
    "blank.csv": b"\n\n\n",
    "head.csv": b"a,b\n",
    "page.csv": b"<!DOCTYPE html><html>",
    "page2.csv": b"  <html>",
    "ragged.csv": b"a,b\n1,2,3\n",
    "short.csv": b"a,b\n1\n",
    "twice.csv": b"a,a\n1,2\n",
    "quote.csv": b'a,b\n"1,2\n',
    "odd.csv": "a,b\n1,2\n".encode("utf-16")[:-1],
    "cut.zip": b"PK\x03\x04rest",
    "none.zip": b"PK\x05\x06" + b"\0" * 18,
    "cut.csv.zst": b"\x28\xb5\x2f\xfd\x04rest",
    "cut.json": b'[{"a": 1}, {"a"',
    "number.json": b"3",
    "cut.jsonl": b'{"a": 1}\n{"a": ',
    "latin.jsonl": b'{"a": "caf\xe9"}\n',
    "text.feather": b"a,b\n1,2\n",
    "text.xlsx": b"a,b\n1,2\n",
    "cut.csv.gz": b"\x1f\x8b\x08\x00rest",
    "no.csv.gz": b"a,b\n1,2\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table(tmp_path: Path, name: str, record_property: Callable[[str, object], None]) -> None:
    path = tmp_path / name
    path.write_bytes(TABLES[name])
    assert name in refused(lambda: table_files.read_foreign(path, name), record_property)


MODEL_FILES = ["MLmodel", "model.skops"]
DAMAGES: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "words": lambda path: path.write_text("just words"),
    "zeros": lambda path: path.write_bytes(b"\0" * 500),
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as training exports it."""
    folder = tmp_path_factory.mktemp("model") / "export"
    export.export(fitted(), folder, made_up(), "kind")
    return folder


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", MODEL_FILES)
def test_a_model(
    exported: Path,
    tmp_path: Path,
    file: str,
    damage: str,
    record_property: Callable[[str, object], None],
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(exported, folder)
    DAMAGES[damage](folder / file)

    def load() -> None:
        export.load(folder)
        export.target_of(folder)

    refused(load, record_property)


@pytest.mark.parametrize("asked", ["on", "", "Online", "true", "offlin"])
def test_a_mode_of_wandb(
    asked: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    refused(lambda: mode(asked, {}, tmp_path), record_property)


OWN_STEPS = {
    "no folder": ("lost", {"after": "get_data"}),
    "no after": ("own", {}),
    "after nothing": ("own", {"after": "get_dat"}),
    "after itself": ("own", {"after": "own"}),
    "another's name": ("evaluate", {"after": "get_data"}),
    "an unknown key": ("own", {"after": "get_data", "parameter": {}}),
    "read by an earlier one": ("own", {"after": "segregate", "read_by": {"get_data": {}}}),
    "read by nobody": ("own", {"after": "get_data", "read_by": {"nobody": {}}}),
    "an unknown parameter": ("own", {"after": "get_data", "read_by": {"preprocess": {"x": 1}}}),
    "a text": ("own", "just words"),
}


@pytest.mark.parametrize("mistake", OWN_STEPS)
def test_the_file_of_a_step_of_ones_own(
    tmp_path: Path, mistake: str, record_property: Callable[[str, object], None]
) -> None:
    name, content = OWN_STEPS[mistake]
    for folder in ("own", "evaluate"):
        (tmp_path / folder).mkdir()
        shutil.copy(ROOT / "evaluate" / "MLproject", tmp_path / folder)
    shutil.copy(ROOT / "config.yaml", tmp_path)
    (tmp_path / "conf" / "step").mkdir(parents=True)
    (tmp_path / "conf" / "step" / f"{name}.yaml").write_text(yaml.safe_dump(content))
    refused(lambda: root_config.load(tmp_path), record_property)
