"""Files and URLs that parameters name: where they are, and what tells their content."""

import glob
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline import context
from pipeline.config import loader
from pipeline.config.preprocess import Read
from pipeline.errors import InputError
from pipeline.network import check_address, check_redirect, within
from pipeline.store.digests import Digests
from pipeline.tables import databases

PATIENCE = 10  # seconds for a server to answer


class GoneError(InputError):
    """A file that a step is to read is not there."""


class UnknownFactError(Exception):
    """A fact that cannot be known: the step has no key and has to run. Says why."""


def local_file(value: str, root: Path) -> Path | None:
    """Return the file that a path or file:// URL means, if there is one."""
    return _local(value, root, Path.is_file)


def local_folder(value: str, root: Path) -> Path | None:
    """Return the folder that a path or file:// URL with / at its end means, if there is one."""
    return _local(value, root, Path.is_dir) if value.endswith("/") else None


def _local(value: str, root: Path, is_it: Callable[[Path], bool]) -> Path | None:
    try:
        parts = urlsplit(value) if "://" in value else None
        if parts and parts.scheme != "file":
            return None
        path = Path(unquote(parts.path)) if parts else root / Path(value).expanduser()
        return path if is_it(path) else None
    except (OSError, RuntimeError, ValueError):  # no path: too long, no such user, a zero byte
        return None


def form(path: Path) -> str:
    """Return the suffix that says how a file is read; of a packed one, that before it as well."""
    packed = path.suffix.lower() in (".gz", ".bz2", ".zst")
    return "".join(path.suffixes[-2:]) if packed else path.suffix


def named_files(patterns: Iterable[str], root: Path, key: str) -> dict[str, Path]:
    """Return the files that patterns mean, by the path from the root.

    Args:
        patterns: files, folders (with all below them) and globs, ** included.
        root: what relative ones start from.
        key: what the user calls the patterns.

    Raises:
        GoneError: one means no file.
    """
    found: dict[str, Path] = {}
    for pattern in patterns:
        text = os.path.expanduser(pattern)
        files = {name: root / name for name in _meant(text, root)}
        if not files:
            raise GoneError(
                f"{key}: nothing is at {pattern!r}; bring it back, or correct the path (a file, a "
                "folder or a glob, from the repository)"
            )
        found |= files
    return found


def _meant(text: str, root: Path) -> Iterator[str]:
    """Yield the files that a path or a glob means; a name that is there is no glob."""
    if local_file(text, root):
        yield text
        return
    folder = f"{glob.escape(text.rstrip('/'))}/**"
    patterns = [folder if os.path.isdir(root / text) else text] if text.strip("/ ") else []
    for pattern in patterns:
        for name in sorted(glob.iglob(pattern, root_dir=root, recursive=True)):
            if os.path.isfile(root / name):
                yield name


def url_content(url: str, sha256: str) -> str:
    """Return what identifies a URL's content: the digest that pins it, or its server's validators.

    Raises:
        UnknownFactError: there is neither.
    """
    try:
        path = urlsplit(url).path
    except ValueError as error:
        raise UnknownFactError(f"{url}: {error}") from None
    if sha256:
        return f"{sha256.lower()} {form(Path(path))}"
    whole = context.revealed(url)
    if url.startswith(("http://", "https://")):
        validators = _http_validators(whole)
    else:
        validators = _object_validators(whole)
    if validators is None:
        raise UnknownFactError(f"{url} has no ETag and length to compare; data.sha256 would pin it")
    return f"{url} {validators}"


def database_content(url: str, settings: object, root: Path, digests: Digests) -> str:
    """Return what identifies the rows of a database or lake.

    Args:
        url: its address.
        settings: `read` of the config.
        root: what a relative path starts from.
        digests: where the digests of files come from.

    Raises:
        UnknownFactError: nothing does, or nobody answers.
    """
    whole = context.revealed(url)
    try:
        read = loader.load(Read, context.revealed(settings or {}), "read")
        state = within(PATIENCE, lambda: databases.state(whole, read, root))
        if state is None and databases.scheme_of(url) in databases.FILES:
            state = digests.sha256(databases.file_of(url, root))
    except (InputError, TimeoutError) as error:  # the step says what is wrong with the address
        raise UnknownFactError(f"{url} does not say what it holds: {error}") from None
    if state is None:
        raise UnknownFactError(f"{url} may have other rows; data.read.version_query would tell")
    return f"{url.replace(':', '://', 1) if '://' not in url else url} {state}"


def _http_validators(url: str) -> str | None:
    import requests

    def ask() -> requests.Response:
        check_address(url)
        hooks = {"response": lambda answer, *_, **__: check_redirect(answer)}
        return requests.head(url, timeout=PATIENCE, allow_redirects=True, hooks=hooks)

    try:
        answer = within(PATIENCE, ask)
    except (requests.RequestException, InputError, TimeoutError):
        return None  # the step says what is wrong with the address
    length = answer.headers.get("Content-Length")
    mark = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
    return f"{mark} {length}" if answer.ok and mark and length else None


def _object_validators(url: str) -> str | None:
    from obstore.exceptions import BaseError

    from pipeline.object_stores import client

    folder, _, name = url.rpartition("/")
    try:
        if not name:  # the files of a folder
            store = client(folder)
            marks = sorted(f"{e['path']} {e['e_tag']} {e['size']}" for b in store.list() for e in b)
            known = marks and not any(" None " in mark for mark in marks)
            return hashlib.sha256("\n".join(marks).encode()).hexdigest() if known else None
        head = client(folder).head(name)
    except (BaseError, OSError, ValueError):
        return None
    return f"{head['e_tag']} {head['size']}" if head["e_tag"] else None
