"""The certificate of a split: what it is, and what it lets through."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from pipeline.splits.division import Division
from pipeline.splits.keys import Classes, Keys, Rows

PIECE = 2**20  # row numbers that are digested at a time
EQUAL_ROWS, EQUAL_KEY = "rows equal in all features", "rows equal in the key"  # checks
OTHER_TARGET = "equal in the key, only with another target"

ClassShares = TypedDict(
    "ClassShares",
    {"class": str, "train": int, "test": int, "share_train": float, "share_test": float},
)


ClassRows = TypedDict("ClassRows", {"class": str, "train": int, "test": int})


class RowCounts(TypedDict):
    """How many rows of the table are where."""

    train: int
    test: int
    neither: int


@dataclass(frozen=True)
class Leak:
    """One way in which test rows may be known from the train table.

    Attributes:
        check: what was looked for.
        columns: where.
        share: of the test rows that are affected, or of the errors a feature avoids.
        suspicious: whether it is worth a warning by itself.
    """

    check: str
    columns: str
    share: float
    suspicious: bool


@dataclass(frozen=True)
class Overlap:
    """How two tables lie in time.

    Attributes:
        column: of the times.
        train: first and last time; None without any.
        test: the same.
        overlap: share of the test rows that are not later than the last train row.
        gap: that was asked for; None if the rows are not divided by time.
    """

    column: str
    train: list[str | None]
    test: list[str | None]
    overlap: float
    gap: float | None = None


@dataclass(frozen=True)
class Certificate:
    """What is said of a split; None is what was not looked for or is not there.

    Attributes:
        method, seed, test_size, stratify, group_by: how the rows were divided.
        rows: how many went where.
        assignment: SHA-256 of the two lists of row numbers.
        classes: rows and shares of each class of the stratify column.
        largest_deviation: of a class's share in one table from that in the other.
        time: if there is a time column.
        leaks: None if they were not looked for.
        one_sided: the classes of the target, else of the stratify column, of which only one of the
            tables has rows.
    """

    method: str
    seed: int
    test_size: float
    stratify: str | None
    group_by: list[str]
    rows: RowCounts
    assignment: str
    classes: list[ClassShares] | None = None
    largest_deviation: float | None = None
    time: Overlap | None = None
    leaks: list[Leak] | None = None
    one_sided: list[ClassRows] | None = None

    def as_json(self) -> str:
        """Return the text of the artifact; of what is None only stratify and leaks are in it."""
        values = asdict(self)
        if self.time and self.time.gap is None:
            del values["time"]["gap"]
        optional = ("classes", "largest_deviation", "time", "one_sided")
        kept = {name: v for name, v in values.items() if name not in optional or v is not None}
        return json.dumps(kept, indent=1, ensure_ascii=False) + "\n"


def certify(how: Division, keys: Keys, parts: Rows) -> Certificate:
    """Describe an assignment of rows.

    Args:
        how: how the table was divided.
        keys: of its rows.
        parts: the row numbers of the train and of the test table.
    """
    first, second = map(len, parts)
    classes = _classes(keys.classes, parts) if keys.classes else None
    deviations = [abs(c["share_test"] - c["share_train"]) for c in classes or ()]
    return Certificate(
        method=how.method,
        seed=how.seed,
        test_size=how.size,
        stratify=how.stratify,
        group_by=list(how.group_by) if how.method in ("group", "hash") else [],
        rows={"train": first, "test": second, "neither": keys.rows - first - second},
        assignment=_digest(parts),
        classes=classes,
        largest_deviation=None if classes is None else max(deviations, default=0.0),
        one_sided=_one_sided(classes or ()) or None,
    )


def _one_sided(classes: Iterable[ClassShares]) -> list[ClassRows]:
    return [{"class": row["class"], "train": row["train"], "test": row["test"]}
            for row in classes if not (row["train"] and row["test"])]  # fmt: skip


def _digest(parts: Rows) -> str:
    digest = hashlib.sha256()
    for number, part in enumerate(parts):
        digest.update(b"|" * number)
        for start in range(0, len(part), PIECE):
            digest.update(np.asarray(part[start : start + PIECE], "<i8").tobytes())
    return digest.hexdigest()


def _classes(classes: Classes, parts: Rows) -> list[ClassShares]:
    counts: list[NDArray[np.intp]] = [
        np.bincount(classes.codes[part], minlength=len(classes.names)) for part in parts
    ]
    return [
        {"class": name, "train": int(train), "test": int(test),
         "share_train": train / len(parts[0]), "share_test": test / len(parts[1])}
        for name, train, test in sorted(zip(classes.names, *counts, strict=True))
    ]  # fmt: skip
