"""Whether a target is of the kind that the model predicts, as far as the file lets it be seen."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import paths
from pipeline.cache.external_files import local_file
from pipeline.config.evaluate import CLASSIFICATION, Task
from pipeline.config.schema import Config, Data
from pipeline.models.regression import target
from pipeline.tables.column_kinds import plain, present
from pipeline.tables.external_chunks import ForeignSource

SKLEARN = "sklearn:"
NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
MOSTLY = 0.9  # of the values that are there, for a column of texts to be one of numbers


def check(config: Config, task: Task) -> None:
    """Refuse a target of another kind than the model predicts, if its file is here.

    The beginning of the file is looked at, once for each content; what preprocess or a step makes
    of the column is not known here, and training looks at that.

    Raises:
        InputError: a classifier on a quantity, unless data.task says that these are classes; a
            regressor on texts.
    """
    data = config.data
    if data.task == CLASSIFICATION.name:
        return
    verdict = _verdict(data, task)
    if verdict is None or verdict.exists():
        return
    column = _column(data)
    if column is not None:
        numbers, estimator = task is not CLASSIFICATION, str(config.model.estimator["_target_"])
        target.check(data.target, column, estimator, numbers)
    verdict.parent.mkdir(parents=True, exist_ok=True)
    verdict.touch()


def _verdict(data: Data, task: Task) -> Path | None:
    """Return the file that is there when this target was found good; None: it is not seen here."""
    file = local_file(data.file_url, paths.ROOT)
    if file is None and not data.file_url.startswith(SKLEARN):
        return None
    facts = file.stat() if file else None
    seen = [facts.st_size, facts.st_mtime_ns] if facts else []
    content = [data.file_url, *seen, data.target, asdict(data.read), task.name]
    digest = hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()
    return paths.STATE / "targets" / digest


def _column(data: Data) -> pa.ChunkedArray | None:
    """Return the first values of the target that are there; None where there is no such column."""
    if data.file_url.startswith(SKLEARN):
        return _of_sklearn(data.file_url.removeprefix(SKLEARN), data.target)
    file = local_file(data.file_url, paths.ROOT)
    assert file
    source = ForeignSource(file, data.file_url, data.read)
    if data.target not in source.schema.names:
        return None
    first = next((piece for piece in source.pieces() if len(piece)), None)
    if first is None:
        return None
    column = present(plain(first[data.target]))
    if not source.is_csv:
        return column
    texts = present(source.number_texts(column))
    numbers = texts.filter(pc.match_substring_regex(texts, NUMBER))
    if len(numbers) < MOSTLY * len(texts):
        return texts
    return pc.utf8_trim_whitespace(numbers).cast(pa.float64())


def _of_sklearn(name: str, column: str) -> pa.ChunkedArray | None:
    from sklearn import datasets

    if not hasattr(datasets, f"load_{name}"):
        return None  # get_data says so
    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    return pa.chunked_array([pa.array(frame[column])]) if column in frame else None
