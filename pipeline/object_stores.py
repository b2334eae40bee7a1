"""Clients of object stores, with credentials from the environment or from a profile in ~/.aws.

obstore itself knows those of the environment and of a machine's own role, but no profiles: roles,
sign-on and processes that give keys are boto3's, which is the extra `aws`.
"""

from collections.abc import Mapping
from configparser import ConfigParser, Error
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from obstore.store import ObjectStore, from_url

from pipeline import context
from pipeline.errors import InputError

# What a section must have to say who one is; with none of these a machine's own role is meant.
WHO = {"aws_access_key_id", "role_arn", "credential_process", "sso_session", "sso_start_url",
       "login_session"}  # fmt: skip
FILES = {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials", "AWS_CONFIG_FILE": "~/.aws/config"}
# Shorter than what boto3 leaves of a role's credentials when it takes new ones.
KEPT = timedelta(minutes=10)


def client(url: str, **settings: Any) -> ObjectStore:
    """Return obstore's client of a bucket, or of a folder in it.

    Args:
        url: s3://, gs://, az:// ...
        settings: of obstore's `from_url`.

    Raises:
        InputError: a profile is meant that is not there or gives no credentials, or boto3 is not.
    """
    if urlsplit(url).scheme in ("s3", "s3a"):
        given = context.variables()
        if name := _profile(given):
            mine = {k: v for k, v in given.items() if k.startswith("AWS_") or k == "HOME"}
            settings |= _settings(name, tuple(mine.items()))
        elif "AWS_ALLOW_HTTP" not in given and _endpoint(given).startswith("http://"):
            settings |= {"client_options": {"allow_http": True}}  # who writes http:// means it
    return from_url(url, **settings)


def _endpoint(given: Mapping[str, str]) -> str:
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    return next((given[name] for name in names if given.get(name)), "")


def _profile(given: Mapping[str, str]) -> str | None:
    """Return the profile that is meant; None where the environment, or the machine, says who."""
    if given.keys() & {"AWS_ACCESS_KEY_ID", "AWS_SKIP_SIGNATURE"}:
        return None  # as for all of Amazon's tools, these come first
    if name := given.get("AWS_PROFILE") or given.get("AWS_DEFAULT_PROFILE"):
        return name
    files = ConfigParser(default_section="", interpolation=None, strict=False)
    try:
        files.read(Path(given.get(name, usual)).expanduser() for name, usual in FILES.items())
    except (Error, UnicodeError):
        return "default"  # boto3 says what is wrong with them
    return "default" if files.has_section("default") and WHO & {*files["default"]} else None


@cache  # a role is taken once in a process
def _settings(name: str, _: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return credentials, region and endpoint of a profile, as obstore takes them."""
    try:
        from boto3 import Session
        from botocore.exceptions import BotoCoreError, ClientError
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError:
        raise InputError(
            f"the profile {name!r} in ~/.aws is read by boto3, which is not installed: "
            "uv sync --extra aws, or pip install boto3; or set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY"
        ) from None
    try:
        session = Session()
        provider = Boto3CredentialProvider(session, ttl=KEPT)
        provider()  # what is wrong with a role is said here
        endpoint = session.client("s3").meta.endpoint_url
    except (BotoCoreError, ClientError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"the profile {name!r} in ~/.aws gives no credentials: {reason}; check AWS_PROFILE and "
            "~/.aws, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from None
    found: dict[str, Any] = {"credential_provider": provider}
    if not str(urlsplit(endpoint).hostname).endswith((".amazonaws.com", ".amazonaws.com.cn")):
        found |= {"endpoint": endpoint}
        found |= {"client_options": {"allow_http": endpoint.startswith("http://")}}
    return found
