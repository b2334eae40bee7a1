"""MLflow's model registry: the champion, beside the alias that the artifact store has."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.tracking.entities import descriptions, models
from pipeline.tracking.record import Promotion, Record

if TYPE_CHECKING:
    from mlflow import MlflowClient

ALIAS = "champion"  # in the registry, where every dataset has a name of its own
VERSIONS = "mlflow.modelVersions"  # tag of a logged model, by which MLflow leads to its versions


def register(record: Record, store: Store, tags: Mapping[str, str] = MappingProxyType({})) -> None:
    """Register the model that a step has promoted, if it has, and let the alias mean it.

    A model that is registered already is not registered again.

    Args:
        record: of the step, which has an MLflow run.
        store: that holds the model.
        tags: of the whole run, such as its dataset.

    Raises:
        InputError: the registry does not take it.
    """
    promotion = record.promoted
    if record.status != "finished" or not promotion or not promotion["registered_model"]:
        return
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client, name = MlflowClient(), promotion["registered_model"]
    try:
        if not client.search_registered_models(f"name = '{name}'"):
            subject = descriptions.subject(record, tags)
            about = descriptions.registered_model(subject)
            client.create_registered_model(name, subject, about)
        versions = client.search_model_versions(f"name = '{name}'")
        same = [v.version for v in versions if v.tags.get(models.DIGEST) == promotion["digest"]]
        number = same[0] if same else _add(client, promotion, record, store, tags)
        about = descriptions.model_version(record)
        client.update_model_version(name, number, about)
        client.set_registered_model_alias(name, ALIAS, number)
    except MlflowException as error:
        raise InputError(
            f"MLflow's registry does not take {promotion['name']} as {name!r}: {error}; "
            "gate.registered_model=null does without"
        ) from error


def _add(
    client: "MlflowClient", promotion: Promotion, record: Record, store: Store,
    tags: Mapping[str, str],
) -> str:  # fmt: skip
    """Register the logged model; return the number of its version."""
    assert record.mlflow_run
    version = store.same(promotion["name"], promotion["digest"])
    assert version, "it was promoted in this store"
    model = models.logged(client, record.mlflow_run, version, store, tags=tags)
    about = {**tags, models.DIGEST: version.digest, models.ARTIFACT: version.reference}
    made = client.create_model_version(
        promotion["registered_model"],
        f"models:/{model.model_id}",
        model.source_run_id,
        tags=about,
        model_id=model.model_id,
    )
    names = [{"name": made.name, "version": made.version}]
    client.set_logged_model_tags(model.model_id, {VERSIONS: json.dumps(names)})
    return str(made.version)


def attach(name: str, digest: str, files: Iterable[Path]) -> None:
    """Put files beside a registered model's own; nothing if it is not registered.

    Args:
        name: of the registered model.
        digest: of the artifact that the model is.
        files: to put there; one of the same name is replaced.
    """
    from mlflow import MlflowClient

    client, paths = MlflowClient(), list(files)
    for version in client.search_model_versions(f"name = '{name}'"):
        kind, _, model = str(version.source).partition("models:/")  # a search leaves model_id out
        if version.tags.get(models.DIGEST) == digest and not kind:
            for path in paths:
                client.log_model_artifact(model, str(path))
