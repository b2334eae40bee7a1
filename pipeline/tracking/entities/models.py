"""Exported models as MLflow's logged models: files, parameters, the run that made them."""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline.store.artifacts import Store
from pipeline.store.versions import Version
from pipeline.tracking.entities import parameters
from pipeline.tracking.record import ArtifactFacts

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel

TYPE = "model"  # of the artifact that is one
DIGEST = "pipeline.digest"  # tag: which artifact it is
ARTIFACT = "pipeline.artifact"  # tag: its name and version
NOTE = "mlflow.note.content"  # tag: what MLflow shows as the description


def of(artifacts: list[ArtifactFacts]) -> ArtifactFacts | None:
    """Return the model among artifacts, if there is one."""
    return next((a for a in artifacts if a["type"] == TYPE), None)


def logged(
    client: "MlflowClient",
    run: str,
    version: Version,
    store: Store,
    name: str = "",
    tags: Mapping[str, str] = MappingProxyType({}),
    values: parameters.Flat = MappingProxyType({}),
) -> "LoggedModel":  # fmt: skip
    """Return the logged model of an exported one, in a run's experiment; made if it is not there.

    Args:
        client: of MLflow.
        run: id of the MLflow run.
        version: the exported model.
        store: that holds it.
        name: of the whole run; empty: the artifact's.
        tags: of the whole run.
        values: parameters of the step that fitted it, flat.
    """
    experiment = client.get_run(run).info.experiment_id
    where = f"tags.`{DIGEST}` = '{version.digest}'"
    if there := client.search_logged_models([experiment], where, max_results=1):
        return there[0]
    model = client.create_logged_model(
        experiment,
        name=re.sub(r"""[/:.%"']""", "_", name or version.name)[:200],
        source_run_id=version.run_ids.get("mlflow", run),
        tags={
            **tags, DIGEST: version.digest, ARTIFACT: version.reference,
            NOTE: f"{version.description[:4000]}, `{version.reference}`",
        },
        params=parameters.params(values),
        model_type=str(version.metadata.get("estimator", "")),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        client.log_model_artifacts(model.model_id, str(store.download(version, Path(folder))))
    return client.finalize_logged_model(model.model_id, "READY")
