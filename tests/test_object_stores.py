"""Credentials of an object store: from a profile in ~/.aws, where the environment says nothing."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import object_stores
from pipeline.errors import InputError
from pipeline.store.objects import Objects

KEYS = "aws_access_key_id = dummy-user\naws_secret_access_key = dummy-password\n"
Write = Callable[[str, str], None]


@pytest.fixture
def place(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a profile's line with the endpoint of moto's S3; the environment knows nothing."""
    endpoint = bucket.meta.endpoint_url
    for name in ("ENDPOINT_URL", "ALLOW_HTTP", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION",
                 "DEFAULT_REGION", "PROFILE"):  # fmt: skip
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    return f"endpoint_url = {endpoint}\nregion = us-east-1\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return what writes the two files of ~/.aws."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()

    def written(credentials: str, config: str) -> None:
        (tmp_path / ".aws" / "credentials").write_text(credentials)
        (tmp_path / ".aws" / "config").write_text(config)

    return written


def used() -> bool:
    """Say whether bytes come back from the bucket."""
    objects = Objects("s3://bucket/store")
    objects.write("a", b"1")
    return objects.read("a") == b"1" and objects.create("a", b"2") is False


def slow(*values: str | None) -> Any:
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("name", "credentials", "config"),
    [
        ("team", f"[team]\n{KEYS}", "[profile team]\n{place}"),
        ("role", f"[people]\n{KEYS}", "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r"
                                      "\nsource_profile = people\n{place}"),
        slow(None, f"[default]\n{KEYS}", "[default]\n{place}"),
        slow("team", "", f"[profile team]\n{KEYS}{{place}}"),
        slow("team", "", "[profile team]\ncredential_process = echo '{{\"Version\": 1, "
                         '"AccessKeyId": "a", "SecretAccessKey": "b"}}\'\n{place}'),
    ],
)  # fmt: skip
def test_a_profile_says_who_and_where(
    name: str | None, credentials: str, config: str, place: str, write: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    write(credentials, config.format(place=place))
    if name:
        monkeypatch.setenv("AWS_PROFILE", name)
    assert used()


def test_the_environment_comes_first(
    bucket: Any, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("", "")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.delenv("AWS_ALLOW_HTTP")  # the endpoint itself says http://
    assert used()


def test_what_is_wrong_with_a_profile_is_one_line(
    place: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("", f"[default]\n{place}")  # says where, but not who: a machine's own role is meant
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert object_stores._profile({"HOME": str(Path.home())}) is None
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(
        InputError, match=r"'nobody' in ~/\.aws gives no credentials: .*AWS_PROFILE"
    ):
        Objects("s3://bucket/store")
    monkeypatch.setenv("AWS_PROFILE", "default")
    with pytest.raises(InputError, match="gives no credentials"):
        Objects("s3://bucket/store")
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.setenv("AWS_PROFILE", "team")
    with pytest.raises(InputError, match="uv sync --extra aws"):
        Objects("s3://bucket/store")
