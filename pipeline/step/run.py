"""What a step's ``go`` works with: it reads artifacts, makes artifacts, and records numbers."""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.files import write_bytes, write_text
from pipeline.store.artifacts import Store
from pipeline.store.drafts import Draft, Provenance
from pipeline.store.versions import InputOf, Version
from pipeline.tracking import model_registry
from pipeline.tracking.record import Record, Row, artifact_facts, write_table
from pipeline.tracking.recorder_client import MovedOfflineError
from pipeline.tracking.wandb_store import WandbStore

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.tables.table_files import Source, Writer


class StepRun:
    """A run of a step: inputs by reference, outputs by name.

    Outputs are published together when the step has ended well; a step that fails leaves none.
    """

    def __init__(self, record: Record, folder: Path, work: Path, store: Store) -> None:
        self.record = record
        self.folder = folder
        self._work = work
        self._store = store
        record.catalog = store.catalog
        self._inputs: list[Version] = []
        self._drafts: list[Draft] = []
        self.logger = logging.getLogger(record.step)
        if isinstance(store, WandbStore):
            store.on_offline = self.note_offline

    def version(self, reference: str) -> Version:
        """Return what the store knows of an artifact, without reading it."""
        return self._store.get(reference)

    def exists(self, reference: str) -> bool:
        """Whether the store has that version or alias of the artifact."""
        return self._store.exists(reference)

    def use_artifact(self, reference: str) -> tuple[Version, Path]:
        """Record an artifact as an input and fetch it: its version, and its file or folder."""
        version = self.version(reference)
        self._inputs.append(version)
        self.record.inputs.append(artifact_facts(version))
        self.logger.info("read %s", version.reference)
        folder = self._work / f"input_{len(self.record.inputs)}"
        folder.mkdir()
        return version, self._store.download(version, folder)

    def read_table(self, reference: str) -> "pa.Table":
        """Fetch an artifact that is a table, with the types it was written with."""
        return self.open_table(reference).read()

    def open_table(self, reference: str) -> "Source":
        """Fetch an artifact that is a table, to read its rows piece by piece."""
        from pipeline.tables import table_files

        version, path = self.use_artifact(reference)
        return table_files.Source(path, version.metadata)

    def table_of(self, artifact: InputOf) -> "Source | None":
        """Return a table that an artifact was made from, None if it is not kept any more."""
        from pipeline.tables import table_files

        version = self._store.same(artifact["name"], artifact["digest"])
        if version is None:
            return None
        path = self._store.download(version, self.scratch() / version.digest)
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
        draft = self._drafts[-1]
        with table_files.Writer(path, schema) as writer:
            yield writer
        draft.metadata.update(writer.metadata)

    def scratch(self) -> Path:
        """Return a folder for what does not fit into memory; it is gone when the step ends."""
        folder = self._work / "scratch"
        folder.mkdir(exist_ok=True)
        return folder

    def output_path(self, name: str) -> Path:
        """Return where a file or folder can be made that is to become the output ``name``."""
        path = self._work / "outputs" / name
        path.parent.mkdir(exist_ok=True)
        return path

    def add_artifact(
        self,
        name: str,
        path: Path,
        type: str,  # noqa: A002
        description: str,
        metadata: Mapping[str, object],
    ) -> None:
        """Make a file or folder an output, published when the step has ended well."""
        self._drafts.append(Draft(name, path, type, description, dict(metadata)))

    def log(self, metrics: Mapping[str, float]) -> None:
        """Record metrics; a name with a slash is a detail (``f1/Pop``)."""
        self.record.metrics.update(metrics)

    def log_table(self, name: str, rows: list[Row]) -> None:
        """Record a small table, a list of rows with the same keys."""
        self.record.tables[name] = rows
        write_table(name, rows, self.folder)

    def log_text(self, name: str, text: str) -> None:
        """Record a text for people as ``name.md``."""
        write_text(self.folder / f"{name}.md", text)

    def log_picture(self, name: str, png: bytes) -> None:
        """Record a picture as ``name.png``."""
        write_bytes(self.folder / f"{name}.png", png)
        self.record.pictures[f"{name}.png"] = hashlib.sha256(png).hexdigest()

    def refuse(self, reason: str) -> None:
        """End the run with status 1; its outputs are published and recorded all the same."""
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
        for version in self._store.all_versions(evaluation):
            # What was judged was read first, a champion of the same name after it.
            sources = {source["name"]: source["digest"] for source in reversed(version.inputs)}
            if sources.get(test.name) == test.digest and model.name in sources:
                judged.add(sources[model.name])
        self.record.uses = len(judged)
        if len(judged) > 1:
            self.logger.info("this test set has judged %d models", len(judged))

    def publish(self) -> None:
        """Write the outputs to the store; `latest` moves when all are there."""
        runs = {"mlflow": self.record.mlflow_run, "wandb": self.record.wandb_run}
        provenance = Provenance(
            self.record.step, {tracker: run for tracker, run in runs.items() if run}
        )
        published = self._store.publish(self._drafts, self._inputs, provenance)
        self.record.catalog = published.catalog
        self.record.inputs = [artifact_facts(version) for version in published.inputs]
        self.record.outputs = [artifact_facts(version) for version in published.outputs]
        for draft, version in zip(self._drafts, published.outputs, strict=True):
            self.record.local_files[version.name] = str(draft.path)
            self.logger.info("wrote %s", version.reference)
        if promoted := self.record.promoted:
            model = self._store.same(promoted["name"], promoted["digest"])
            assert model, "it was read from there"
            self._store.set_alias(model.reference, promoted["alias"])
            self.logger.info("%s is the %s now", model.reference, promoted["alias"])

    def register(self) -> None:
        """Register the model that was promoted in MLflow, if one was."""
        model_registry.register(self.record, self._store)

    def note_offline(self, moved: MovedOfflineError) -> None:
        """Note, and say, that W&B failed and the run goes on offline."""
        self.record.offline = str(moved)
        self.record.wandb_run = moved.run or self.record.wandb_run
        self.logger.warning("%s; going on offline", moved)
