"""What the config may say about judging a model: the part of the schema that steps use too."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from pipeline.errors import InputError, check_names


@dataclass
class Judging:
    """How `evaluate` finds out how sure its figures are."""

    resamples: int = field(default=1000, metadata={"at_least": 100})  # of the test rows
    slice_resamples: int = field(default=200, metadata={"at_least": 100})  # of a slice's rows
    small_slice: int = field(default=100, metadata={"at_least": 1})  # fewer rows are flagged
    permutation_rows: int = field(default=500, metadata={"at_least": 10})  # of one repeat
    permutation_repeats: int = field(default=5, metadata={"at_least": 2})


def judging(given: Mapping[str, Any]) -> Judging:
    """Return the settings of a mapping; what is left out has its default.

    Raises:
        InputError: an unknown key, or a value that is no whole number or too small.
    """
    known = {f.name: f.metadata["at_least"] for f in fields(Judging)}
    check_names("judging", given, known)
    for name, value in given.items():
        if type(value) is not int or value < known[name]:
            least = known[name]
            raise InputError(
                f"judging.{name} must be a whole number of at least {least}, got {value!r}"
            )
    return Judging(**given)
