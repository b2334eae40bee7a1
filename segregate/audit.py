"""What is known of the test rows from the train table: rows that are like them."""

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from pipeline.config import segregate as settings
from pipeline.tables import row_digests
from pipeline.tables.column_kinds import is_number, is_quantity
from pipeline.tables.column_types import is_text
from segregate import telling
from segregate.certificate import EQUAL_KEY, EQUAL_ROWS, OTHER_TARGET, ClassRows, Leak, Overlap
from segregate.look import FEATURES, KEY, LABELLED, TIME, Asked, Columns, Look

TRAIN, TEST = 0, 1
SAMPLE = (100_000, 50_000)  # rows of both that are looked at for features that tell the target
NAMES_OF_TARGETS = ("class", "label", "target", "y")
CLASSES = 100  # values of a target that are counted; one with more is a quantity


class Audit:
    """Gathers what is seen of the train and the test rows block by block: a number for each.

    Args:
        schema: of plain values, of the table.
        rows: how many train and test rows there are.
        wanted: the column to predict, the columns that the model sees (without any that is there,
            all but the target), the key, the column of times.
        folder: where the numbers are kept, 8 bytes for each row and text column.
    """

    def __init__(
        self, schema: pa.Schema, rows: tuple[int, int], wanted: settings.Audit, folder: Path
    ) -> None:
        self._target, self._key, self._time = wanted.target, wanted.key, wanted.time
        self._folder, target, key = folder, wanted.target, wanted.key
        others = [name for name in schema.names if name != target]
        self._features = [name for name in others if name in wanted.features.columns] or others
        kinds = {name: schema.field(name).type for name in others}
        self._plain = [name for name in self._features if not pt.is_nested(kinds[name])]
        self._labelled = [*self._key, target] if key and target and target not in key else []
        self._texts = [name for name, kind in kinds.items() if is_text(kind)]
        self._steps = [-(-n // most) for n, most in zip(rows, SAMPLE, strict=True)]
        self._given, self._seen = [0, 0], [0, 0]
        self._samples: tuple[list[pa.Table], list[pa.Table]] = ([], [])
        self._spans: tuple[list[Any], list[Any]] = ([], [])  # first and last time of each block
        self._classes: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self._is_number = target in schema.names and is_number(schema.field(target).type)
        self._counted = target in schema.names and not pt.is_nested(schema.field(target).type)

    @property
    def columns(self) -> Columns:
        """Which columns of a block are looked at, and as what."""
        digested = {FEATURES: self._plain, KEY: self._key, LABELLED: self._labelled}
        return Columns({what: names for what, names in digested.items() if names}, self._texts,
                       self._time, self._target)  # fmt: skip

    def asked(self, part: int, rows: int) -> Asked:
        """Return what is asked of the next rows of the train (0) or the test table (1)."""
        skipped = -self._given[part] % self._steps[part]
        self._given[part] += rows
        return Asked(np.arange(skipped, rows, self._steps[part]), self._counted)

    def add(self, part: int, look: Look) -> None:
        """Add what was seen of the next rows of the train (0) or the test table (1)."""
        for what, digests in look.digests.items():
            self._keep(part, what, digests)
        self._spans[part].extend(look.span)
        if self._counted:
            self._classes[part].update(look.classes)
            self._counted = len(self._classes[part]) <= CLASSES
        self._seen[part] += look.rows
        self._samples[part].append(look.sample)

    def leaks(self) -> Iterator[Leak]:
        """Yield what the two tables have in common, whatever way they were divided."""
        texts = [f"text{number}" for number in range(len(self._texts))]
        looked_at = [FEATURES] * bool(self._plain) + [KEY] * bool(self._key) + texts
        looked_at += [LABELLED] * bool(self._labelled)
        shares = {what: self._share(what) for what in looked_at}
        if self._plain:
            share = shares[FEATURES]
            yield Leak(EQUAL_ROWS, "", share, share > 0)
        if self._key:
            share = shares[KEY]
            yield Leak(EQUAL_KEY, ", ".join(self._key), share, share > 0)
        if self._labelled:  # no leak: it says how far the target follows from the key
            yield Leak(OTHER_TARGET, ", ".join(self._key), share - shares[LABELLED], False)
        for text, name in zip(texts, self._texts, strict=True):
            yield Leak("near-duplicate text", name, shares[text], False)  # often so by nature
        if self._target:
            train, test = map(pa.concat_tables, self._samples)
            for name, avoided in telling.features(train, test, self._target, self._plain):
                yield Leak("predicts the target alone", name, avoided, True)
            for name in self._features:
                folded = name.casefold()
                words = re.split("[^a-z0-9]+", folded)
                like = self._target.casefold() in (words if len(self._target) < 3 else folded)
                if like or folded in NAMES_OF_TARGETS:
                    yield Leak("named like the target", name, 1.0, True)

    def one_sided(self) -> list[ClassRows]:
        """Return the classes of which only one of the two tables has rows."""
        train, test = self._classes
        if self._is_quantity():
            return []
        return [{"class": name, "train": train[name], "test": test[name]}
                for name in sorted({*train} ^ {*test}) if self._counted]  # fmt: skip

    def _is_quantity(self) -> bool:
        """Say whether the target is a number that is no class."""
        values, rows = set().union(*self._classes), sum(self._seen)
        fractions = any(float(value) % 1 for value in values) if self._is_number else False
        return self._is_number and is_quantity(len(values), rows, fractions)

    def equal_in_key(self, fitted: NDArray[np.bool_]) -> Leak:
        """Return the share of the test rows whose key some train row has that is left to fit."""
        share = _share_in(self._kept(TRAIN, KEY)[fitted], self._kept(TEST, KEY))
        check = f"{EQUAL_KEY}, validation rows aside"
        return Leak(check, ", ".join(self._key), share, share > 0)

    def overlap(self) -> Overlap | None:
        """Return how the two tables lie in time; None if there is no time column."""
        if not self._time:
            return None
        train, test = (self._kept(part, TIME).view(np.float64) for part in (TRAIN, TEST))
        spans = [[str(ends(span)) if span else None for ends in (min, max)] for span in self._spans]
        late = np.nanmax(train) if spans[TRAIN][0] else np.nan
        overlap = float((test <= late).mean())
        return Overlap(self._time, spans[TRAIN], spans[TEST], overlap)

    def _share(self, what: str) -> float:
        empty = row_digests.EMPTY_TEXT if what.startswith("text") else None
        return _share_in(self._kept(TRAIN, what), self._kept(TEST, what), but=empty)

    def _keep(self, part: int, what: str, digests: row_digests.Digests) -> None:
        with (self._folder / f"{what}.{part}").open("ab") as file:
            digests.tofile(file)

    def _kept(self, part: int, what: str) -> row_digests.Digests:
        return np.fromfile(self._folder / f"{what}.{part}", np.uint64)


def _share_in(
    train: row_digests.Digests, test: row_digests.Digests, but: np.uint64 | None = None
) -> float:
    """Return the share of the test rows that have a number, `but` one, which a train row has."""
    with ThreadPoolExecutor(2) as workers:  # to sort leaves Python's lock
        list(workers.map(np.ndarray.sort, (train, test)))
    nearest = train[np.minimum(np.searchsorted(train, test), len(train) - 1)]
    return float(((nearest == test) & (test != but if but is not None else True)).mean())
