"""The MLflow runs of a pipeline run: the parent, and below it one for each step."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.context import variables
from pipeline.store.artifacts import Store
from pipeline.tracking.entities import datasets, models, parameters
from pipeline.tracking.entities.identity import GIVEN, Identity
from pipeline.tracking.entities.parameters import Flat, Handed
from pipeline.tracking.mlflow_log import Subject
from pipeline.tracking.record import Record

if TYPE_CHECKING:
    from mlflow import ActiveRun
    from mlflow.entities import DatasetInput, Run

PARENT = "mlflow.parentRunId"
INHERITED = ("mlflow.user", "mlflow.source.git.")  # beginnings of the parent's tags for its steps


def experiment_of(project: str) -> str:
    """Return the id of a project's experiment, made if there is none.

    MLflow's own variables may name another one.
    """
    from mlflow import MlflowClient

    chosen, number = (variables().get(f"MLFLOW_EXPERIMENT_{word}") for word in ("NAME", "ID"))
    if number and not chosen:
        return number
    client, name = MlflowClient(), chosen or project
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name))


@contextmanager
def opened(
    identity: Identity, project: str, resumed: str | None, tags: Mapping[str, str]
) -> Iterator["ActiveRun"]:
    """Open the parent run.

    Args:
        identity: of the run.
        project: its name.
        resumed: id of the run that ``mlflow run .`` has made; a name given to it stays.
        tags: of the run, besides those of its identity.
    """
    import mlflow

    client = mlflow.MlflowClient()
    given = client.get_run(resumed) if resumed else None
    has_name = given and not GIVEN.fullmatch(given.info.run_name or "")
    with mlflow.start_run(
        experiment_id=None if given else experiment_of(project),
        run_name=None if has_name else identity.name,
        tags=identity.own_tags | dict(tags),
    ) as active:
        there = given.data.params if given else {}  # by MLflow, from -P
        values = {n: v for n, v in identity.parameters.items() if n not in there}
        parameters.log(client, active.info.run_id, values)
        yield active


class Family:
    """The parent run and its children."""

    def __init__(self, parent: "Run", identity: Identity) -> None:
        """Take the parent, which is open, and what the whole run is."""
        from mlflow import MlflowClient

        self._client = MlflowClient()
        self._parent = str(parent.info.run_id)
        self._experiment = parent.info.experiment_id
        self._identity = identity
        self._inherited = {n: v for n, v in parent.data.tags.items() if n.startswith(INHERITED)}
        self._tables: set[str] = set()  # digests of those that the parent has been told of
        # Run of a step → its parameters as they were given, and flat.
        self._given: dict[str, tuple[Mapping[str, object], Flat]] = {}

    def begin(
        self, step: str, given: Mapping[str, object], config: Flat, folder: Path | None
    ) -> str:
        """Make the run of a step, with its parameters; return its id.

        MLflow itself would write these as they stand in the command: quoted for a shell, and paths
        of YAML files instead of what they hold.

        Args:
            step: the step.
            given: its parameters.
            config: the same, flat, by their names in the config.
            folder: made, for the step to find them and to leave its record there; None: it does
                not run.
        """
        tags = self._identity.tags
        if folder:
            folder.mkdir()
            about: Handed = {
                "parameters": {**given}, "config": {**config}, "tags": [*tags.values()],
            }  # fmt: skip
            parameters.hand(folder, about)
        project = {
            PARENT: self._parent, "mlflow.source.name": step, "mlflow.source.type": "PROJECT",
            "mlflow.project.entryPoint": "main",
        }  # fmt: skip
        made = self._client.create_run(
            self._experiment, tags=self._inherited | tags | project, run_name=step
        )
        parameters.log(self._client, made.info.run_id, config)
        self._given[made.info.run_id] = given, config
        return str(made.info.run_id)

    def end(self, run: str, status: str) -> None:
        """End the run of a step."""
        self._client.set_terminated(run, status)

    def link(self, record: Record, run: str, store: Store) -> Subject:
        """Tell a step's run, and the parent, which tables and models it has read and made.

        Args:
            record: of the step.
            run: id of its run, which has been begun.
            store: that holds its artifacts.

        Returns:
            What its metrics are of.
        """
        from mlflow.entities import LoggedModelInput, LoggedModelOutput

        given, values = self._given[run]
        dataset, contexts = self._identity.dataset, datasets.contexts(given)
        tables = list(datasets.inputs(record, dataset, contexts))
        facts = models.of(record.outputs) or models.of(record.inputs)
        version = store.same(facts["name"], facts["digest"]) if facts else None
        model = None
        if version:
            about = self._identity.name, self._identity.tags
            model = models.logged(self._client, run, version, store, *about, values).model_id
        if model and facts in record.outputs:
            for owner in (run, self._parent):
                self._client.log_outputs(owner, [LoggedModelOutput(model, 0)])
        used = [LoggedModelInput(model)] if model and facts in record.inputs else []
        if tables or used:
            self._client.log_inputs(run, tables, used)
        self._tell_parent(tables)
        first = tables[0].dataset if tables else None
        return Subject(model, first.name if first else None, first.digest if first else None)

    def _tell_parent(self, tables: "list[DatasetInput]") -> None:
        """Tell the parent of tables that it does not know yet; the first is its data."""
        new = [table for table in tables if table.dataset.digest not in self._tables]
        if new and not self._tables:
            self._client.log_param(self._parent, "data.digest", new[0].dataset.digest)
        if new:
            self._client.log_inputs(self._parent, new)
        self._tables |= {table.dataset.digest for table in new}
