"""main.action=compare: in what runs differ, and how far apart their models are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase

from pipeline.comparison import judged
from pipeline.comparison.about import About, about, judging_step
from pipeline.comparison.judged import Judged
from pipeline.errors import InputError
from pipeline.judging import paired
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.evaluation import MetricEstimate
from pipeline.judging.formatting import title
from pipeline.replay.manifest import Manifest
from pipeline.report.differences import Line, lines, several
from pipeline.report.run_section import command
from pipeline.text.masking import masked
from pipeline.tracking.record import headline


@dataclass(frozen=True)
class Run:
    """A run that is compared: a letter for it, what it is called by, and how it was started."""

    letter: str
    about: About
    command: str


@dataclass(frozen=True)
class Pair:
    """A later run against the first, on the test rows that both have.

    Attributes:
        first, other: their letters.
        rows: how many test rows both have; `of` how many each has.
        values: metric → figures of the first and of the other on these rows.
        differences: other minus first, with intervals.
        obstacle: why there is no comparison; None if there is one.
    """

    first: str
    other: str
    rows: int = 0
    of: tuple[int, int] = (0, 0)
    values: dict[str, tuple[float, float]] = field(default_factory=dict)
    differences: Sequence[MetricEstimate] = ()
    obstacle: str | None = None

    def verdict(self, estimate: MetricEstimate) -> str:
        """Return which of the two is better by a metric, or that this may be chance."""
        better = paired.better(estimate)
        return (
            "may be chance" if better is None else f"{self.other if better else self.first} better"
        )


@dataclass(frozen=True)
class Compared:
    """Runs held against each other; secrets are masked.

    Attributes:
        runs: in the order in which they were named.
        differing: config, code, packages, data → what is not the same in all.
        metrics: metric with its step → its value in each run, where they are not all the same.
        same_metrics: how many are.
        pairs: each later run against the first.
        how: the resampling of the pairs.
    """

    runs: Sequence[Run]
    differing: dict[str, list[Line]]
    metrics: Sequence[Line]
    same_metrics: int
    pairs: Sequence[Pair]
    how: Bootstrap

    @property
    def letters(self) -> list[str]:
        """Those of the runs."""
        return [run.letter for run in self.runs]


def compare(manifests: Sequence[Manifest], location: str, how: Bootstrap) -> Compared:
    """Compare runs.

    Args:
        manifests: of two runs or more.
        location: of the artifact store.
        how: the resampling.
    """
    runs = [
        Run(letter, about(manifest), command(masked(manifest["overrides"])))
        for letter, manifest in zip(ascii_uppercase, manifests, strict=False)
    ]
    values = [_metrics(manifest) for manifest in manifests]
    moved = [(name, found) for name, found in lines(values, "") if found.count("") < len(runs) - 1]
    common = set(values[0]).intersection(*values[1:])
    return Compared(
        runs=runs,
        differing={
            kind: [(name, masked(values)) for name, values in found]
            for kind, found in several(manifests).items()
        },
        metrics=moved,
        same_metrics=len(common - {name for name, _ in moved}),
        pairs=_pairs(manifests, [run.letter for run in runs], location, how),
        how=how,
    )


def _metrics(manifest: Manifest) -> dict[str, object]:
    """Return the headline metrics of each step, those of the judged model first."""
    first = judging_step(manifest)
    steps = sorted(manifest["steps"], key=lambda step: step is not first)
    return {
        f"{title(name)}, {step['step']}": value
        for step in steps
        if step["status"] in ("finished", "cached")
        for name, value in headline(step["metrics"]).items()
    }


def _pairs(
    manifests: Sequence[Manifest], letters: Sequence[str], location: str, how: Bootstrap
) -> list[Pair]:
    """Compare each later run with the first."""
    read: dict[str, Judged | str] = {}
    for letter, manifest in zip(letters, manifests, strict=True):
        try:
            read[letter] = judged.read(manifest, location)
        except InputError as error:
            read[letter] = str(error)
    return [_pair(letters[0], other, read, location, how) for other in letters[1:]]


def _pair(
    first: str, other: str, read: dict[str, Judged | str], location: str, how: Bootstrap
) -> Pair:
    one, two = read[first], read[other]
    for found in (one, two):
        if isinstance(found, str):
            return Pair(first, other, obstacle=found)
    assert isinstance(one, Judged)
    assert isinstance(two, Judged)
    try:
        ours, theirs = judged.on_common_rows(one, two, location)
    except InputError as error:
        return Pair(first, other, obstacle=str(error))
    before, after, differences = paired.differences(ours, theirs, how)
    return Pair(
        first,
        other,
        rows=len(ours.codes),
        of=(len(one.predictions.codes), len(two.predictions.codes)),
        values={name: (before[name], after[name]) for name in before},
        differences=differences,
    )
