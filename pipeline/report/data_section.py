"""The sections on the data: its profile, its checks, and how its rows were divided."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.judging.formatting import compact, count, listed, percent
from pipeline.judging.pictures.canvas import Picture, clipped, picture
from pipeline.judging.pictures.panels import Panel, panels
from pipeline.replay.manifest import Manifest, output
from pipeline.report.profile import Column, Profile
from pipeline.report.report_data import Certificate, ReportData
from pipeline.text.masking import masked
from pipeline.tracking.record import Row, reference

CELL = 60  # characters of a value from the table
DRAWN = 40  # histograms that are drawn


@dataclass(frozen=True)
class ProfileView:
    """The columns of the table that was divided: a row of texts for each, and the histograms."""

    table: str
    rows: int
    columns: Sequence[dict[str, str]]
    picture: Picture | None


@dataclass(frozen=True)
class Split:
    """How the rows were divided: the certificate, its leaks with the worst first, a sentence."""

    certificate: Certificate
    reference: str
    leaks: Sequence[Row]
    sentence: str

    @property
    def is_suspicious(self) -> bool:
        """Whether some leak is."""
        return any(leak["suspicious"] for leak in self.leaks)

    @property
    def columns(self) -> str:
        """What the rows were divided by."""
        stratify: str | None = self.certificate["stratify"]
        return stratify or ", ".join(self.certificate["group_by"])


def tables(manifest: Manifest) -> list[Row]:
    """Return the artifacts with rows that the run read or made, each once, in order."""
    rows: dict[str, Row] = {}
    for step in manifest["steps"]:
        for artifact in (*step["inputs"], *step["outputs"]):
            metadata = artifact.get("metadata") or {}
            if "rows" in metadata:
                rows[reference(artifact)] = {
                    "reference": reference(artifact), "rows": metadata["rows"],
                    "columns": len(metadata.get("columns") or ()),
                    "digest": artifact["digest"][:12],
                    "description": artifact.get("description") or "",
                }  # fmt: skip
    return list(rows.values())


def profile(data: ReportData) -> ProfileView | None:
    """Return the columns of the table that was divided, and their histograms."""
    return None if data.profile is None else described(data.profile)


def described(whole: Profile) -> ProfileView:
    """Return a table's columns, and their histograms."""
    rows = [_described(column) for column in whole.columns]
    return ProfileView(whole.table, whole.rows, rows, _histograms(whole))


def _described(column: Column) -> dict[str, str]:
    if column.least is not None:
        values = (
            f"{compact(column.least)} to {compact(column.most)}, median {compact(column.median)}"
        )
    elif column.top is not None:
        top = clipped(masked(" ".join(column.top.split())), CELL)
        values = f"most often “{top}” ({percent(column.top_share)})"
    else:
        values = "none"
    return {"name": column.name, "type": column.type, "missing": percent(column.missing),
            "distinct": f"{column.distinct:,}", "values": values}  # fmt: skip


def _histograms(whole: Profile) -> Picture | None:
    shown = [column for column in whole.columns if column.heights and column.edges]
    if not shown:
        return None
    drawn = [
        Panel(c.name, f"{compact(c.edges[0])} to {compact(c.edges[1])}", bars=c.heights)
        for c in shown[:DRAWN]
        if c.edges
    ]
    gaps = [c.name for c in whole.columns if c.missing > 0]
    lacking = f"values are missing in {listed(gaps, 3)}" if gaps else "no value is missing"
    cut = f", the first {DRAWN} drawn" if len(shown) > DRAWN else ""
    caption = f"{count(len(shown), 'numeric column')}{cut}; in the whole table {lacking}."
    title = f"Distribution of the numeric columns of {whole.table}"
    return picture(panels(drawn), "histograms", title, caption)


def split(data: ReportData) -> Split | None:
    """Return what the certificate says of how the rows were divided; None without one."""
    certificate, artifact = data.certificate, output(data.manifest, "certificate")
    if not certificate or not artifact:
        return None
    leaks = sorted(
        certificate["leaks"] or (), key=lambda leak: (not leak["suspicious"], -leak["share"])
    )
    if certificate["leaks"] is None:
        sentence = "Whether test rows have something in common with train rows was not looked for."
    else:
        sentence = _leak_sentence(leaks)
    return Split(certificate, reference(artifact), leaks, sentence)


def _leak_sentence(leaks: Sequence[Row]) -> str:
    """Return what the worst leak is; the leaks are sorted."""
    if not leaks or not leaks[0]["suspicious"]:
        return "Nothing suspicious is common to test rows and train rows."
    worst = leaks[0]
    if not worst["check"].startswith("rows"):
        return f"A feature {worst['check']} ({worst['columns']})."
    return f"{percent(worst['share'])} of the test rows have a match in train: {worst['check']}."
