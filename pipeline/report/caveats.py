"""What a reader should know before trusting the figures: the lines of "To bear in mind"."""

from collections.abc import Iterator, Sequence

from pipeline.judging.evaluation import Evaluation
from pipeline.judging.formatting import count, interval, number, percent, tidy
from pipeline.report.checks_section import Checks
from pipeline.report.data_section import Split
from pipeline.report.results_section import Results

CONFLICT = "equal in the key, only with another target"  # as segregate's certificate calls it
EVEN = 0.01  # difference of means below which probabilities are on neither side
MOST_OFF = 0.02  # that predicted probabilities may surely be off before it is worth a line


def caveats(
    notes: Sequence[str],
    split: Split | None,
    checks: Checks | None,
    results: Results | None,
    uses: int | None,
) -> list[str]:
    """Return the lines.

    Args:
        notes: what the steps noted.
        split: how the rows were divided.
        checks: what was found in the data.
        results: how good the model is.
        uses: how many models the test rows have judged.
    """
    lines = list(dict.fromkeys(notes))  # each step says it of the same table
    if split and split.is_suspicious:
        lines.append(split.sentence)
    if checks and checks.counts["warned"]:
        lines.append(f"Checks of the data: {checks.summary}.")
    lines += _labels(split, checks)
    if results:
        lines += _weakest(results)
        lines += _calibration(results.evaluation) if results.evaluation else ()
        lines += _coverage(results.evaluation) if results.evaluation else ()
    if (uses or 0) > 1:
        lines.append(f"This test set has been used {uses} times.")
    return lines


def _coverage(evaluation: Evaluation) -> Iterator[str]:
    """Yield that prediction intervals, or a quantile, hold more seldom than they should."""
    found = [row for row in evaluation["overall"] if row["metric"] == "coverage"]
    drawn = evaluation.get("residuals")
    if not (found and drawn):
        return
    stored, level = drawn["interval"], drawn["quantile"]
    should = level if level is not None else 1 - stored["alpha"] if stored else 0.0
    if (found[0]["high"] or 1.0) < should:
        what = "Prediction intervals hold" if stored else "The predicted quantile holds"
        yield (
            f"{what} for {interval(found[0], 2)} of the test rows instead of "
            f"{number(should, 2)}: these rows are not like those that validated."
        )


def _labels(split: Split | None, checks: Checks | None) -> Iterator[str]:
    """Yield where labels contradict each other: in the table, between test rows and train rows."""
    for row in checks.others if checks else ():
        if row["check"].startswith("labels"):
            seen, expected = tidy(row["seen"]), tidy(row["expected"])
            yield f"Labels contradict each other: {seen}; {expected} is expected."
    for leak in split.leaks if split else ():
        if leak["check"] == CONFLICT and leak["share"]:
            yield (
                f"{percent(leak['share'])} of the test rows equal train rows in the key and have "
                "another target: labels contradict each other there, which bounds every figure."
            )


def _weakest(results: Results) -> Iterator[str]:
    rows = results.per_class
    defined = [(value, row) for row in rows if (value := row["f1"]["value"]) is not None]
    if len(defined) > 2:
        _, weak = min(defined, key=lambda pair: pair[0])
        yield (
            f"The weakest class is {weak['class']}: F1 {interval(weak['f1'], 2)}, "
            f"{count(weak['support'], 'row')}."
        )


def _calibration(evaluation: Evaluation) -> Iterator[str]:
    """Yield that probabilities cannot be taken at their word, if they surely cannot."""
    found = [row for row in evaluation["overall"] if row["metric"] == "ece"]
    curve = [one for one in evaluation["calibration"] if one["class"] == "all"]
    if not (found and curve and (found[0]["low"] or 0) > MOST_OFF):
        return
    rows = curve[0]["rows"]
    said, seen = (
        sum(n * value for n, value in zip(rows, curve[0][key], strict=True)) / max(sum(rows), 1)
        for key in ("predicted", "observed")
    )
    gap = seen - said
    side = "off" if abs(gap) < EVEN else "too low" if gap > 0 else "too high"
    yield (
        f"Predicted probabilities are {side}: {number(said, 2)} on average where {number(seen, 2)} "
        f"of the predictions are right; by range of probability they miss by "
        f"{interval(found[0], 2)}. Where they matter, choose models by them: gate.metric=log_loss."
    )
