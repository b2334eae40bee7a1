"""A folder of Parquet files that are one table; without pyarrow, for who only compares digests."""

import hashlib
from pathlib import Path


def parquet_files(folder: Path) -> list[Path]:
    """Return the Parquet files below a folder, in order; not what begins with _ or a point."""
    found = sorted(folder.rglob("*.parquet"))
    return [p for p in found if p.is_file() and not any(
        part.startswith((".", "_")) for part in p.relative_to(folder).parts)]  # fmt: skip


def folder_sha256(folder: Path) -> str:
    """Return the digest of the Parquet files below a folder: of their names and content."""
    whole = hashlib.sha256()
    for path in parquet_files(folder):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return whole.hexdigest()
