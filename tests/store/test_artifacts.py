"""The artifact store: versions, aliases, folders, and what it says when something is missing."""

import json
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.store.artifacts import File, Store, Version, parse_reference
from pipeline.store.drafts import Provenance
from pipeline.store.objects import Objects


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "artifacts")


def put(store: Store, folder: Path, text: str, name: str = "t.csv", **rest: object) -> Version:
    source = folder / "source.csv"
    source.write_text(text)
    return store.put(name, source, type="raw_data", **rest)


def text_of(store: Store, reference: str, folder: Path) -> str:
    return store.download(store.get(reference), folder / "read").read_text()


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("raw_data.csv:latest", ("raw_data.csv", "latest")),
        ("raw_data.csv:v12", ("raw_data.csv", "v12")),
        ("raw-data", ("raw-data", "latest")),
        ("..a:v0", ("..a", "v0")),
    ],
)
def test_references_are_split(reference: str, parts: tuple[str, str]) -> None:
    assert parse_reference(reference) == parts


BAD_NAMES = ["../x", "a/b", "", "a:b:c", ".", "..", "a:", ":a", "a:..", "a b", "a\n", "é", "a\\b"]


@pytest.mark.parametrize("reference", BAD_NAMES)
def test_bad_references_are_refused_and_nothing_is_written(
    reference: str, store: Store, tmp_path: Path
) -> None:
    for ask in (parse_reference, store.get, store.exists):
        with pytest.raises(InputError, match="name, name:alias or name:vN"):
            ask(reference)
    with pytest.raises(InputError, match="is not name"):
        put(store, tmp_path, "x", name=reference)
    assert not (tmp_path / "artifacts").exists()


def test_a_version_holds_what_was_said_about_it(store: Store, tmp_path: Path) -> None:
    inputs = [{"name": "raw.csv", "version": 3, "digest": "abc"}]
    provenance = Provenance("segregate", {"mlflow": "f00"}, tuple(inputs))
    facts = {"description": "é", "metadata": {"rows": 1}, "provenance": provenance}
    version = put(store, tmp_path, "a\n1\n", **facts)
    assert version.reference == "t.csv:v0"
    assert (version.type, version.description, version.step) == ("raw_data", "é", "segregate")
    assert (version.metadata, version.run_ids) == ({"rows": 1}, {"mlflow": "f00"})
    assert version.inputs == tuple(inputs)
    assert version.files[0].path == "source.csv"
    assert version.files[0].size == 4
    assert version.created.endswith("+00:00")
    assert Store(store.url).get("t.csv:v0") == version


def test_a_file_comes_back_under_its_name(store: Store, tmp_path: Path) -> None:
    version = put(store, tmp_path, "a\n1\n")
    path = store.download(version, tmp_path / "deep" / "folder")
    assert path == tmp_path / "deep" / "folder" / "source.csv"
    assert path.read_text() == "a\n1\n"
    assert [found.name for found in path.parent.iterdir()] == ["source.csv"]


def test_a_folder_comes_back_with_all_its_files(store: Store, tmp_path: Path) -> None:
    contents = {"model/MLmodel": b"x", "model/é b.bin": b"\0\xff", "top.txt": b"", "copy": b"x"}
    for relative, content in contents.items():
        path = tmp_path / "made" / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    version = store.put("model", tmp_path / "made", type="model")
    assert [file.path for file in version.files] == sorted(contents)
    folder = store.download(version, tmp_path / "read")
    assert folder == tmp_path / "read"
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    assert {relative: path.read_bytes() for relative, path in found.items()} == contents


def test_a_folder_with_one_file_below_it_comes_back_as_a_folder(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "made" / "sub").mkdir(parents=True)
    (tmp_path / "made" / "sub" / "x").write_text("x")
    version = store.put("model", tmp_path / "made", type="model")
    assert store.download(version, tmp_path / "read") == tmp_path / "read"


def test_nothing_to_store_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "absent"):
        with pytest.raises(InputError, match="nothing to store"):
            store.put("t.csv", path, type="raw_data")


def test_versions_count_up_and_latest_moves(store: Store, tmp_path: Path) -> None:
    numbers = [put(store, tmp_path, text).version for text in "abcdefghijklm"]
    assert numbers == list(range(13)) == store.versions("t.csv")
    assert text_of(store, "t.csv", tmp_path) == text_of(store, "t.csv:v12", tmp_path) == "m"
    assert text_of(store, "t.csv:v0", tmp_path) == "a"


def test_the_same_content_makes_no_new_version(store: Store, tmp_path: Path) -> None:
    first = put(store, tmp_path, "a")
    put(store, tmp_path, "b")
    again = put(store, tmp_path, "a", description="other words", aliases=["good"])
    assert again == first
    assert store.versions("t.csv") == [0, 1]
    assert store.aliases("t.csv") == {"good": 0, "latest": 0}
    assert put(store, tmp_path, "b").version == 1


def test_the_same_text_with_other_column_types_is_another_version(
    store: Store, tmp_path: Path
) -> None:
    first = put(store, tmp_path, "a\n1\n", metadata={"arrow_schema": "ints", "rows": 1})
    second = put(store, tmp_path, "a\n1\n", metadata={"arrow_schema": "texts", "rows": 1})
    again = put(store, tmp_path, "a\n1\n", metadata={"arrow_schema": "ints", "rows": 2})
    assert (first.version, second.version, again.version) == (0, 1, 0)


def test_the_same_content_under_another_path_is_another_version(
    store: Store, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text("x")
    versions = [store.put("t", tmp_path / name, type="x").version for name in ("one", "two")]
    assert versions == [0, 1]


def test_a_lost_digest_entry_only_costs_a_version(store: Store, tmp_path: Path) -> None:
    for text in "ab":
        put(store, tmp_path, text)
    for entry in (tmp_path / "artifacts" / "digests" / "t.csv").iterdir():
        entry.unlink()
    assert put(store, tmp_path, "b").version == 1  # the newest is compared all the same
    assert put(store, tmp_path, "a").version == 2
    assert text_of(store, "t.csv", tmp_path) == "a"


def test_a_digest_entry_without_its_version_is_not_believed(store: Store, tmp_path: Path) -> None:
    put(store, tmp_path, "a")
    put(store, tmp_path, "b")
    (tmp_path / "artifacts" / "versions" / "t.csv" / "v1.json").unlink()
    assert put(store, tmp_path, "c").version == 1
    assert put(store, tmp_path, "b").version == 2
    assert text_of(store, "t.csv:latest", tmp_path) == "b"


def test_aliases_are_set_and_moved(store: Store, tmp_path: Path) -> None:
    put(store, tmp_path, "a", aliases=["reference", "prod"])
    put(store, tmp_path, "b", aliases=["prod"])
    assert store.aliases("t.csv") == {"latest": 1, "prod": 1, "reference": 0}
    store.set_alias("t.csv:latest", "reference")
    assert store.get("t.csv:reference").version == 1
    store.set_alias("t.csv:v0", "latest")
    assert text_of(store, "t.csv", tmp_path) == "a"


@pytest.mark.parametrize("alias", ["v1", "v007", "V1", "007", "5", "a/b", "", ".."])
def test_bad_aliases_are_refused_and_nothing_is_written(
    alias: str, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="alias"):
        put(store, tmp_path, "a", aliases=[alias])
    assert store.names() == []
    put(store, tmp_path, "a")
    with pytest.raises(InputError, match="alias"):
        store.set_alias("t.csv:v0", alias)
    assert store.aliases("t.csv") == {"latest": 0}


def test_unknown_names_are_refused_with_what_there_is(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no artifact raw_data\.csv in .*artifacts; it is empty"):
        store.get("raw_data.csv:latest")
    put(store, tmp_path, "a", name="raw_data.csv")
    put(store, tmp_path, "a", name="model")
    with pytest.raises(InputError, match=r"did you mean 'raw_data.csv'\? it holds model, raw_data"):
        store.get("rawdata.csv:latest")
    with pytest.raises(InputError, match=r"no artifact zzz in \S+; it holds model, raw_data\.csv;"):
        store.get("zzz")
    with pytest.raises(InputError, match="no artifact zzz"):
        store.set_alias("zzz:v0", "good")
    assert store.names() == ["model", "raw_data.csv"]
    assert store.versions("zzz") == []
    assert store.aliases("zzz") == {}


@pytest.mark.parametrize("wanted", ["v2", "v00", "prod"])
def test_unknown_versions_and_aliases_are_refused_with_what_there_is(
    wanted: str, store: Store, tmp_path: Path
) -> None:
    put(store, tmp_path, "a", aliases=["reference"])
    put(store, tmp_path, "b")
    message = f"has no {wanted}; its versions: v0, v1; its aliases: latest, reference"
    with pytest.raises(InputError, match=message):
        store.get(f"t.csv:{wanted}")
    assert not store.exists(f"t.csv:{wanted}")
    assert store.exists("t.csv:v1")
    assert store.exists("t.csv:reference")


def test_long_lists_are_cut(store: Store, tmp_path: Path) -> None:
    for number in range(22):
        put(store, tmp_path, str(number))
    with pytest.raises(InputError, match=r"its versions: \.\.\., v2, v3, .*, v21; its aliases"):
        store.get("t.csv:none")


def the_object(store: Store, version: Version) -> Path:
    return next((Path(store.url) / "objects").rglob(version.files[0].sha256)) / "source.csv"


@pytest.mark.parametrize("content", [b"Abc", b"ab", b"abcd", b""])
def test_a_damaged_object_is_refused_until_its_step_runs_again(
    content: bytes, store: Store, tmp_path: Path
) -> None:
    version = put(store, tmp_path, "abc", provenance=Provenance("preprocess"))
    the_object(store, version).write_bytes(content)
    message = (
        rf"t\.csv:v0: source\.csv in \S+ has SHA-256 [0-9a-f]{{64}} instead of "
        rf"{version.files[0].sha256}; delete objects/\S+ and run the step .* \(preprocess\)$"
    )
    with pytest.raises(InputError, match=message):
        store.download(version, tmp_path / "read")
    assert list((tmp_path / "read").iterdir()) == []
    assert put(store, tmp_path, "abc") == version
    assert text_of(store, "t.csv", tmp_path) == "abc"


def test_a_missing_object_is_refused_until_its_step_runs_again(
    store: Store, tmp_path: Path
) -> None:
    version = put(store, tmp_path, "abc")
    the_object(store, version).unlink()
    with pytest.raises(InputError, match=r"t\.csv:v0: source\.csv is missing in .*; run the step"):
        store.download(version, tmp_path / "read")
    assert list((tmp_path / "read").iterdir()) == []
    assert put(store, tmp_path, "abc") == version
    assert text_of(store, "t.csv", tmp_path) == "abc"


def test_one_damaged_file_keeps_a_whole_folder_back(store: Store, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    for name in ("a", "b"):
        (tmp_path / "made" / name).write_text(name)
    version = store.put("model", tmp_path / "made", type="model")
    next((tmp_path / "artifacts" / "objects").rglob("b")).write_text("x")
    with pytest.raises(InputError, match=r"model:v0: b in \S+ has SHA-256"):
        store.download(version, tmp_path / "read")
    assert list((tmp_path / "read").iterdir()) == []


@pytest.mark.parametrize("change", ["not json", "[]", "{}", "path", "digest"])
def test_a_damaged_manifest_is_named(change: str, store: Store, tmp_path: Path) -> None:
    put(store, tmp_path, "a")
    manifest = tmp_path / "artifacts" / "versions" / "t.csv" / "v0.json"
    values = json.loads(manifest.read_text())
    values["files"][0] |= {"path": "../up"} if change == "path" else {"sha256": "0" * 64}
    changed = change if change in ("not json", "[]", "{}") else json.dumps(values)
    manifest.write_text(changed)
    with pytest.raises(InputError, match=r"versions/t\.csv/v0\.json is damaged .*; delete it"):
        store.get("t.csv:v0")
    manifest.unlink()
    assert put(store, tmp_path, "b").version == 0


@pytest.mark.parametrize("path", ["../up", "/etc/x", "a/../../b", "", "."])
def test_no_manifest_can_write_outside_the_folder(path: str) -> None:
    with pytest.raises(ValueError, match="plain relative path"):
        File(path, 1, "0" * 64)


def test_a_store_below_a_regular_file_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "regular").write_text("x")
    store = Store(tmp_path / "regular" / "artifacts")
    message = r"^artifact store \S+regular/artifacts: .*Not a directory"
    with pytest.raises(InputError, match=message) as caught:
        put(store, tmp_path, "a")
    assert "\n" not in str(caught.value)
    for ask in (store.get, store.exists, store.versions):
        with pytest.raises(InputError, match=message):
            ask("t.csv")
    with pytest.raises(InputError, match=r"artifact store \S+regular: .*Not a directory"):
        Store(tmp_path / "regular").names()


def test_a_folder_is_read_without_obstore_whose_threads_no_fork_has(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = put(store, tmp_path, "a")
    assert Objects.used
    monkeypatch.setattr(Objects, "used", False)
    again = Store(tmp_path / "artifacts")
    assert again.get("t.csv") == version
    assert (again.names(), again.aliases("t.csv")) == (["t.csv"], {"latest": 0})
    assert again.download(version, tmp_path / "read").read_text() == "a"
    assert all(map(again.has, version.files))
    assert not Objects.used


def test_what_is_half_written_is_not_listed(store: Store, tmp_path: Path) -> None:
    put(store, tmp_path, "a")
    (tmp_path / "artifacts" / "versions" / "t.csv" / "v1.json#1").write_text("{")
    assert list(store.versions("t.csv")) == [0]


def test_a_folder_that_cannot_be_written_to_is_named(store: Store, tmp_path: Path) -> None:
    version = put(store, tmp_path, "a")
    with pytest.raises(InputError, match=r"cannot write t\.csv:v0 to .*source\.csv/below"):
        store.download(version, tmp_path / "source.csv" / "below")


@pytest.mark.parametrize("url", ["ftp://host/x", "https://host/x", "s3://", "az://container"])
def test_urls_that_lead_nowhere_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(InputError, match=f"^artifact store {url}: "):
        Store(url)


def test_file_urls_and_memory_work_alike(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    put(Store(folder.as_uri()), tmp_path, "a")
    assert text_of(Store(folder), "t.csv", tmp_path) == "a"
    memory = Store("memory:///")
    put(memory, tmp_path, "b")
    assert text_of(memory, "t.csv:v0", tmp_path) == "b"


def test_a_relative_folder_is_taken_from_where_the_store_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store("artifacts")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    put(store, tmp_path, "a")
    assert Store(tmp_path / "artifacts").names() == ["t.csv"]


def test_reading_an_absent_store_does_not_make_it(store: Store, tmp_path: Path) -> None:
    assert store.names() == []
    assert not store.exists("t.csv")
    assert not (tmp_path / "artifacts").exists()
