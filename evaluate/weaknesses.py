"""What the test rows leave unsaid about a model."""

from collections.abc import Iterator, Sequence

from pipeline.judging.evaluation import Evaluation, Label
from pipeline.judging.formatting import count, listed

FEWEST = 30  # test rows; with fewer, skill and chance look the same


def weaknesses(evaluation: Evaluation) -> Iterator[str]:
    """Yield why good figures may mean little, all in one sentence; nothing if they do not."""
    if parts := list(_parts(evaluation)):
        yield f"the test rows say little of the model: {'; '.join(parts)}"


def _parts(evaluation: Evaluation) -> Iterator[str]:
    classes, rows = evaluation["per_class"], evaluation["rows"]
    predicted = map(sum, zip(*evaluation["confusion"], strict=True))
    there = [row["class"] for row in classes if row["support"]]
    lacking = [row["class"] for row in classes if not row["support"]]
    never = [row["class"] for row, times in zip(classes, predicted, strict=True)
             if row["support"] and not times]  # fmt: skip
    if rows < FEWEST:
        yield f"{count(rows, 'row')}, fewer than {FEWEST}"
    if len(there) == 1:
        yield f"all are of class {there[0]}"
    elif lacking:
        yield f"none is of {_named(lacking)}"
    if never:
        yield f"{_named(never)} {'is' if len(never) == 1 else 'are'} never predicted"


def _named(labels: Sequence[Label]) -> str:
    return f"class{'' if len(labels) == 1 else 'es'} {listed(map(str, labels))}"
