"""What a step's ``go`` works with: it reads artifacts, makes artifacts, and records numbers."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.store.artifacts import Store, Version
from pipeline.tracking import record
from pipeline.tracking.recorder_client import MovedOfflineError

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.tables.table_files import Source, Writer

Result = TypeVar("Result")


class StepRun:
    """A run of a step: inputs by reference, outputs by name.

    Outputs are published together when the step has ended well; a step that fails leaves none.
    """

    def __init__(self, facts: record.Record, folder: Path, work: Path, store: Store) -> None:
        self.record = facts
        self.folder = folder
        self._work = work
        self.store = store
        facts.catalog = store.catalog
        self._outputs: list[dict[str, Any]] = []
        self.logger = logging.getLogger(facts.step)

    def version(self, reference: str) -> Version:
        """Return what the store knows of an artifact, without reading it."""
        return self._or_offline(lambda: self.store.get(reference))

    def exists(self, reference: str) -> bool:
        """Whether the store has that version or alias of the artifact."""
        return self._or_offline(lambda: self.store.exists(reference))

    def use_artifact(self, reference: str) -> tuple[Version, Path]:
        """Record an artifact as an input and fetch it: its version, and its file or folder."""
        version = self.version(reference)
        self.record.inputs.append(record.artifact_facts(version))
        self.logger.info("read %s", version.reference)
        place = self._work / f"input_{len(self.record.inputs)}"
        place.mkdir()
        return version, self._or_offline(lambda: self.store.download(version, place))

    def read_table(self, reference: str) -> "pa.Table":
        """Fetch an artifact that is a table, with the types it was written with."""
        return self.open_table(reference).read()

    def open_table(self, reference: str) -> "Source":
        """Fetch an artifact that is a table, to read its rows piece by piece."""
        from pipeline.tables import table_files

        version, path = self.use_artifact(reference)
        return table_files.Source(path, version.metadata)

    def write_table(self, name: str, table: "pa.Table", type: str, description: str) -> None:  # noqa: A002
        """Make a table an output, as CSV or Parquet after the name's suffix."""
        from pipeline.tables import table_files

        with self.table_writer(name, table_files.schema_of(table), type, description) as writer:
            writer.write(table)

    @contextmanager
    def table_writer(
        self,
        name: str,
        schema: "pa.Schema",
        type: str,  # noqa: A002
        description: str,
    ) -> Iterator["Writer"]:
        """Make a table an output, written piece by piece; its schema as a Source has it."""
        from pipeline.tables import table_files

        path = self.output_path(name)
        self.add_artifact(name, path, type, description, {})
        metadata = self._outputs[-1]["metadata"]
        with table_files.Writer(path, schema) as writer:
            yield writer
        metadata.update(writer.metadata)

    def scratch(self) -> Path:
        """Return a folder for what does not fit into memory; it is gone when the step ends."""
        folder = self._work / "scratch"
        folder.mkdir(exist_ok=True)
        return folder

    def output_path(self, name: str) -> Path:
        """Return where a file or folder can be made that is to become the output ``name``."""
        place = self._work / "outputs" / name
        place.parent.mkdir(exist_ok=True)
        return place

    def add_artifact(
        self,
        name: str,
        path: Path,
        type: str,  # noqa: A002
        description: str,
        metadata: Mapping[str, Any],
    ) -> None:
        """Make a file or folder an output, published when the step has ended well."""
        self._outputs.append(
            {"name": name, "path": path, "type": type, "description": description}
            | {"metadata": dict(metadata)}
        )

    def log(self, metrics: Mapping[str, float]) -> None:
        """Record metrics; a name with a slash is a detail (``f1/Pop``)."""
        self.record.metrics.update(metrics)

    def log_table(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Record a small table, a list of rows with the same keys."""
        self.record.tables[name] = rows
        record.write_table(name, rows, self.folder)

    def log_text(self, name: str, text: str) -> None:
        """Record a text for people as ``name.md``."""
        (self.folder / f"{name}.md").write_text(text, encoding="utf-8")

    def log_picture(self, name: str, png: bytes) -> None:
        """Record a picture as ``name.png``."""
        (self.folder / f"{name}.png").write_bytes(png)
        self.record.pictures[f"{name}.png"] = hashlib.sha256(png).hexdigest()

    def refuse(self, reason: str) -> None:
        """Let the run end with status 1, though all that was made is published and recorded."""
        self.record.refused = reason

    def promote(self, version: Version, alias: str, registered_model: str | None) -> None:
        """Let an alias mean a version when the outputs are published; in MLflow's registry too."""
        self.record.promoted = {
            "name": version.name, "digest": version.digest, "alias": alias,
            "registered_model": registered_model or "",
        }  # fmt: skip

    def count_uses(self, evaluation: str, test_data: str, model: Version) -> None:
        """Note how many models the test set has judged: each that is chosen by it wears it out."""
        test = self.version(test_data)
        judged = {model.digest}
        for version in self.store.known(evaluation):
            # What was judged was read first, a champion of the same name after it.
            made_from = {made["name"]: made["digest"] for made in reversed(version.inputs)}
            if made_from.get(test.name) == test.digest and model.name in made_from:
                judged.add(made_from[model.name])
        self.record.uses = len(judged)
        if len(judged) > 1:
            self.logger.info("this test set has judged %d models", len(judged))

    def publish(self) -> None:
        """Write the outputs to the store; `latest` moves when all are there."""
        self._or_offline(self._publish)

    def moved(self, moved: MovedOfflineError) -> None:
        """Note, and say, that W&B failed and the run goes on offline."""
        self.record.offline = str(moved)
        self.record.wandb_run = moved.run or self.record.wandb_run
        self.logger.warning("%s; going on offline", moved)

    def _or_offline(self, work: Callable[[], Result]) -> Result:
        """Do it; if W&B fails and the run may go on without, do it so."""
        try:
            return work()
        except MovedOfflineError as moved:
            self.moved(moved)
            return work()

    def _publish(self) -> None:
        store = self.store.own if self.record.offline else self.store
        if store.catalog != self.record.catalog:  # what was read is named as what is written
            held = (self.store.same(a["name"], a["digest"]) for a in self.record.inputs)
            self.record.inputs = [record.artifact_facts(store.take(v)) for v in held if v]
            self.record.catalog = store.catalog
        self.record.outputs.clear()
        runs = {"mlflow": self.record.mlflow_run, "wandb": self.record.wandb_run}
        made_by = {tracker: run for tracker, run in runs.items() if run}
        lineage = [{k: a[k] for k in ("name", "version", "digest")} for a in self.record.inputs]
        for output in self._outputs:
            version = store.put(
                **output, inputs=lineage, step=self.record.step, run_ids=made_by, latest=False
            )
            self.record.outputs.append(record.artifact_facts(version))
            self.record.local_files[version.name] = str(output["path"])
            self.logger.info("wrote %s", version.reference)
        for made in self.record.outputs:
            store.set_alias(record.reference(made), "latest")
        if promoted := self.record.promoted:
            model = store.same(promoted["name"], promoted["digest"])
            assert model, "it was read from there"
            store.set_alias(model.reference, promoted["alias"])
            self.logger.info("%s is the %s now", model.reference, promoted["alias"])
