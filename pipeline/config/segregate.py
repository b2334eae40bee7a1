"""What the config may say about dividing rows."""

from dataclasses import dataclass, field

from pipeline.config.evaluate import TASKS
from pipeline.config.preprocess import Features

SHARE = {"above": 0, "below": 1}  # a fraction of the rows: neither nothing nor everything
SEED = {"at_least": 0, "at_most": 2**32 - 1}  # what numpy's RandomState accepts
METHODS = ["stratified", "random", "group", "time", "hash"]  # of pipeline/splits/division.py


@dataclass(kw_only=True)
class Split:
    """How rows are divided, whatever their shares."""

    method: str = field(default="stratified", metadata={"one_of": METHODS})
    group_by: list[str] = field(default_factory=list)  # for group and hash
    time_column: str | None = None  # for time
    gap: float = field(default=0.0, metadata={"at_least": 0})  # days, or the column's unit


@dataclass(kw_only=True)
class Leaks:
    """Whether test rows are looked for that are known from the train table."""

    leaks: bool = True  # look for them; on large tables that is a third of the work
    # Share of test rows that may equal a train row, in all features or the key; null: any, warn.
    max_leak: float | None = field(default=None, metadata={"at_least": 0, "at_most": 1})


@dataclass(kw_only=True)
class Segregate(Leaks, Split):
    """The split parameters of segregate/run.py."""

    test_size: float = field(metadata=SHARE)
    random_state: int = field(metadata=SEED)
    stratify: str | None = None


@dataclass(kw_only=True)
class Audit(Leaks):
    """What `segregate` looks for in the two tables."""

    target: str | None = None  # column to predict; by default the stratify column
    task: str = field(default="auto", metadata={"one_of": ["auto", *TASKS]})  # as in data
    # That the model sees, and that make rows equal; none: all columns but the target.
    features: Features = field(default_factory=Features)
    key: list[str] = field(default_factory=list)  # columns that say which rows are of one thing
    time: str | None = None  # column of when a row is from
    # Share of the train rows that are going to be validation rows; null: there are none.
    val_size: float | None = field(default=None, metadata=SHARE)
