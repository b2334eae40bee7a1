"""Which columns of a table decide where its rows go."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.errors import InputError, did_you_mean
from pipeline.splits.stratified import checked_size

if TYPE_CHECKING:
    from pipeline.splits.division import Division


def columns_of(
    names: Sequence[str], how: "Division", takes: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return the columns that decide, of a table that has these; `takes`: options of each method.

    Raises:
        InputError: an unknown method, a size outside (0, 1), an option that the method does not
            take or lacks, a column that the table does not have.
    """
    checked_size(how.size, how.size_name)
    if how.method not in takes:
        raise InputError(f"method={how.method}: {did_you_mean(how.method, takes)}")
    options = {"group_by": how.group_by, "time_column": how.time_column, "gap": how.gap,
               "stratify": how.stratify}  # fmt: skip
    for name in (n for n, value in options.items() if value and n not in takes[how.method]):
        users = [method for method, allowed in takes.items() if name in allowed]
        raise InputError(
            f"{name}={options[name]} is not for method={how.method}; leave it out, or take method="
            + " or ".join(users)
        )
    if how.method == "group" and not how.group_by:
        raise InputError("group_by names no column; name those that rows of one group share")
    if how.method == "time" and how.time_column is None:
        raise InputError("method=time needs time_column; name the column that orders the rows")
    of_option = {"stratify": [how.stratify], "group_by": how.group_by,
                 "time_column": [how.time_column]}  # fmt: skip
    option_of = {
        column: o for o, columns in of_option.items() for column in columns if column is not None
    }
    for column, option in option_of.items():
        if column not in names:
            raise InputError(
                f"{option}: the table has no column {column!r}; it has {', '.join(names)}"
            )
    everything = how.method == "hash" and not how.group_by
    # One column at least: without any, a table has no rows.
    return list(names) if everything else list(option_of) or list(names[:1])
