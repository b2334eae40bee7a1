"""Whether a config's model can be built, found out before any step runs, and once only."""

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from pipeline import paths
from pipeline.config.model import Features, Model

CODE = (  # what decides it, in pipeline/
    "config/model.py", "errors.py", "models/build.py", "models/estimator.py", "models/features.py",
    "models/transformers.py", "models/trial.py",
)  # fmt: skip


def check(features: Features, model: Model, random_seed: int) -> None:
    """Refuse a model that cannot be built.

    scikit-learn takes a second to import, so a config that was found good is remembered, with
    scikit-learn's version and the code that decided. A class from elsewhere is looked at each time.

    Args:
        features: numeric, categorical, text, as in the config.
        model: the config's model.
        random_seed: the estimator's.

    Raises:
        InputError: as build.build_pipeline and trial.check of pipeline.models.
    """
    verdict = _verdict(features, model, random_seed)
    if verdict.exists():
        return
    from pipeline.models import build, trial

    built = build.build_pipeline(features, model, random_seed)
    if str(model.estimator["_target_"]).startswith("sklearn."):
        trial.check(built[-1])
    configs = [model.estimator, *model.transformers]
    if all(str(config["_target_"]).startswith("sklearn.") for config in configs):
        verdict.parent.mkdir(parents=True, exist_ok=True)
        verdict.touch()


def _verdict(features: Features, model: Model, random_seed: int) -> Path:
    """Return the empty file that is there when this model was found good."""
    code = [(paths.ROOT / "pipeline" / name).read_text(encoding="utf-8") for name in CODE]
    content = [asdict(features), asdict(model), random_seed, version("scikit-learn"), code]
    digest = hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()
    return paths.STATE / "models" / digest
