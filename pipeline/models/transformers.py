"""Features that the model makes itself, from `model.transformers`: they are served with it.

Each is a track of the pipeline: a scikit-learn transformer takes columns of the table (numbers as
float64, missing as NaN, others as objects), and what it gives is treated as numeric columns are.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sklearn.base import clone
from sklearn.pipeline import Pipeline

from pipeline.errors import InputError
from pipeline.models.estimator import make_transformer

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator
    from sklearn.pipeline import Pipeline

PREFIX = "transformer_"  # of the names of these tracks
Track = tuple[str, "BaseEstimator", list[str] | str]


def tracks(
    configs: Iterable[Mapping[str, object]],
    numeric: "BaseEstimator",
    random_seed: int,
    allowed: Iterable[str],
) -> Iterator[Track]:
    """Yield name, transformer and columns of each track.

    Args:
        configs: ``_target_``, ``columns`` and parameters of each transformer.
        numeric: what numeric columns pass through, or "passthrough".
        random_seed: of those that take a random_state.
        allowed: classes that ``_target_`` may name besides ALLOWED_TRANSFORMERS.

    Raises:
        InputError: no columns, or a class or parameter that is not allowed.
    """
    for number, config in enumerate(configs):
        key = f"model.transformers[{number}]"
        columns = config.get("columns")
        if not isinstance(columns, list) or not columns:
            raise InputError(
                f"{key}.columns={columns}: name the columns of the table that it takes"
            )
        rest = {name: value for name, value in config.items() if name != "columns"}
        made = make_transformer(key, rest, random_seed, allowed)
        after = numeric if isinstance(numeric, str) else clone(numeric)
        yield f"{PREFIX}{number}", Pipeline([("transformer", made), ("numeric", after)]), columns


def taken(pipeline: "Pipeline") -> list[str]:
    """Return the columns that the transformers of a pipeline take, sorted by name."""
    of_tracks = (names for track, _, names in pipeline[0].transformers if track.startswith(PREFIX))
    return sorted({name for names in of_tracks for name in names})
