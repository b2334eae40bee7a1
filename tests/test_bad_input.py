"""Bad input, each step as a process: one clear line, status not 0, nothing half-written."""

import http.server
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from pipeline.store.artifacts import Store
from pipeline.store.drafts import Provenance
from pipeline.store.versions import InputOf
from pipeline.tables import table_files
from pipeline.tracking.record import read_record
from tests.conftest import SAMPLE, Done, Project, handed, unrecorded
from tests.servers import QuietHandler, serving

PAGES = {
    "/missing.parquet": (404, b"no such file"),
    "/page.parquet": (200, b"<!DOCTYPE html><html><body>Please log in</body></html>"),
    "/page.csv": (200, b"\n <html><body>Please log in</body></html>"),
    "/empty.csv": (200, b""),
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A web server on this machine with the pages above."""

    class Handler(QuietHandler, http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = PAGES[self.path]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as address:
        yield address


def first(*cases: tuple[object, ...], by_default: int = 1) -> list[object]:
    """Return cases of which only the first are tried by default: each takes a process."""
    slow = (pytest.param(*case, marks=pytest.mark.slow) for case in cases[by_default:])
    return [*cases[:by_default], *slow]


class Bench:
    """Runs one step as a process on a store of its own, as main.py would."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project, self.folder = project, folder
        self.store = Store(str(folder / "store"))
        self.context = unrecorded(folder / "store", folder / "record")

    def step(self, step: str, **parameters: object) -> Done:
        words = [f"--{name}={value}" for name, value in parameters.items()]
        return self.project.run("python", f"{step}/run.py", *words, **handed(self.context))

    def put(self, name: str, table: pa.Table, made_from: str | None = None) -> None:
        path = self.folder / name
        metadata = table_files.write(table, path)
        sources = [self.store.get(made_from)] if made_from else []
        inputs = tuple(InputOf(name=v.name, version=v.version, digest=v.digest) for v in sources)
        self.store.put(name, path, "table", metadata=metadata, provenance=Provenance(inputs=inputs))

    def yaml(self, content: object) -> Path:
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump(content))
        return path


@pytest.fixture
def bench(project: Project, tmp_path: Path) -> Bench:
    return Bench(project, tmp_path)


def refused(bench: Bench, done: Done, *words: str) -> None:
    """It failed with one line that holds the words, no traceback, and nothing was written."""
    before = set(bench.store.names())
    assert done.status == 1, done.out + done.err
    assert "Traceback" not in done.out + done.err
    errors = [line for line in done.out.splitlines() if " ERROR " in line]
    assert len(errors) == 1, done.out + done.err
    for word in words:
        assert word in errors[0]
    assert set(bench.store.names()) == before - {"out.parquet", "data_train.csv", "model_export"}


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("/missing.parquet", ["404", "check the address"]),
        ("/page.parquet", ["HTML page"]),
        ("/page.csv", ["HTML page"]),
        ("/empty.csv", ["empty"]),
    ],
)
def test_what_a_server_gives(bench: Bench, server: str, page: str, words: list[str]) -> None:
    done = bench.step("get_data", file_url=server + page, artifact_name="out.parquet")
    refused(bench, done, server + page, *words)


@pytest.mark.slow
def test_a_server_that_is_not_there(bench: Bench) -> None:
    url = "http://127.0.0.1:1/table.csv"
    done = bench.step("get_data", file_url=url, artifact_name="out.parquet")
    refused(bench, done, url, "network")


def test_missing_file(bench: Bench) -> None:
    done = bench.step("get_data", file_url="assets/nope.csv", artifact_name="out.parquet")
    refused(bench, done, "assets/nope.csv", "No such file", "give an existing file")


def test_an_output_name_that_is_the_path_of_the_source(bench: Bench) -> None:
    source = bench.folder / "mine.parquet"
    source.write_bytes((bench.project.root / SAMPLE).read_bytes())
    done = bench.step("get_data", file_url=source, artifact_name=bench.folder / "out.parquet")
    assert done.status == 2
    assert done.err.startswith("error: get_data: artifact_name must be a name of at most 128")
    assert len(done.err.splitlines()) == 1
    assert source.read_bytes() == (bench.project.root / SAMPLE).read_bytes()
    assert bench.store.names() == []


def test_an_output_called_as_the_file_that_is_fetched(bench: Bench) -> None:
    done = bench.step("get_data", file_url=SAMPLE, artifact_name=Path(SAMPLE).name)
    assert done.status == 0, done.out + done.err
    assert bench.store.get(Path(SAMPLE).name).metadata["rows"] > 1000


def test_truncated_parquet(bench: Bench) -> None:
    whole = (bench.project.root / SAMPLE).read_bytes()
    path = bench.folder / "cut.parquet"
    path.write_bytes(whole[: len(whole) // 2])
    done = bench.step("get_data", file_url=path, artifact_name="out.parquet")
    refused(bench, done, "cut.parquet")


def test_wrong_digest(bench: Bench) -> None:
    done = bench.step("get_data", file_url=SAMPLE, artifact_name="out.parquet", sha256="ab" * 32)
    refused(bench, done, "sha256", "ab" * 32, "data.sha256")


def test_empty_table(bench: Bench) -> None:
    path = bench.folder / "empty.parquet"
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    done = bench.step("get_data", file_url=path, artifact_name="out.parquet")
    refused(bench, done, "no rows")


def test_missing_column(bench: Bench) -> None:
    bench.put("raw.csv", pa.table({"a": ["x", "y"]}))
    config = bench.yaml({"text": {"name": "text", "columns": ["a", "title"]}})
    done = bench.step(
        "preprocess", input_artifact="raw.csv", artifact_name="out.parquet", config=config
    )
    refused(bench, done, "'title'", "it has a")


CHECKS = {
    "columns": {
        "n": {"type": "number", "max_missing": 0.5},
        "c": {"type": "any", "allowed": ["x", "y"]},
    }
}


@pytest.mark.parametrize(
    ("table", "words"),
    first(
        ({"n": ["1", "2"], "c": ["x", "y"]}, ["type n: expected number, seen string"]),
        ({"n": [None, None], "c": ["x", "y"]}, ["missing n: expected at most 50.00%"]),
        ({"n": [1.0, 2.0], "c": ["x", "z"]}, ["values c", "'z' in 1 rows"]),
        ({"n": [1.0, 2.0]}, ["column c: expected present, seen absent"]),
    ),
)
def test_checks_stop_a_bad_table(bench: Bench, table: dict[str, list], words: list[str]) -> None:
    bench.put("sample.parquet", pa.table(table))
    done = bench.step("check_data", sample_artifact="sample.parquet", config=bench.yaml(CHECKS))
    assert done.status == 0, done.err  # the step has done its work; main.py ends with status 1
    record = read_record(bench.folder / "record")
    assert record
    assert record.outcome == "refused"
    for word in ("checks failed", *words):
        assert word in str(record.refused)
    assert (bench.folder / "record" / "checks.md").exists()  # every finding is kept


@pytest.mark.slow
def test_what_check_data_refused_is_not_used(bench: Bench) -> None:
    """Neither the table nor what is made from it, until somebody says why, or it passes."""
    bench.put("raw.parquet", pa.table({"n": list(range(40)), "c": ["a", "b"] * 20}))
    check = {"sample_artifact": "raw.parquet", "artifact_name": "checks.json"}
    divide = {"input_artifact": "raw.parquet", "method": "random", "format": "parquet"}
    unchecked = bench.step("segregate", **divide)
    assert unchecked.status == 0
    assert "raw.parquet:v0 was never checked" in unchecked.out

    bench.step("check_data", **check, config=bench.yaml({"min_rows": 41}))
    words = ("check_data refused raw.parquet:v0: 1 of ", "data.checks.override=REASON")
    refused(bench, bench.step("segregate", **divide), *words)
    bench.put("data_train.parquet", pa.table({"n": [1]}), made_from="raw.parquet")
    forest = {"estimator": {"_target_": "sklearn.ensemble.RandomForestClassifier"}}
    model = bench.yaml({"target": "c", "features": {"numeric": ["n"]}, "model": forest})
    train = {"train_data": "data_train.parquet:latest", "model_config": model}
    refused(bench, bench.step("train_random_forest", **train), *words)

    told = bench.step("segregate", **divide, checks_override="they are few")
    assert told.status == 0, told.err
    assert read_record(bench.folder / "record").notes == [  # type: ignore[union-attr]
        "raw.parquet:v0 is used although check_data refused it (1 of 2 checks failed (rows: "
        "expected at least 41, seen 40)): they are few"
    ]
    mended = bench.step("check_data", **check, config=bench.yaml({"min_rows": 40}))
    assert mended.status == 0
    assert bench.step("segregate", **divide).status == 0


def test_reference_that_is_the_sample(bench: Bench) -> None:
    bench.put("sample.parquet", pa.table({"n": [1.0, 2.0]}))
    done = bench.step(
        "check_data", sample_artifact="sample.parquet", reference_artifact="sample.parquet:v0"
    )
    assert done.status == 0, done.err
    assert "the table is sample.parquet:v0 itself: no comparison" in done.out


CLASSES = pa.table({"x": [1.0, 2.0, 3.0, 4.0, 5.0], "c": ["a", "a", "b", "b", "lonely"]})


@pytest.mark.parametrize(
    ("parameters", "words"),
    first(
        ({"stratify": "c"}, ["lonely (1 row)"]),
        ({"stratify": "genre"}, ["no column 'genre'", "it has x, c"]),
        ({"test_size": 0}, ["test_size", "got 0.0"]),
        ({"test_size": 1}, ["test_size", "got 1.0"]),
        ({"test_size": 1.5}, ["test_size", "got 1.5"]),
        ({"input_artifact": "tabel.csv"}, ["no artifact tabel.csv", "did you mean 'table.csv'"]),
        ({"input_artifact": "table.csv:v7"}, ["has no v7", "its versions: v0"]),
        ({"input_artifact": "table.csv:prod"}, ["has no prod", "its aliases: latest"]),
        by_default=3,
    ),
)
def test_segregate(bench: Bench, parameters: dict[str, object], words: list[str]) -> None:
    bench.put("table.csv", CLASSES)
    refused(
        bench, bench.step("segregate", **({"input_artifact": "table.csv"} | parameters)), *words
    )


def test_a_word_where_a_number_belongs(bench: Bench) -> None:
    done = bench.step("segregate", input_artifact="table.csv", test_size="abc")
    assert done.status == 2
    assert "test_size" in done.err
    assert "'abc'" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.slow
def test_a_name_that_is_a_path(bench: Bench) -> None:
    done = bench.step("segregate", input_artifact="../table.csv")
    assert done.status == 2
    assert "input_artifact must be NAME:ALIAS or NAME:vN" in done.err
    assert done.err.endswith("got '../table.csv'\n")
    assert len(done.err.splitlines()) == 1


def test_an_unknown_argument(bench: Bench) -> None:
    done = bench.step("segregate", input_artifact="table.csv", tset_size=0.3)
    assert done.status == 2
    assert "--tset_size" in done.err
    assert "--test_size" in done.err


@pytest.mark.parametrize(
    ("table", "words"),
    first(
        ({"x": [1.0] * 8, "c": ["a"] * 8}, ["'c'", "'a'", "two classes"]),
        ({"x": [1.0] * 8}, ["target column 'c'"]),
        ({"x": ["one"] * 8, "c": ["a", "b"] * 4}, ["'x'", "not a number"]),
        ({"x": pa.nulls(8, pa.float64()), "c": ["a", "b"] * 4}, ["'x'", "missing in all"]),
    ),
)
def test_training_rows(bench: Bench, table: dict[str, list], words: list[str]) -> None:
    bench.put("train.parquet", pa.table(table))
    model = {"estimator": {"_target_": "sklearn.tree.DecisionTreeClassifier"}}
    how = {"method": "stratified", "group_by": [], "time_column": None, "gap": 0.0}
    content = {"target": "c", "features": {"numeric": ["x"]}, "text": None}
    content |= {"model": model, "split": how}
    config = bench.yaml(content)
    done = bench.step("train_random_forest", train_data="train.parquet", model_config=config)
    refused(bench, done, *words)


def test_a_split_that_leaks_more_than_is_allowed(bench: Bench) -> None:
    bench.put("in.csv", pa.table({"x": [1, 2] * 10, "c": ["a", "b"] * 10}))
    audit = bench.yaml({"key": ["x"], "max_leak": 0.5, "val_size": None})
    done = bench.step("segregate", input_artifact="in.csv", stratify="c", audit=audit)
    refused(bench, done, "100.0% of the test rows equal a train row", "max_leak=0.5", "group")


@pytest.mark.parametrize(
    ("step", "parameter", "content", "line"),
    [
        (
            "preprocess",
            "config",
            {"drop_duplicate": False},
            "unknown key config.drop_duplicate: did",
        ),
        (
            "check_data",
            "config",
            {"columns": {"x": {"type": "any", "maximum": 1}}},
            "unknown key con",
        ),
        (
            "segregate",
            "audit",
            {"max_leek": 0.1},
            "unknown key audit.max_leek: did you mean 'max_le",
        ),
        (
            "train_random_forest",
            "model_config",
            {"target": "c"},
            "model_config.features is missing",
        ),
        (
            "evaluate",
            "config",
            {"gate": {"margin": "1"}},
            "config.gate.margin must be a number, at",
        ),
    ],
)
@pytest.mark.slow
def test_a_mistake_in_the_yaml_file_of_a_step(
    bench: Bench, step: str, parameter: str, content: object, line: str
) -> None:
    inputs = {"check_data": "sample_artifact", "train_random_forest": "train_data"}
    words = {inputs.get(step, "input_artifact"): "table.csv"}
    if step == "evaluate":
        words = {"model_export": "model_export", "test_data": "table.csv"}
    file = bench.yaml(content)
    refused(bench, bench.step(step, **words, **{parameter: file}), f"{file}: {line}")


def test_unwritable_store(bench: Bench) -> None:
    blocked = bench.folder / "a file"
    blocked.write_text("in the way of the store")
    bench.context = replace(bench.context, artifact_store=str(blocked / "store"))
    done = bench.step("get_data", file_url=SAMPLE, artifact_name="out.parquet")
    refused(bench, done, str(blocked))


@pytest.mark.parametrize(
    ("override", "words"),
    first(
        ("main.steps=segregat", ["unknown step 'segregat'", "did you mean 'segregate'"]),
        ("main.steps=evaluate:segregate", ["runs backwards"]),
        ("data.tset_size=0.2", ["data.tset_size", "did you mean 'test_size'"]),
        ("data.test_size=1.5", ["data.test_size", "less than 1", "1.5"]),
        ("data.test_size=0", ["data.test_size", "greater than 0"]),
        ("data.test_size=abc", ["data.test_size", "'abc'"]),
        ("data=song", ["data=song", "did you mean 'songs'"]),
        ("data.target=tempo", ["data.features", "'tempo'"]),
        (
            "model.estimator.max_features=auto",
            ["model.estimator.max_features='auto' was removed: use 'sqrt', 'log2' or a number"],
        ),
        ("model.estimator._target_=os.system", ["os.system is not in model.allowed"]),
        by_default=3,
    ),
)
def test_config(project: Project, override: str, words: list[str]) -> None:
    done = project.run("python", "main.py", override)
    assert done.status == 1
    lines = (done.out + done.err).splitlines()
    assert len(lines) == 1, done.out + done.err
    assert lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0]
