"""The artifact store in a bucket, against moto's S3 server on the loopback interface."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from moto.s3.responses import S3Response

from pipeline.errors import InputError
from pipeline.store.artifacts import Store


@pytest.fixture
def store(bucket: Any) -> Store:
    return Store("s3://bucket/some/prefix")


def put(store: Store, folder: Path, text: str, **rest: Any) -> Any:
    source = folder / "source.csv"
    source.write_text(text)
    return store.put("t.csv", source, type="raw_data", **rest)


def keys(bucket: Any) -> list[str]:
    return [found["Key"] for found in bucket.list_objects_v2(Bucket="bucket")["Contents"]]


def test_a_version_goes_to_the_bucket_and_comes_back(
    store: Store, bucket: Any, tmp_path: Path
) -> None:
    version = put(store, tmp_path, "a\n1\n", metadata={"rows": 1}, aliases=["good"])
    sha256 = version.files[0].sha256
    assert keys(bucket) == [
        "some/prefix/aliases/t.csv/good",
        "some/prefix/aliases/t.csv/latest",
        f"some/prefix/digests/t.csv/{version.digest}",
        f"some/prefix/objects/{sha256[:2]}/{sha256}/source.csv",
        "some/prefix/versions/t.csv/v0.json",
    ]
    other = Store("s3://bucket/some/prefix")
    assert other.get("t.csv:good") == version
    assert other.download(version, tmp_path / "read").read_text() == "a\n1\n"


def test_the_same_content_makes_no_new_version(store: Store, tmp_path: Path) -> None:
    versions = [put(store, tmp_path, text).version for text in "aba"]
    assert versions == [0, 1, 0]
    assert store.versions("t.csv") == [0, 1]
    assert store.aliases("t.csv") == {"latest": 0}


def test_a_held_object_is_not_sent_again(store: Store, bucket: Any, tmp_path: Path) -> None:
    version = put(store, tmp_path, "abc")
    key = next(key for key in keys(bucket) if "/objects/" in key)
    bucket.put_object(Bucket="bucket", Key=key, Body=b"xyz")  # the same size: not looked into
    assert put(store, tmp_path, "abc") == version
    assert bucket.get_object(Bucket="bucket", Key=key)["Body"].read() == b"xyz"
    with pytest.raises(InputError, match=r"source\.csv in s3://bucket/some/prefix has SHA-256"):
        store.download(version, tmp_path / "read")
    bucket.delete_object(Bucket="bucket", Key=key)  # as the message says
    put(store, tmp_path, "abc")
    assert store.download(version, tmp_path / "read").read_text() == "abc"


def test_a_missing_object_is_refused_until_its_step_runs_again(
    store: Store, bucket: Any, tmp_path: Path
) -> None:
    version = put(store, tmp_path, "abc")
    bucket.delete_object(Bucket="bucket", Key=next(k for k in keys(bucket) if "/objects/" in k))
    with pytest.raises(InputError, match=r"source\.csv is missing in s3://bucket/some/prefix"):
        store.download(version, tmp_path / "read")
    put(store, tmp_path, "abc")
    assert store.download(version, tmp_path / "read").read_text() == "abc"


def test_big_files_go_in_parts(store: Store, bucket: Any, tmp_path: Path) -> None:
    source = tmp_path / "big.bin"
    source.write_bytes(bytes(range(256)) * 50_000)
    version = store.put("big", source, type="model")
    parts = bucket.head_object(
        Bucket="bucket", Key=next(k for k in keys(bucket) if "/objects/" in k)
    )["ETag"]
    assert "-" in parts  # the mark of a multipart upload
    read = store.download(version, tmp_path / "read")
    assert read.read_bytes() == source.read_bytes()


def test_two_writers_at_once_get_different_versions(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # S3 answers each conditional write as a whole; moto looks first and writes later.
    lock, real = threading.Lock(), S3Response.put_object

    def whole(self: S3Response) -> Any:
        with lock:
            return real(self)

    monkeypatch.setattr(S3Response, "put_object", whole)
    gate = threading.Barrier(2)

    def write(number: int) -> list[tuple[int, str]]:
        (tmp_path / str(number)).mkdir()
        own, wrote = Store(store.url), []
        for turn in range(10):
            gate.wait()
            text = f"{number} {turn}"
            wrote.append((put(own, tmp_path / str(number), text).version, text))
        return wrote

    with ThreadPoolExecutor(2) as pool:
        wrote = dict(itertools.chain.from_iterable(pool.map(write, range(2))))
    assert sorted(wrote) == store.versions("t.csv") == list(range(20))
    for number, text in wrote.items():
        version = store.get(f"t.csv:v{number}")
        assert store.download(version, tmp_path / version.reference).read_text() == text


def test_a_missing_bucket_is_named_in_one_line(bucket: Any, tmp_path: Path) -> None:
    store = Store("s3://no-such-bucket/x")
    message = r"^artifact store s3://no-such-bucket/x: .*The specified bucket does not exist"
    with pytest.raises(InputError, match=message) as caught:
        put(store, tmp_path, "a")
    assert "\n" not in str(caught.value)
    assert "<" not in str(caught.value)
    with pytest.raises(InputError, match=message):
        store.get("t.csv")


def test_unknown_artifacts_are_refused_with_what_there_is(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is empty"):
        store.get("t.csv:v0")
    put(store, tmp_path, "a")
    with pytest.raises(InputError, match="has no v1; its versions: v0; its aliases: latest"):
        store.get("t.csv:v1")


def test_an_endpoint_that_is_down_is_named_soon(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"^artifact store s3://bucket/x: .*127\.0\.0\.1:9"):
        put(Store("s3://bucket/x"), tmp_path, "a")
