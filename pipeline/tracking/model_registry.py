"""MLflow's model registry: the champion, beside the alias that the artifact store has."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.tracking.record import Record

if TYPE_CHECKING:
    from mlflow import MlflowClient

ALIAS = "champion"  # in the registry, where every dataset has a name of its own
DIGEST = "pipeline.digest"  # tag of a registered version: which artifact it is


def register(record: Record, store: Store) -> None:
    """Register the model that a step has promoted, if it has, and let the alias mean it.

    A model that is registered already is not registered again.

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
            client.create_registered_model(name)
        versions = client.search_model_versions(f"name = '{name}'")
        same = [v.version for v in versions if v.tags.get(DIGEST) == promotion["digest"]]
        number = same[0] if same else _add(client, name, record, store)
        client.set_registered_model_alias(name, ALIAS, number)
    except MlflowException as error:
        raise InputError(
            f"MLflow's registry does not take {promotion['name']} as {name!r}: {error}; "
            "gate.registered_model=null does without"
        ) from error


def _add(client: "MlflowClient", name: str, record: Record, store: Store) -> str:
    """Log the model to the step's MLflow run and register it from there."""
    assert record.promoted
    assert record.mlflow_run
    version = store.same(record.promoted["name"], record.promoted["digest"])
    assert version, "it was promoted in this store"
    with tempfile.TemporaryDirectory() as folder:
        path = store.download(version, Path(folder))
        client.log_artifacts(record.mlflow_run, str(path), "model")
    source = f"{client.get_run(record.mlflow_run).info.artifact_uri}/model"
    tags = {DIGEST: version.digest, "pipeline.artifact": version.reference}
    model_version = client.create_model_version(name, source, record.mlflow_run, tags=tags)
    return str(model_version.version)
