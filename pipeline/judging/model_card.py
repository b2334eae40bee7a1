"""The card of a model in Markdown: what it is for, what it learned from, how to load it.

Training writes it beside the model, so that it holds what training knows and is the same each time;
the report adds how good the model is.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.config.model import Features
from pipeline.judging.formatting import cell, count, title, typed
from pipeline.markdown import markdown
from pipeline.text.escaping import escaped

# A bar is escaped by the table; an underscore inside a word is none.
MARKUP = re.compile(r"([\\`*\[\]<>]|(?<![^\W_])_|_(?![^\W_]))")
ANSWERS = (  # of classes, of numbers
    "the class and a probability for each class, for each row of a DataFrame",
    "the number, and the bounds of its interval, for each row of a DataFrame",
)
LOAD = f"""\
```python
import mlflow

model = mlflow.pyfunc.load_model("FOLDER")  # of this file
model.predict(table)  # {ANSWERS[0]}
```

`mlflow models serve -m FOLDER` answers requests. When it is loaded, the model predicts rows that
it was exported with, and refuses to start if the answers are not those of then."""


@dataclass(frozen=True)
class Training:
    """What training knows of a model.

    Attributes:
        target: the column that it predicts; `classes` are its values, None if it is a number.
        features: the columns that it sees.
        made_from: the columns that the text feature is joined from.
        estimator: its class and parameters, as in the config.
        table: name of the training table; `digest` of its content.
        rows: that it was fitted on, and that validated it.
        how: how the rows were divided into these.
        metrics: on the validation rows.
        versions: of Python and of the packages that it needs.
    """

    target: str
    classes: Sequence[object] | None
    features: Features
    made_from: Sequence[str]
    estimator: Mapping[str, object]
    table: str
    digest: str
    rows: tuple[int, int]
    how: str
    metrics: Mapping[str, float]
    versions: Mapping[str, str]


def training(facts: Training) -> str:
    """Return the card as training writes it; it depends on the facts only.

    How many processes fitted the model is none of them: it changes nothing.
    """
    parameters = {name: value for name, value in facts.estimator.items() if name != "n_jobs"}
    name = str(parameters.pop("_target_", "model")).rpartition(".")[2]
    fitted, validated = facts.rows
    learned = [
        ("training table", facts.table),
        ("its digest", facts.digest),
        ("rows it was fitted on", count(fitted, "row")),
        ("rows that validated it", f"{count(validated, 'row')}, {facts.how}"),
        *((f"{title(metric)} on these", f"{value:.4f}") for metric, value in facts.metrics.items()),
    ]
    return f"# Model card: {inline(f'{name} that predicts {facts.target}')}\n\n" + parts({
        "What it is for": _purpose(facts),
        "What it learned from": table(learned),
        f"Parameters of {name}": table((name, typed(value)) for name, value in parameters.items()),
        "How to load it": LOAD.replace(*ANSWERS) if facts.classes is None else LOAD,
        "Made with": table(facts.versions.items()),
    })  # fmt: skip


def parts(texts: Mapping[str, str]) -> str:
    """Return texts under headings; one that is empty is left out."""
    return "".join(f"## {inline(n)}\n\n{text.strip()}\n\n" for n, text in texts.items() if text)


def table(pairs: Iterable[tuple[str, object]]) -> str:
    """Return facts as a table of two columns."""
    return markdown([{"what": inline(name), "value": inline(value)} for name, value in pairs])


def inline(value: object) -> str:
    """Return a plain value as text of one line that is no markup."""
    return MARKUP.sub(r"\\\1", escaped(" ".join(cell(value).split())))


def bullets(lines: Sequence[str]) -> str:
    """Return lines as a list."""
    return "\n".join(f"- {inline(line)}" for line in lines)


def _purpose(facts: Training) -> str:
    features = facts.features
    columns = {
        "numbers": features.numeric,
        "categories": features.categorical,
        "text": [features.text] if features.text else [],
    }
    lines = [f"{kind}: {', '.join(names)}" for kind, names in columns.items() if names]
    if facts.made_from:
        lines[-1] += f", which is {' and '.join(facts.made_from)} joined"
    if facts.classes is None:
        known = "a number"
    else:
        known = f"{len(facts.classes)} classes: {inline(', '.join(map(str, facts.classes)))}"
    return (
        f"It predicts **{inline(facts.target)}** ({known}) of rows like those of its training "
        f"table, from these columns:\n\n"
        f"{bullets(lines)}\n\nWhat is not like these rows it was never judged on."
    )
