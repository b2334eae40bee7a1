"""What an artifact is made from, as far back as the store knows it."""

from collections.abc import Iterable, Iterator, Mapping

from pipeline.config.model import Features
from pipeline.config.preprocess import RowValues
from pipeline.step.run import StepRun
from pipeline.store.manifests import DamagedManifestError
from pipeline.store.versions import Version
from pipeline.tracking import record


def warn_of_made_features(run: StepRun, features: Features, made: RowValues) -> None:
    """Warn of features that the raw table lacks: a served model is asked for them.

    Args:
        run: a step that has read its table.
        features: of the model.
        made: the text feature and the parts of dates of preprocess: the exported model makes them.
    """
    raw = [v for v in _origins(run, run.record.inputs) if "columns" in v.metadata]
    columns = {name for version in raw for name in version.metadata["columns"]}
    text = made.text
    if text and columns.issuperset(text.columns):
        columns.add(text.name)
    columns |= {f"{name}_{part}" for name, date in made.dates.items() for part in date.parts}
    if raw and (lacking := [name for name in features.columns if name not in columns]):
        run.logger.warning(
            "%s lacks the features %s: a step makes them, the exported model does not; who asks "
            "the served model has to give them",
            " and ".join(version.reference for version in raw),
            ", ".join(map(repr, lacking)),
        )


def count_uses(run: StepRun, evaluation: str, test_data: str, model: Version) -> None:
    """Note how many models the test set has judged: each that is chosen by it wears it out."""
    test, judged = run.version(test_data), {model.digest}
    for version in run.versions(evaluation):
        # What was judged was read first, a champion of the same name after it.
        sources = {source["name"]: source["digest"] for source in reversed(version.inputs)}
        if sources.get(test.name) == test.digest and model.name in sources:
            judged.add(sources[model.name])
    run.record.uses = len(judged)
    if len(judged) > 1:
        run.logger.info("this test set has judged %d models", len(judged))


def _origins(run: StepRun, artifacts: Iterable[Mapping[str, object]]) -> Iterator[Version]:
    """Yield the versions at the beginning: those that are made from none that is kept."""
    for artifact in artifacts:
        reference = record.reference(artifact)
        try:
            version = run.version(reference) if run.exists(reference) else None
        except DamagedManifestError as error:
            run.logger.warning("%s", error)
            continue
        if version:
            earlier = list(_origins(run, version.inputs))
            yield from earlier or [version]
