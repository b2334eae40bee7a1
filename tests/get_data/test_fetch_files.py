"""Fetching from disk, from a bucket on this machine and from scikit-learn."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from get_data import fetch
from pipeline.cache import external_files
from pipeline.config.preprocess import Download
from pipeline.errors import InputError
from pipeline.tables.reading.folders import folder_sha256
from tests.get_data.conftest import Refused

BODY = b"a,b\n1,x\n"
DIGEST = hashlib.sha256(BODY).hexdigest()


@pytest.mark.parametrize("name", ["t.csv", "a b#1?raw.csv", "50%25.csv", "T.CSV", "in/t.csv"])
def test_from_disk(folder: Path, name: str) -> None:
    path = folder.parent / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(BODY)
    for url in (name, str(path), path.as_uri()):
        found = fetch.fetch(url, folder, folder.parent, DIGEST)
        assert found == folder / path.name
        assert found.read_bytes() == path.read_bytes() == BODY
        found.unlink()


def test_refused_on_disk(folder: Path, refused: Refused) -> None:
    (folder.parent / "x.csv").mkdir()
    (folder.parent / "empty.csv").touch()
    (folder.parent / "t.csv").write_bytes(BODY)
    for url in ("nope.csv", "in/nope.csv", (folder / "nope.csv").as_uri(), "~nobody-here/t.csv"):
        refused(url, "No such file", "give an existing file")
    refused("x.csv", "Is a directory")
    refused("empty.csv", "the file is empty")
    refused("t.csv", DIGEST, sha256="0" * 64)
    refused("t.sav", "must end in one of")
    refused("x.csv/", "no .parquet file is below")
    refused("", "must end in one of")


def test_a_folder_of_parquet_files(folder: Path, refused: Refused) -> None:
    parts = folder.parent / "parts"
    (parts / "year=2020").mkdir(parents=True)
    pq.write_table(pa.table({"a": [1]}), parts / "year=2020" / "p.parquet")
    (parts / "_SUCCESS").touch()
    found = fetch.fetch("parts/", folder, folder.parent, folder_sha256(parts))
    assert found == folder / "parts"
    assert [p.name for p in found.rglob("*.*")] == ["p.parquet"]
    assert folder_sha256(found) == folder_sha256(parts)
    shutil.rmtree(found)
    refused("parts/", folder_sha256(parts), sha256="0" * 64)
    refused("parts", "must end in one of")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("ftp://host/t.csv", "unknown scheme 'ftp'; use http(s)://"),
        ("http://[bad/t.csv", "Invalid IPv6 URL"),
        ("http:///t.csv", "No host supplied"),
        ("s3:t.csv", "check the address and the credentials"),
        ("sklearn:nope", "choose from sklearn:breast_cancer, "),
        ("sklearn:", "sklearn:wine"),
    ],
)
def test_addresses_that_are_none(refused: Refused, url: str, word: str) -> None:
    refused(url, word)


@pytest.mark.parametrize("url", ["a\nb.csv", "http://127.0.0.1:1/a%00.csv", "file:///a%0Ab.csv"])
def test_control_characters(folder: Path, url: str) -> None:
    with pytest.raises(InputError, match=r"^file_url '.*': a line break or the like is in it"):
        fetch.fetch(url, folder, folder)
    assert list(folder.iterdir()) == []


def test_scikit_learns_own_table(folder: Path) -> None:
    found = fetch.fetch("sklearn:wine", folder, folder)
    assert found == folder / "wine.parquet"
    table = pq.read_table(found)
    assert (table.num_rows, table.num_columns) == (178, 14)
    assert {"alcohol", "target"} < set(table.column_names)


def test_from_a_bucket(bucket: Any, folder: Path) -> None:
    for key in ("t.csv", "deep/er/a b#1.csv", "50%.csv"):
        bucket.put_object(Bucket="bucket", Key=key, Body=BODY)
        found = fetch.fetch(f"s3://bucket/{key}", folder, folder, DIGEST)
        assert (found.parent, found.name) == (folder, key.rpartition("/")[2])
        assert found.read_bytes() == BODY
        found.unlink()
    big = bytes(range(256)) * 10_000  # in more than one piece
    bucket.put_object(Bucket="bucket", Key="big.csv", Body=big)
    assert fetch.fetch("s3://bucket/big.csv", folder, folder).read_bytes() == big


def test_refused_from_a_bucket(bucket: Any, refused: Refused) -> None:
    bucket.put_object(Bucket="bucket", Key="t.csv", Body=BODY)
    bucket.put_object(Bucket="bucket", Key="empty.csv", Body=b"")
    refused("s3://bucket/nope.csv", "404", "credentials")
    refused("s3://no-such-bucket/t.csv", "404", "credentials")
    refused("s3://bucket/t.csv", DIGEST, sha256="0" * 64)
    refused("s3://bucket/empty.csv", "the file is empty")
    refused("s3://bucket/", "must end in one of")
    refused("s3://t.csv", "check the address")


def test_a_folder_in_a_bucket(bucket: Any, folder: Path, refused: Refused) -> None:
    names = ("year=2020/a.parquet", "b.parquet", "_log/c.parquet", "n.txt")
    for part in (f"parts/{name}" for name in names):
        pq.write_table(pa.table({"x": [len(part)]}), folder / "t")
        bucket.put_object(Bucket="bucket", Key=part, Body=(folder / "t").read_bytes())
    (folder / "t").unlink()
    (folder / "2").mkdir()
    found = fetch.fetch("s3://bucket/parts/", folder, folder)
    assert sorted(p.relative_to(found).as_posix() for p in found.rglob("*.parquet"))[-2:] == [
        "b.parquet", "year=2020/a.parquet"
    ]  # fmt: skip
    digest = folder_sha256(found)
    assert fetch.fetch("s3://bucket/parts/", folder / "2", folder, digest).name == "parts"
    for path in (found, folder / "2"):
        shutil.rmtree(path)
    refused("s3://bucket/parts/", "expected", sha256="0" * 64)
    refused("s3://bucket/none/", "no .parquet file is below it")
    refused("s3://bucket/parts/", "bytes, where 500 are allowed", limits=Download(max_bytes=500))
    before = external_files.url_content("s3://bucket/parts/", "")
    assert external_files.url_content("s3://bucket/parts/", "") == before
    bucket.put_object(Bucket="bucket", Key="parts/b.parquet", Body=b"other")
    assert external_files.url_content("s3://bucket/parts/", "") != before
