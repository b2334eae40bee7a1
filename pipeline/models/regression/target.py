"""Whether a target is of the kind that a model predicts: a class, or a number."""

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import InputError
from pipeline.tables.column_kinds import is_number, is_quantity, kind_of, plain, present


def check(target: str, column: pa.ChunkedArray, estimator: str, numbers: bool) -> None:
    """Refuse a target of the other kind.

    Args:
        target: its name.
        column: its values.
        estimator: the class that is to predict it.
        numbers: whether that predicts numbers.

    Raises:
        InputError: a classifier on a quantity; a regressor on what is no number.
    """
    name = estimator.rpartition(".")[2]
    values = present(plain(column))
    if numbers and len(values) and kind_of(values.type) not in ("integer", "number"):
        raise InputError(
            f"the target {target!r} holds {values[0].as_py()!r}, which is no number, but {name} "
            "predicts numbers: set model=random_forest, or another target (data.target)"
        )
    if not numbers and is_number(values.type):
        _refuse_quantity(target, values.cast(pa.float64(), safe=False), name)


def _refuse_quantity(target: str, values: pa.ChunkedArray, name: str) -> None:
    distinct = len(pc.unique(values))
    fractions = bool(pc.any(pc.not_equal(pc.floor(values), values)).as_py())
    if is_quantity(distinct, len(values), fractions):
        raise InputError(
            f"the target {target!r} is a quantity ({distinct:,} distinct numbers in "
            f"{len(values):,} rows), but {name} predicts classes: set "
            "model=random_forest_regressor, or data.task=classification if each number is a class"
        )
