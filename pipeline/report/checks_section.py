"""What the checks of the data found; what failed, with pictures of the columns that drifted."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.judging.evaluation import Estimate
from pipeline.judging.formatting import compact, listed, percent
from pipeline.judging.pictures.canvas import Picture, picture
from pipeline.judging.pictures.panels import Panel, panels
from pipeline.judging.pictures.ranges import Column, ranges
from pipeline.replay.manifest import table
from pipeline.report.profile import Shift
from pipeline.report.report_data import ReportData, Shifts
from pipeline.text.masking import masked
from pipeline.tracking.record import Row

COLUMNS = ("type", "missing", "range", "values")  # checks of one column, as the table has them
VERDICTS = ("failed", "warned", "skipped", "passed")
CATEGORIES = 12  # of a column that are drawn, those that moved most


@dataclass(frozen=True)
class Checks:
    """What the checks of the data found.

    Attributes:
        counts: verdict → number of checks.
        summary: the counts as a text.
        failed: the checks that failed.
        others: those that warned or were skipped.
        columns: column → kind of check → its row.
        drift: the rows against the reference.
        pictures: of the columns that failed, against the reference.
    """

    counts: dict[str, int]
    summary: str
    failed: Sequence[Row]
    others: Sequence[Row]
    columns: dict[str, dict[str, Row]]
    drift: Sequence[Row]
    pictures: Sequence[Picture]

    @property
    def total(self) -> int:
        """How many checks there were."""
        return sum(self.counts.values())

    @property
    def heads(self) -> list[str]:
        """The names of the columns of `drift`, with # before those of numbers."""
        first = self.drift[0] if self.drift else {}
        return [f"{'#' * isinstance(value, float)}{key.replace('_', ' ')}"
                for key, value in first.items()]  # fmt: skip

    @property
    def kinds(self) -> list[str]:
        """The kinds of checks that some column has."""
        return [kind for kind in COLUMNS if any(kind in held for held in self.columns.values())]


def checks(data: ReportData) -> Checks | None:
    """Return what the checks found; None for a run without checks."""
    rows = table(data.manifest, "checks")
    if not rows:
        return None
    of = {verdict: [row for row in rows if row["verdict"] == verdict] for verdict in VERDICTS}
    summary = ", ".join(f"{len(of[name])} {name}" for name in reversed(VERDICTS) if of[name])
    columns: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row["check"] in COLUMNS and row["column"]:
            columns.setdefault(row["column"], {})[row["check"]] = row
    return Checks(
        {verdict: len(found) for verdict, found in of.items()}, summary, of["failed"],
        of["warned"] + of["skipped"], columns,
        sorted(table(data.manifest, "drift"), key=lambda row: row["verdict"] != "failed"),
        _pictures(data.shifts) if data.shifts else (),
    )  # fmt: skip


def _pictures(shifts: Shifts) -> list[Picture]:
    """Draw the columns that drifted: numbers together, then each with categories."""
    against = f"of {shifts.table} against {shifts.reference}, the reference"
    numbers = [shift for shift in shifts.columns if shift.heights]
    drawn = []
    if numbers:
        axes = panels([_panel(shift) for shift in numbers])
        caption = f"Bars: the table. Line: the reference. They differ in {_names(numbers)}."
        drawn.append(picture(axes, "drifted", f"Values {against}", caption))
    for n, shift in enumerate(shift for shift in shifts.columns if shift.shares):
        drawn.append(_categories(shift, n, against))
    return drawn


def _names(shifts: Sequence[Shift]) -> str:
    return listed([shift.name for shift in shifts], 8)


def _panel(shift: Shift) -> Panel:
    before, now = shift.missing
    if before == now:
        note = f"{compact(shift.least)} to {compact(shift.most)}"
    else:
        note = f"missing {percent(before)} → {percent(now)}"
    return Panel(shift.name, note, bars=shift.heights, outline=shift.reference)


def _categories(shift: Shift, number: int, against: str) -> Picture:
    """Draw the categories whose shares differ most, the largest difference first."""
    shown = sorted(shift.shares, key=lambda row: -abs(row[2] - row[1]))[:CATEGORIES]
    estimates: list[Estimate] = [
        {"value": now, "low": min(before, now), "high": max(before, now), "note": None}
        for _, before, now in shown
    ]
    axes = ranges([masked(label) for label, *_ in shown], [Column("share of the rows", estimates)])
    label, before, now = shown[0]
    caption = (
        "Dot: the share in the table. The line begins at the share in the reference. Most moved "
        f"{masked(label)}: {percent(before)} → {percent(now)}."
    )
    if shift.missing[0] != shift.missing[1]:
        caption += f" Missing: {percent(shift.missing[0])} → {percent(shift.missing[1])}."
    title = f"{shift.name} {against}"
    if len(shown) < len(shift.shares):
        title += f": {len(shown)} of {len(shift.shares)} values"
    return picture(axes, f"drifted_{number}", title, caption)
