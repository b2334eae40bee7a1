"""Which steps run again after a change, and what is said of them: decided over a store as made.

The steps' own work is left out (tests/executions.py); tests/test_cache.py runs whole pipelines.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from omegaconf import OmegaConf

from pipeline.cache import unchanged
from pipeline.cache.decision import Decision
from pipeline.errors import InputError
from pipeline.tracking.record import Record, artifact_facts
from tests import executions
from tests.conftest import SAMPLE, STEPS, copy_project
from tests.executions import Pipeline

TABLE = "data.file_url=data/songs.parquet"  # not in git
HITS = dict.fromkeys(STEPS, "hit: same as run X")
BEHIND = {"train_random_forest": "input data_train.csv is made anew",
          "evaluate": "input model_export is made anew"}  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A copy of the repository in which everything has run once."""
    folder = tmp_path_factory.mktemp("cache")
    root = copy_project(folder / "repository").root
    (root / "data").mkdir()
    (root / SAMPLE).rename(root / "data" / "songs.parquet")
    with pytest.MonkeyPatch.context() as patch:
        (folder / "empty").mkdir()
        made = Pipeline(root, folder / "empty")
        made = executions.at(made, patch, folder / "artifacts")
        assert made.run(TABLE) == dict.fromkeys(STEPS, "run: first time")
    return made


@pytest.fixture
def pipeline(
    finished: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pipeline]:
    """The same with a store of its own; after the test its code is again as it was, with times."""
    before = {path: (path.read_bytes(), path.stat()) for path in finished.root.rglob("*.py")}
    yield executions.at(finished, monkeypatch, tmp_path / "artifacts")
    for path, (content, status) in before.items():
        if path.read_bytes() != content:
            path.write_bytes(content)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def edit(pipeline: Pipeline, name: str, end: str = "SEEN = 1\n") -> None:
    """Append to a file, by default a statement."""
    path = pipeline.root / name
    path.write_text(path.read_text() + end)


def test_nothing_changed(pipeline: Pipeline) -> None:
    assert pipeline.plan(TABLE) == {}
    assert pipeline.run(TABLE) == HITS


@pytest.mark.parametrize("name", ["segregate/split.py", "pipeline/splits/division.py"])
def test_words_edited(pipeline: Pipeline, name: str) -> None:
    """A comment, a docstring, an empty line: none of them is what the code does."""
    path = pipeline.root / name
    text = path.read_text()
    assert text.startswith('"""')
    path.write_text('"""Other words. ' + text.removeprefix('"""') + "\n\n# a comment\n")
    assert pipeline.plan(TABLE) == {}


CARRIERS = [
    "pipeline/step/run.py",
    "pipeline/store/artifacts.py",
    "pipeline/tracking/record.py",
    "pipeline/context.py",
    "pipeline/errors.py",
    "pipeline/paths.py",
]


def test_what_only_carries_is_edited(pipeline: Pipeline) -> None:
    for name in CARRIERS:
        edit(pipeline, name)
    assert pipeline.plan(TABLE) == {}


def test_what_all_steps_use_is_edited(pipeline: Pipeline) -> None:
    edit(pipeline, "pipeline/tables/table_files.py")
    reasons = pipeline.plan(TABLE)
    assert list(reasons) == STEPS
    assert reasons["get_data"] == "pipeline/tables/table_files.py changed"


CODE = {
    "preprocess/clean.py": {
        "preprocess": "preprocess/clean.py changed",
        "check_data": "input preprocessed_data.csv is made anew",
        "segregate": "input preprocessed_data.csv is made anew",
    } | BEHIND,
    "segregate/split.py": {"segregate": "segregate/split.py changed"} | BEHIND,
    "pipeline/splits/division.py": {"segregate": "pipeline/splits/division.py changed"} | BEHIND,
    "pipeline/models/features.py": {  # a helper of train
        "train_random_forest": "pipeline/models/features.py changed",
        "evaluate": BEHIND["evaluate"],
    },
    "pipeline/judging/metrics.py": {  # a helper of a helper
        "train_random_forest": "pipeline/judging/metrics.py changed",
        "evaluate": BEHIND["evaluate"],
    },
    "evaluate/evaluate.py": {"evaluate": "evaluate/evaluate.py changed"},
}  # fmt: skip


@pytest.mark.parametrize("name", CODE)
def test_code_edited(pipeline: Pipeline, name: str) -> None:
    edit(pipeline, name)
    assert pipeline.plan(TABLE) == CODE[name]


def test_a_new_module_beside_the_step(pipeline: Pipeline) -> None:
    path = pipeline.root / "segregate" / "more.py"
    path.write_text("")
    reasons = pipeline.plan(TABLE)
    path.unlink()
    assert reasons == {"segregate": "segregate/more.py is new"} | BEHIND


@pytest.mark.slow
def test_a_parameter_changed_and_changed_back(pipeline: Pipeline) -> None:
    test, predictions = "data_test.csv:latest", "predictions.parquet:latest"
    pipeline.run(TABLE, "data.test_size=0.2")
    assert pipeline.store.get(test).version == 1
    assert pipeline.run(TABLE) == HITS
    assert pipeline.store.get(test).version == 0  # the alias came back
    assert pipeline.store.get(predictions).version == 0
    changed = pipeline.run(TABLE, "data.test_size=0.25")
    assert changed["check_data"] == HITS["check_data"]
    assert changed["segregate"] == "run: data.test_size 0.3 → 0.25"
    assert changed["train_random_forest"] == "run: input data_train.csv v0 → v2"
    assert changed["evaluate"] == ("run: input model_export v0 → v2; input data_test.csv v0 → v2")


@pytest.mark.parametrize(
    ("word", "first", "why"),
    [
        ("model.estimator.max_depth=7", "train_random_forest", "model.estimator.max_depth 13 → 7"),
        ("main.random_seed=7", "segregate", "main.random_seed 42 → 7"),
        ("main.force=[train_random_forest]", "train_random_forest",
         "forced (main.force=[train_random_forest])"),
    ],
)  # fmt: skip
def test_only_the_step_and_those_behind_it(
    pipeline: Pipeline, word: str, first: str, why: str
) -> None:
    reasons = pipeline.plan(TABLE, word)
    assert reasons[first] == why
    assert reasons["evaluate"] == "input model_export is made anew"
    assert not {"get_data", "preprocess", "check_data"} & set(reasons)


def test_cache_off(pipeline: Pipeline) -> None:
    reasons = pipeline.plan(TABLE, "main.cache=false")
    assert reasons["get_data"] == "main.cache=false"
    assert list(reasons) == STEPS


@pytest.mark.parametrize("name", ["data_test.csv", "predictions.parquet"])
@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_an_output_is_lost(pipeline: Pipeline, name: str, harm: str) -> None:
    """Only the step that made it runs: what it makes is the same, so those behind it need not."""
    maker = pipeline.store.get(f"{name}:v0").step
    _, file = pipeline.store.paths(f"{name}:v0")
    content = file.read_bytes()
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(content[:-1] + b"!")
    assert pipeline.run(TABLE) == HITS | {maker: f"run: output {name}:v0 is {harm}"}
    assert file.read_bytes() == content


def test_an_input_replaced(pipeline: Pipeline, tmp_path: Path) -> None:
    path = tmp_path / "preprocessed_data.csv"
    path.write_text("another")
    pipeline.store.put(path.name, path, "table")
    reasons = pipeline.run(TABLE, "main.steps=segregate")
    assert reasons == {"segregate": "run: input preprocessed_data.csv v0 → v1"}
    assert pipeline.plan(TABLE) == {}  # preprocess itself, in the whole, still gives the first


def test_the_raw_table_changed(pipeline: Pipeline) -> None:
    path = pipeline.root / "data" / "songs.parquet"
    content, status = path.read_bytes(), path.stat()
    pq.write_table(pq.read_table(path).slice(10), path)
    reasons = pipeline.plan(TABLE)
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert reasons["get_data"] == "data.file_url data/songs.parquet changed"
    assert list(reasons) == STEPS


def test_a_package_of_another_version(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for an upgrade: another version's metadata stands before the installed one's."""
    info = tmp_path / "packages" / "requests-99.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: requests\nVersion: 99.0\n")
    monkeypatch.syspath_prepend(info.parent)
    reasons = pipeline.plan(TABLE)
    assert re.fullmatch(r"requests [\d.]+ → 99\.0", reasons["get_data"])
    assert reasons["preprocess"] == "input raw_data.parquet is made anew"  # it does not use it


def test_a_failed_step_never_serves(pipeline: Pipeline) -> None:
    bad = ["data.test_size=0.35", "data.checks.columns.tempo.max=100"]
    for _ in range(2):
        failed = pipeline.run(TABLE, *bad, fails=["check_data"])
        assert failed["preprocess"] == HITS["preprocess"]
        assert failed["check_data"].startswith("run: data.checks.columns.tempo.max 300")
        assert "segregate" not in failed
    repaired = pipeline.run(TABLE, bad[0])
    assert repaired["check_data"] == HITS["check_data"]
    assert repaired["segregate"] == "run: data.test_size 0.3 → 0.35"


MINE = ["model.estimator={_target_: mine.estimator.Mine}", "model.allowed=[mine.estimator.Mine]",
        "model.trusted_types=[mine.estimator.Mine]"]  # fmt: skip


@pytest.fixture
def mine(pipeline: Pipeline) -> Iterator[Path]:
    """A folder of one's own in the repository, gone after the test."""
    folder = pipeline.root / "mine"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def write(path: Path, text: str, seconds: int) -> None:
    """Write a file whose time is surely another than before."""
    path.write_text(text)
    os.utime(path, (seconds, seconds))


@pytest.mark.slow
def test_a_class_of_ones_own_is_edited(pipeline: Pipeline, mine: Path) -> None:
    """The step that fits it runs, and so does the one that loads its type from the model."""
    write(mine / "estimator.py", "import mine.part\nclass Mine: x = 1", 1)
    write(mine / "part.py", "y = 1", 1)
    pipeline.run(TABLE, *MINE)
    assert pipeline.plan(TABLE, *MINE) == {}
    for name, text in (("estimator.py", "import mine.part\nclass Mine: x = 2"), ("part.py", "y=2")):
        write(mine / name, text, 2)
        reasons = pipeline.run(TABLE, *MINE)
        for step in ("train_random_forest", "evaluate"):
            assert f"mine/{name} changed" in reasons[step]
        assert reasons["segregate"] == HITS["segregate"]


@pytest.mark.slow
@pytest.mark.parametrize("key", ["cache_files.segregate", "steps.segregate.cache_files"])
def test_a_file_of_cache_files(pipeline: Pipeline, mine: Path, key: str) -> None:
    words = [TABLE, f"++{key}=[mine/*.txt]"]
    write(mine / "words.txt", "one", 1)
    assert pipeline.run(*words)["segregate"] == "run: mine/words.txt is new"
    assert pipeline.plan(*words) == {}
    write(mine / "words.txt", "two", 2)
    assert pipeline.plan(*words) == {"segregate": "mine/words.txt changed"} | BEHIND
    write(mine / "words.txt", "one", 3)
    write(mine / "more.txt", "one", 1)
    assert pipeline.plan(*words) == {"segregate": "mine/more.txt is new"} | BEHIND
    (mine / "words.txt").unlink()
    (mine / "more.txt").unlink()
    gone = pipeline.plan(*words)["segregate"]
    assert gone.startswith("gone: cache_files.segregate: nothing is at 'mine/*.txt'; bring it back")
    with pytest.raises(InputError, match=r"^cache_files\.segregate: nothing is at "):
        pipeline.run(*words)


def test_cache_files_of_no_step(pipeline: Pipeline) -> None:
    with pytest.raises(InputError, match=r"^unknown key cache_files\.segregat: did you mean 'segr"):
        pipeline.plan("++cache_files.segregat=[x]")


@pytest.mark.slow
def test_a_file_that_is_named_inside_a_parameter(pipeline: Pipeline, mine: Path) -> None:
    write(mine / "words.txt", "one", 1)
    words = [TABLE, "++model.estimator.deep=[{vocabulary: mine/words.txt}]"]
    pipeline.run(*words)
    assert pipeline.plan(*words) == {}
    write(mine / "words.txt", "two", 2)
    reasons = pipeline.plan(*words)
    assert reasons["train_random_forest"] == "mine/words.txt changed"


@pytest.mark.slow
def test_a_resolver_of_ones_own_is_edited(pipeline: Pipeline) -> None:
    words = [TABLE, "data.test_size='${own:}'"]
    for value, expected in ((0.2, "data.test_size 0.3 → 0.2"), (0.25, "data.test_size 0.2 → 0.25")):
        OmegaConf.register_new_resolver("own", lambda value=value: value, replace=True)
        assert pipeline.run(*words)["segregate"] == f"run: {expected}"
    OmegaConf.clear_resolver("own")


def test_a_plug_in_of_hydra_is_never_taken_for_unchanged(pipeline: Pipeline) -> None:
    assert unchanged.steady([SAMPLE.replace("assets/songs_sample", "data/songs")])
    assert not unchanged.steady(["assets"])
    assert not unchanged.steady(["assets/*"])
    (pipeline.root / "hydra_plugins").mkdir()
    assert not unchanged.steady([])
    (pipeline.root / "hydra_plugins").rmdir()


def test_an_artifact_that_no_parameter_names(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that reads one is never served: nothing tells when it changes."""
    whole = Pipeline._record

    def with_more(self: Pipeline, decision: Decision) -> Record:
        record = whole(self, decision)
        more = artifact_facts(self.store.get("model_export:latest"))
        record.inputs += [more] if decision.step == "segregate" else []
        return record

    monkeypatch.setattr(Pipeline, "_record", with_more)
    words = [TABLE, "data.test_size=0.2"]
    pipeline.run(*words)
    assert pipeline.run(*words)["segregate"] == "run: data.test_size 0.3 → 0.2"


def test_an_input_that_is_gone(pipeline: Pipeline) -> None:
    lost = "preprocessed_data.csv"
    assert pipeline.store.folder
    shutil.rmtree(pipeline.store.folder / "versions" / lost)
    said = f"gone: {lost}:latest; run the step that makes it"
    assert pipeline.plan(TABLE, "main.steps=segregate") == {"segregate": said}
    assert pipeline.plan(TABLE) == BEHIND | {
        "preprocess": f"output {lost}:v0 is gone",
        "check_data": f"input {lost} is made anew",
        "segregate": f"input {lost} is made anew",
    }
    pinned = pipeline.plan(TABLE, "main.steps=check_data", f"data.reference={lost}:v7")
    assert pinned == {"check_data": f"gone: {lost}:v7, {lost}:latest; run the step that makes it"}


def test_a_table_that_is_gone(pipeline: Pipeline) -> None:
    path = pipeline.root / "data" / "songs.parquet"
    path.rename(path.with_name("elsewhere"))
    reasons = pipeline.plan(TABLE)
    path.with_name("elsewhere").rename(path)
    assert reasons["get_data"] == "gone: data/songs.parquet"


def test_what_a_step_before_makes_is_not_gone(finished: Pipeline, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    fresh = Pipeline(finished.root, tmp_path / "new" / "store")
    assert fresh.plan(TABLE) == dict.fromkeys(STEPS, "first time")


def test_a_bare_reference_is_pinned(pipeline: Pipeline, tmp_path: Path) -> None:
    words = ["main.steps=segregate", "steps.segregate.input_artifact=preprocessed_data.csv"]
    assert pipeline.plan(*words) == {}
    (tmp_path / "preprocessed_data.csv").write_text("another")
    pipeline.store.put("preprocessed_data.csv", tmp_path / "preprocessed_data.csv", "table")
    assert pipeline.plan(*words) == {"segregate": "input preprocessed_data.csv v0 → v1"}


@pytest.mark.slow
def test_a_reference_of_drift_that_is_named_and_moved(pipeline: Pipeline) -> None:
    """The step that compares with it runs; what lies behind it does not."""
    pipeline.run(TABLE, "data.preprocess.drop_duplicates=false")
    assert pipeline.run(TABLE) == HITS
    name = "preprocessed_data.csv"
    pipeline.store.set_alias(f"{name}:v0", "reference-data")
    (why,) = pipeline.plan(TABLE).values()
    assert f"input none → {name} v0" in why
    assert pipeline.run(TABLE) == HITS | {"check_data": f"run: {why}"}
    pipeline.store.set_alias(f"{name}:v1", "reference-data")
    assert pipeline.plan(TABLE) == {"check_data": f"input {name} v0 → v1"}
