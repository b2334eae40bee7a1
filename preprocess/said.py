"""What preprocess did, in words."""

from collections.abc import Mapping, Sequence

from pipeline.config.preprocess import Duplicates

MANY = 0.2  # of the rows; that more are dropped may not be what is meant
WORDS = {
    "values_mapped": "values mapped",
    "values_filled": "missing values filled in",
    "values_dates": "dates read",
    "rows_without_value": "rows without a needed value dropped",
    "values_infinite": "infinite values replaced",
    "rows_infinite": "rows with infinite values dropped",
    "values_rare": "rare values merged",
    "rows_rare": "rows of rare values dropped",
}


def called(duplicates: Duplicates) -> str:
    """Return what happened to equal rows, in words."""
    kind = f"duplicates by {', '.join(duplicates.by)}" if duplicates.by else "exact duplicates"
    return f"{kind} {'aggregated' if duplicates.keep == 'aggregate' else 'dropped'}"


def done(counts: Mapping[str, float]) -> str:
    """Return in words what was done to values and rows besides, where anything was asked for."""
    there = {words: counts[name] for name, words in WORDS.items() if name in counts}
    return ", ".join(f"{number:,.0f} {words}" for words, number in there.items())


def many_dropped(counts: Mapping[str, float], by: Sequence[str] = ()) -> str | None:
    """Return a sentence on the rows that were dropped, None if they are no large share.

    Args:
        counts: of clean.
        by: the columns that make rows equal; none: all.
    """
    rows, gone = counts["rows_in"], counts["duplicates"]
    if gone <= MANY * rows:
        return None
    equal = ", ".join(by) if by else "every column"
    return (
        f"{gone:,} of {rows:,} rows ({gone / rows:.1%}) equal others in {equal} and are "
        f"dropped: {counts['rows_out']:,} distinct rows are left; "
        "data.preprocess.drop_duplicates=false keeps them all"
    )
