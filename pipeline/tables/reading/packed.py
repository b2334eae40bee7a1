"""The bytes of a file, or those that are packed in it: .gz, .bz2, .zst, .zip."""

import zipfile
from pathlib import Path, PurePosixPath

import pyarrow as pa

from pipeline.errors import InputError

PACKINGS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
NO_TABLE = ("__MACOSX/", ".")  # what begins so in a .zip is of the program that packed it


def is_packed(path: Path) -> bool:
    """Say whether a file holds others."""
    return path.suffix.lower() in (*PACKINGS, ".zip")


def inner_name(path: Path, member: str | None = None) -> str:
    """Return the name of what a file holds: of x.csv.gz x.csv, of a .zip that of its table.

    Raises:
        InputError: a .zip of none or several files, of which `member` is none.
    """
    if path.suffix.lower() in PACKINGS:
        return path.stem
    return _member(path, member) if path.suffix.lower() == ".zip" else path.name


def unpacked(path: Path, member: str | None = None) -> pa.NativeFile:
    """Open a file to read the bytes that it holds, or that are packed in it; errors as inner_name.

    Damaged packing is an error of pyarrow, OSError or zipfile.BadZipFile.
    """
    if path.suffix.lower() == ".zip":
        return pa.PythonFile(zipfile.ZipFile(path).open(_member(path, member)), mode="r")
    return pa.input_stream(str(path), compression=PACKINGS.get(path.suffix.lower()))


def _member(path: Path, wanted: str | None) -> str:
    with zipfile.ZipFile(path) as packed:
        names = [info.filename for info in packed.infolist() if not info.is_dir()]
    shown = [n for n in names if not n.startswith(NO_TABLE[0])
             and not PurePosixPath(n).name.startswith(NO_TABLE[1])]  # fmt: skip
    if wanted is not None and wanted in names:
        return wanted
    if wanted is None and len(shown) == 1:
        return shown[0]
    held = ", ".join(shown[:20]) or "nothing"
    how = f"has no {wanted}" if wanted else "is no packing of one table"
    raise InputError(f"{path.name} {how}; it holds {held}: name one with data.read.member")
