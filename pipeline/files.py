"""Files that are there whole or not at all, and what a person can do when the disk takes none."""

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import InputError

SPACE = "free some space there, or give another folder"
RIGHTS = "make it writable for this user, or give another folder"
HANDLES = "no file handles are left: end other programs, or raise the limit (ulimit -n 4096)"
DEVICE = "the disk or the network folder fails: look at it (dmesg), or give another folder"
# What to do, by what the system says.
ADVICE = {
    errno.ENOSPC: SPACE,
    errno.EDQUOT: SPACE,
    errno.EFBIG: "files may not be that large here: raise the limit (ulimit -f unlimited)",
    errno.EROFS: RIGHTS,
    errno.EACCES: RIGHTS,
    errno.EPERM: RIGHTS,
    errno.EMFILE: HANDLES,
    errno.ENFILE: HANDLES,
    errno.EIO: DEVICE,
    errno.ESTALE: DEVICE,
}


def write_text(path: Path, text: str) -> None:
    r"""Write a file of UTF-8, in place of what was there, as write_bytes does.

    What of the text came from bytes that are no UTF-8 (a lone surrogate) is written as ``\udc..``,
    which JSON reads back as it was.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files of a folder by their names, as write_text does; it is made if it is not there.

    Raises:
        InputError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(error, folder / next(iter(texts)), "write") from error
    for name, text in texts.items():
        write_text(folder / name, text)


def write_json(path: Path, content: object) -> None:
    """Write a value as JSON that a person can read, as write_bytes does."""
    text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
    write_text(path, text + "\n")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, in place of what was there.

    Raises:
        InputError: it cannot be written; what was there is still there.
    """
    with replacing(path) as draft:
        draft.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield where a file's new content can be written; at the end it takes the file's place.

    The file is at every moment what it was or what it is to be, and after a power cut as well.

    Raises:
        InputError: it cannot be written; what was there is still there.
    """
    draft = path.with_name(f".{os.urandom(8).hex()}.draft{path.suffix}")
    try:
        yield draft
        settle(draft)
        os.replace(draft, path)
        settle(path.parent)
    except OSError as error:
        raise unusable(error, path, "write") from error
    finally:
        with suppress(OSError):  # on a disk that fails it stays; nobody reads it
            draft.unlink(missing_ok=True)


def settle(path: Path) -> None:
    """Wait until a file or the names in a folder are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unusable(
    error: OSError, path: Path | None = None, verb: str = "use", work: Path | None = None
) -> InputError:
    """Return what a person is told: the file, what the system says, and what to do.

    Args:
        error: what the system says.
        path: what was read or written; None: as the error has it.
        verb: what was to be done with it.
        work: where it was, most likely, if the error does not say it.
    """
    named = error.filename if isinstance(error.filename, str | bytes) else None
    place = path or (Path(os.fsdecode(named)) if named else work)
    what = f"cannot {verb} {shown(place)}: " if place else ""
    folder = f" (folder {shown(place.parent)})" if place else ""
    advice = ADVICE.get(error.errno or 0)
    reason = " ".join((error.strerror or str(error)).split())
    return InputError(f"{what}{reason}{f'; {advice}{folder}' if advice else ''}")


def advice_on(text: str) -> str:
    """Return what to do about an error of a library that says `(os error 28)`; else nothing."""
    number = re.search(r"\(os error (\d+)\)", text)
    advice = ADVICE.get(int(number[1])) if number else None
    return f"; {advice}" if advice else ""


def shown(path: Path | str) -> str:
    """Return a path on one line, whatever bytes its name has."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return text if text.isprintable() else repr(text)
