"""What the config may say about the checks of the data: the part of the schema steps use too."""

from dataclasses import dataclass, field

REASON = (lambda text: bool(text.strip()), "the reason in words, as 'the new season is meant'")
TYPES = ["number", "integer", "text", "boolean", "date", "any"]


@dataclass
class Column:
    """What `check_data` expects of one column."""

    type: str = field(metadata={"one_of": TYPES})
    min: float | None = None
    max: float | None = None
    allowed: list[str | int | float | bool] | None = None  # every value the column may hold
    max_missing: float = field(default=0.0, metadata={"at_least": 0, "at_most": 1})  # share of rows
    # Instead of checks.drift.numeric or .categorical.
    drift: float | None = field(default=None, metadata={"at_least": 0})


@dataclass
class Drift:
    """How far a table may be from its reference before a difference that is no chance fails."""

    numeric: float = field(default=0.1, metadata={"at_least": 0})  # Wasserstein distance / std
    # Total variation distance: the share of rows that would have to change their category.
    categorical: float = field(default=0.1, metadata={"at_least": 0, "at_most": 1})
    class_ratio: float = field(default=2.0, metadata={"above": 1})  # of one category's shares
    missing: float = field(default=0.05, metadata={"at_least": 0, "at_most": 1})  # in shares


@dataclass
class Labels:
    """How many rows may equal others in the key and have another target."""

    target: str | None = None  # column to predict; null: not looked at
    key: list[str] = field(default_factory=list)  # what equal rows share; none: all but the target
    # Share of all rows, equal to another one of the table.
    max_conflicts: float = field(default=0.05, metadata={"at_least": 0, "at_most": 1})
    # Share of the rows that the reference has too.
    max_changed: float = field(default=0.05, metadata={"at_least": 0, "at_most": 1})
    fail: bool = False  # else more than that is a warning


@dataclass
class Checks:
    """What `check_data` expects of the table."""

    columns: dict[str, Column] = field(default_factory=dict)
    min_rows: int = field(default=1, metadata={"at_least": 1})
    drift: Drift = field(default_factory=Drift)
    labels: Labels = field(default_factory=Labels)
    warn: list[str] = field(default_factory=list)  # checks, or "check column": these do not stop
    # The reason why a table that fails is to be used all the same; the report shows it.
    override: str | None = field(default=None, metadata={"fits": REASON})
