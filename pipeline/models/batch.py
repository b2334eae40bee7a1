"""What a model says of the rows of a table, piece by piece, beside what the table holds."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from pipeline.engines.each import Each, in_threads
from pipeline.errors import InputError
from pipeline.models import export, pyfunc, serving
from pipeline.models.prepared import asked, preparation
from pipeline.tables import column_kinds
from pipeline.tables.external_chunks import ForeignSource

Asked = tuple[pd.DataFrame, pd.DataFrame]  # what a model is given, and what it answers
ALLOWED = {"number": ("integer", "number"), "text": ("text",), "boolean": ("boolean",),
           "date": ("date", "text", "integer")}  # fmt: skip


class BatchPredictor:
    """An exported model that adds its answers to tables.

    It is loaded by this code, with its list of trusted types; nothing of the folder is executed.

    Args:
        folder: the exported model.
        name: what the user calls it in messages.
        trusted: types that it may hold besides the usual ones, as in model.trusted_types.

    Raises:
        InputError: the folder cannot be used, or the golden batch is predicted otherwise.
    """

    def __init__(self, folder: Path, name: str, trusted: Sequence[str] = ()) -> None:
        self._name = name
        pipeline = export.load(folder, trusted)
        try:
            self._about: dict[str, Any] = json.loads((folder / pyfunc.ABOUT).read_text("utf-8"))
        except OSError as error:
            raise InputError(
                f"{name} holds no {pyfunc.ABOUT}: it was exported by an earlier version; run "
                "train_random_forest again"
            ) from error
        self._model = serving.served(pipeline, self._about)
        with _unfit(name):
            self._model.check()
        classes = getattr(pipeline, "classes_", None)
        self.numbers = classes is None  # that it answers with
        label = pa.float64() if classes is None else pa.array(classes.tolist()).type
        names = self._model.names()
        self._added = pa.schema([(names[0], label), *((n, pa.float64()) for n in names[1:])])

    def schema(self, source: ForeignSource, name: str) -> pa.Schema:
        """Return the schema of the scored table: the table's columns, then the answers.

        Raises:
            InputError: names every column that is missing, of the wrong type, or in the way.
        """
        self.check(source, name, self._added.names)
        return pa.schema([*source.schema, *self._added])

    def check(self, source: ForeignSource, name: str, added: Sequence[str] = ()) -> None:
        """Refuse a table that the model cannot be asked about, or that has some of these columns.

        Raises:
            InputError: names every column that is missing, of the wrong type, or in the way.
        """
        found = {field.name: field for field in source.schema}
        faults = asked.missing(self._about, found)
        for column in [] if source.is_csv else [c for c in self._columns() if c["name"] in found]:
            kind = column_kinds.kind_of(found[column["name"]].type)
            if kind not in (*ALLOWED[column["kind"]], "nothing"):
                was = str(found[column["name"]].type) if kind == "other" else kind
                faults.append(f"{column['name']!r} is {was}, not {column['kind']}")
        if taken := [name for name in added if name in found]:
            held = ", ".join(map(repr, taken))
            faults.append(f"{held} would be written twice: rename what is there")
        if faults:
            raise InputError(
                f"{name} does not suit {self._name}: {'; '.join(faults)}; it has "
                f"{', '.join(map(repr, found))}"
            )

    def absent(self, source: ForeignSource) -> list[str]:
        """Return the columns that are not there and may be: all their values are missing."""
        return asked.absent(self._about, source.schema.names)

    def scored(
        self, source: ForeignSource, name: str, each: Each = in_threads
    ) -> Iterator[pa.Table]:  # fmt: skip
        """Yield the rows in order with their answers, as `schema` says.

        Args:
            source: the table.
            name: what the user calls it in messages.
            each: who answers for its pieces.

        Raises:
            InputError: the table has no rows, or a value that its column must not hold.
        """
        return self._worked(_answer, source, name, each)

    def seen(self, source: ForeignSource, name: str, each: Each = in_threads) -> Iterator[pa.Table]:
        """Yield what the model sees of the rows, and what it predicts of them; see scored."""
        return self._worked(_see, source, name, each)

    def _worked(
        self, function: Callable[..., pa.Table], source: ForeignSource, name: str, each: Each
    ) -> Iterator[pa.Table]:
        rows = 0

        def numbered() -> Iterator[tuple[pa.Table, int]]:
            nonlocal rows
            for piece in source.pieces():
                if len(piece):
                    yield piece, rows
                rows += len(piece)

        yield from each(function, numbered(), self, source, name)
        if not rows:
            raise InputError(f"{name} has no rows; give a table with at least one")

    @property
    def sees(self) -> pa.Schema:
        """The columns that the model sees of rows, each of one of three types."""
        kinds = {"number": pa.float64(), "text": pa.string(), "boolean": pa.bool_()}
        return pa.schema([(c["name"], kinds[c["kind"]]) for c in self._about["columns"]])

    @property
    def says(self) -> pa.Field:
        """The column of what it predicts."""
        return self._added.field(0)

    def inputs(self, frame: pd.DataFrame) -> pa.Table:
        """Return what the model sees of rows as `preprocess` leaves them, a column for each input.

        Raises:
            InputError: columns that are missing or hold what they must not.
        """
        with _unfit(self._name):
            seen = self._model.inputs(frame)
        return pa.Table.from_pandas(seen, self.sees, preserve_index=False)

    def _frame(self, piece: pa.Table, first: int, source: ForeignSource) -> pd.DataFrame:
        """Return the columns of a piece that the model is given, prepared as before its fit."""
        found = set(piece.column_names)
        columns = {c["name"]: c for c in self._columns() if c["name"] in found}
        given = {n: asked.values(piece[n], c, source) for n, c in columns.items()}
        frame: pd.DataFrame = pa.table(given).to_pandas()
        frame.index += first  # the rows' numbers in messages
        if "preparation" in self._about:
            frame = preparation.prepared(frame, self._about["preparation"])
        return frame

    def _asked(self, piece: pa.Table, first: int, source: ForeignSource, name: str) -> Asked:
        """Return what the model is given of rows, and what it answers."""
        frame = self._frame(piece, first, source)
        with _unfit(name):
            return frame, self._model.answer(frame)

    def answer(self, piece: pa.Table, first: int, source: ForeignSource, name: str) -> pa.Table:
        """Return rows of a table, of which the first has this number, with their answers."""
        _, answer = self._asked(piece, first, source, name)
        added = [pa.array(answer[f.name].to_numpy(), f.type) for f in self._added]
        return pa.table([*piece.columns, *added], schema=pa.schema([*piece.schema, *self._added]))

    def see(self, piece: pa.Table, first: int, source: ForeignSource, name: str) -> pa.Table:
        """Return what the model sees of such rows, and what it predicts of them."""
        frame, answer = self._asked(piece, first, source, name)
        said = pa.array(answer.iloc[:, 0].to_numpy(), self.says.type)
        return self.inputs(frame).append_column(self.says, said)

    def _columns(self) -> Sequence[Mapping[str, Any]]:
        return asked.columns(self._about)


def _see(
    numbered: tuple[pa.Table, int], predictor: BatchPredictor, source: ForeignSource, name: str
) -> pa.Table:
    return predictor.see(*numbered, source, name)


def _answer(
    numbered: tuple[pa.Table, int], predictor: BatchPredictor, source: ForeignSource, name: str
) -> pa.Table:
    return predictor.answer(*numbered, source, name)


@contextmanager
def _unfit(name: str) -> Iterator[None]:
    """Let what the model says of rows be said of the table that a person knows."""
    try:
        yield
    except pyfunc.UnfitError as error:
        raise InputError(f"{name}: {error}") from error
