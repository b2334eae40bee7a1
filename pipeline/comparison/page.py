"""What a person sees of runs that were compared: tables on the screen, and a page."""

from pathlib import Path

from pipeline import files
from pipeline.comparison import screen, words
from pipeline.comparison.compare import Compared, Pair
from pipeline.comparison.query import text
from pipeline.config.evaluate import REGRESSION
from pipeline.judging.evaluation import Estimate
from pipeline.judging.formatting import number, title
from pipeline.judging.pictures.canvas import Picture, picture
from pipeline.judging.pictures.ranges import Column, ranges
from pipeline.report.page import fill

LINES = 30  # of a kind that the screen shows; the page has all
SCORES = ("auc", "f1", "accuracy", "precision", "recall")  # of one scale, on which more is better


def show(compared: Compared, metric: str) -> None:
    """Print in what runs differ.

    Args:
        compared: the runs.
        metric: by which it is said which is better.
    """
    letters = compared.letters
    named = [(run.letter, run.about.short, run.about.when, run.about.status, run.about.dataset,
              run.about.model) for run in compared.runs]  # fmt: skip
    screen.show(("", "run", "ended", "status", "dataset", "model"), named, whole=3)
    for kind, found in compared.differing.items():
        rows = [(name, *(screen.shortened(text(v)) for v in values)) for name, values in found]
        more = len(rows) - LINES
        more_rows = [(f"and {more:,} more, on the page", *("" for _ in letters))] * (more > 0)
        screen.show(("", *letters), rows[:LINES] + more_rows, words.KINDS[kind])
    rows = [(name, *words.figures(values)) for name, values in compared.metrics]
    screen.show(
        ("", *(f"#{letter}" for letter in letters)), rows, "Metrics, on each run's own rows"
    )
    for pair in compared.pairs:
        _show_pair(pair)
    print()
    for line in filter(None, [words.same(compared), *_sentences(compared, metric)]):
        print(line)


def _show_pair(pair: Pair) -> None:
    rows = [
        (title(e["metric"]), *(number(v) for v in pair.values[e["metric"]]), words.difference(e),
         pair.verdict(e))
        for e in pair.differences
    ]  # fmt: skip
    heads = ("", f"#{pair.first}", f"#{pair.other}", f"#{pair.other} − {pair.first}", "")
    screen.show(heads, rows, f"Metrics on {words.rows(pair)}, with intervals")


def _sentences(compared: Compared, metric: str) -> list[str]:
    return [words.sentence(pair, metric) for pair in compared.pairs]


def write(compared: Compared, metric: str, folder: Path) -> Path:
    """Write the page into a folder, named after the runs; return its path.

    Args:
        compared: the runs.
        metric: by which it is said which is better.
        folder: made if it is not there.

    Raises:
        InputError: the folder cannot be written to.
    """
    name = f"{'-'.join(run.about.short for run in compared.runs)}.html"
    files.write_texts(folder, {name: render(compared, metric)})
    return folder / name


def render(compared: Compared, metric: str) -> str:
    """Return the page: all text is escaped, there is no script, and it fetches nothing."""
    return fill("compare.html", {
        "compared": compared,
        "letters": compared.letters,
        "sentences": _sentences(compared, metric),
        "same": words.same(compared),
        "how": words.how(compared),
        "kinds": words.KINDS,
        "pictures": {pair.other: _picture(pair) for pair in compared.pairs if pair.differences},
        "text": text,
        "words": words,
    })  # fmt: skip


def _picture(pair: Pair) -> Picture:
    """Return the differences of two runs as dots with their intervals."""
    shown = [estimate for estimate in pair.differences if estimate["metric"] in SCORES]
    estimates: list[Estimate] = [_hundredfold(estimate) for estimate in shown]
    unit = "in hundredths"
    if not shown:  # of numbers: errors in the unit of the target, on which less is better
        shown = [one for one in pair.differences if one["metric"] in REGRESSION.in_unit]
        estimates, unit = list(shown), "in the unit of the target"
    what = f"{pair.other} − {pair.first}, {unit}"
    axes = ranges([title(e["metric"]) for e in shown], [Column(what, estimates)])
    sure = [title(e["metric"]) for e in shown if pair.verdict(e) != "may be chance"]
    caption = f"Beyond chance: {', '.join(sure) if sure else 'none'}."
    name = f"differences-{pair.other}"
    return picture(axes, name, f"How far {pair.other} is from {pair.first}", caption)


def _hundredfold(estimate: Estimate) -> Estimate:
    """Return a difference in hundredths: its scale has shorter numbers."""
    value, low, high = (
        None if bound is None else 100 * bound
        for bound in (estimate["value"], estimate["low"], estimate["high"])
    )
    return {"value": value, "low": low, "high": high, "note": estimate["note"]}
