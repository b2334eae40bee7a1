"""Whether a config's model can be built and suits its task, found out before any step runs."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from pipeline import paths
from pipeline.commands.before import target_check
from pipeline.config.evaluate import CLASSIFICATION, REGRESSION, TASKS, Task, bounds
from pipeline.config.model import ALLOWED, REGRESSORS, Features, Model
from pipeline.config.schema import Config
from pipeline.errors import InputError

CODE = (  # what decides it, in pipeline/
    "config/model.py", "errors.py", "models/build.py", "models/rules/categories.py",
    "models/estimator.py", "models/features.py", "models/transformers.py", "models/rules/trial.py",
    "models/rules/validation.py",
)  # fmt: skip
WHAT = {CLASSIFICATION.name: "classes", REGRESSION.name: "numbers"}
QUANTILE = "quantile"  # what a verdict says of a regression that predicts one


def check(config: Config) -> None:
    """Refuse a model that cannot be built, or that does not suit the task or the target.

    Raises:
        InputError: as pipeline.models.build.build_pipeline; the model is not of data.task; a metric
            or a bound is not of its task; the target is seen to be of another kind.
    """
    kind = kind_of(config.data.features, config.model, config.main.random_seed)
    task = CLASSIFICATION if kind == CLASSIFICATION.name else REGRESSION
    asked, name = config.data.task, str(config.model.estimator["_target_"]).rpartition(".")[2]
    if asked not in ("auto", task.name):
        raise InputError(
            f"data.task is {asked}, but {name} predicts {WHAT[task.name]}: set "
            f"model={_counterpart(name, asked)}, or data.task={task.name}"
        )
    for key, metric in _metrics(config):
        _check_metric(key, metric, task, kind)
    target_check.check(config, task)


def kind_of(features: Features, model: Model, random_seed: int) -> str:
    """Return what a model predicts: classification, regression or quantile; refuse a broken one.

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
        return verdict.read_text(encoding="utf-8")
    from sklearn.base import is_regressor

    from pipeline.judging.regression.predictions import quantile_of
    from pipeline.models import build
    from pipeline.models.rules import trial

    estimator = build.build_pipeline(features, model, random_seed)[-1]
    if model.estimator["_target_"] in (*ALLOWED, *REGRESSORS):
        trial.check(estimator)
    kind = REGRESSION.name if is_regressor(estimator) else CLASSIFICATION.name
    if kind == REGRESSION.name and quantile_of(estimator) is not None:
        kind = QUANTILE
    configs = [model.estimator, *model.transformers]
    if all(str(config["_target_"]).startswith("sklearn.") for config in configs):
        verdict.parent.mkdir(parents=True, exist_ok=True)
        verdict.write_text(kind, encoding="utf-8")
    return kind


def _verdict(features: Features, model: Model, random_seed: int) -> Path:
    """Return the file that says what a model predicts that was found good."""
    code = [(paths.ROOT / "pipeline" / name).read_text(encoding="utf-8") for name in CODE]
    content = [asdict(features), asdict(model), random_seed, version("scikit-learn"), code]
    digest = hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()
    return paths.STATE / "models" / digest


def _counterpart(name: str, task: str) -> str:
    """Return a model of a task that is nearest to an estimator of the other."""
    stem = name.removesuffix("Classifier").removesuffix("Regressor")
    known = {"RandomForest": "random_forest", "ExtraTrees": "extra_trees",
             "HistGradientBoosting": "hist_gradient_boosting"}  # fmt: skip
    found = known.get(stem, "random_forest")
    return f"{found}_regressor" if task == REGRESSION.name else found


def _metrics(config: Config) -> Iterator[tuple[str, str]]:
    """Yield the key and the metric of all that is asked of the model's figures."""
    gate, search = config.gate, config.search
    asked = {"gate.metric": gate.metric, "sweep.metric": config.sweep.metric,
             "model.stop_metric": config.model.stop_metric,
             "search.metric": search.metric if search else None}  # fmt: skip
    yield from ((key, metric) for key, metric in asked.items() if metric)
    for key, place in (("overall", gate.overall), ("per_class", gate.per_class),
                       ("slices", gate.slices)):  # fmt: skip
        yield from ((f"gate.{key}", metric) for metric in bounds(place))


def _check_metric(key: str, metric: str, task: Task, kind: str) -> None:
    name = metric.removeprefix("cv_")
    every = {figure for other in TASKS.values() for figure in other.figures}
    if key == "gate.per_class" and task is REGRESSION:
        raise InputError(
            f"gate.per_class={{{metric}: ...}}: a regression has no classes; leave it out, or give "
            f"bounds under gate.overall or gate.slices ({', '.join(task.of_slices)})"
        )
    bound = key in ("gate.overall", "gate.slices")
    known = set(task.of_slices if key == "gate.slices" else task.figures)
    known -= {"pinball"} if kind != QUANTILE else set()
    known -= {"coverage"} if key != "gate.overall" else set()
    if name in every and name not in known:
        said = "a quantile" if kind == QUANTILE else WHAT[task.name]
        choices = ", ".join(figure for figure in task.figures if figure in known)
        raise InputError(
            f"{key}{'.' if bound else '='}{metric} is not of this model, which predicts {said}: "
            f"choose from {choices}"
        )
