"""What a step's ``go`` works with: it reads artifacts, makes artifacts, and records numbers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.context import LOCAL
from pipeline.engines.engine import Engine
from pipeline.errors import InputError
from pipeline.step.log import StepLog
from pipeline.store.artifacts import Store
from pipeline.store.drafts import Draft, Provenance
from pipeline.store.names import check
from pipeline.store.verdicts import trail as verdict_trail
from pipeline.store.versions import InputOf, Version
from pipeline.text.masking import hidden
from pipeline.tracking import model_registry
from pipeline.tracking.record import Record, artifact_facts
from pipeline.tracking.wandb_store import WandbStore

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.tables.table_files import Source, Writer


class StepRun(StepLog):
    """A run of a step: inputs by reference, outputs by name.

    Outputs are published together when the step has ended well; a step that fails leaves none.
    """

    def __init__(
        self, record: Record, folder: Path, work: Path, store: Store, workers: int = 1,
        engine: Mapping[str, Any] = LOCAL,
    ) -> None:  # fmt: skip
        super().__init__(record, folder)
        self.workers = workers  # processes side by side, at most; they change no result
        self.engine = Engine(engine, work, self.logger)  # nor does this
        self._work, self._store = work, store
        record.catalog = store.catalog
        self._inputs: list[Version] = []
        self._drafts: list[Draft] = []
        if isinstance(store, WandbStore):
            store.on_offline = self.note_offline

    def version(self, reference: str) -> Version:
        """Return what the store knows of an artifact, without reading it."""
        return self._store.get(reference)

    def aliases(self, name: str) -> list[str]:
        """Return the aliases of an artifact."""
        return list(self._store.aliases(name))

    def exists(self, reference: str) -> bool:
        """Whether the store has that version or alias of the artifact."""
        return self._store.exists(reference)

    def versions(self, name: str) -> list[Version]:
        """Return the versions of an artifact; warn of those that are damaged."""
        versions, damaged = self._store.all_versions(name)
        for line in damaged:
            self.logger.warning("%s", line)
        return versions

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
        metadata: Mapping[str, object] | None = None,
    ) -> Iterator["Writer"]:
        """Make a table an output, written piece by piece; its schema as a Source has it."""
        from pipeline.tables import table_files

        path = self.output_path(name)
        self.add_artifact(name, path, type, description, metadata or {})
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
        path = self._work / "outputs" / check("artifact", name, "the name of an output")
        path.parent.mkdir(exist_ok=True)
        return path

    def add_artifact(
        self,
        name: str,
        path: Path,
        type: str,  # noqa: A002
        description: str,
        metadata: Mapping[str, object],
        aliases: Sequence[str] = (),
    ) -> None:
        """Make a file or folder an output, published when the step has ended well.

        Metadata alone does not make it another version; it gets the aliases beside `latest`.
        """
        if any(draft.name == name for draft in self._drafts):
            raise InputError(f"two outputs are called {name}; give one of them another name")
        about, facts = hidden(description), hidden(dict(metadata))
        self._drafts.append(Draft(name, path, type, about, facts, tuple(aliases)))
        if aliases:
            self.record.aliases[name] = list(aliases)

    def require_checked(
        self, references: Iterable[str], verdicts: str, override: str | None
    ) -> None:
        """Refuse what was made from a table that check_data refused; note what was never checked.

        Args:
            references: of what is to be used.
            verdicts: name of the artifact that check_data writes.
            override: the reason why a refused table is to be used all the same.

        Raises:
            InputError: a table was refused, and there is no such reason.
        """
        versions = map(self.version, references)
        for text in verdict_trail(self._store, verdicts, versions).require(override):
            self.note(text)

    def promote(self, version: Version, alias: str, registered_model: str | None) -> None:
        """Let an alias mean a version when the outputs are published; in MLflow's registry too."""
        self.record.promoted = {
            "name": version.name, "digest": version.digest, "alias": alias,
            "registered_model": registered_model or "",
        }  # fmt: skip

    def publish(self) -> None:
        """Write the outputs to the store; `latest` moves when all are there."""
        runs = {"mlflow": self.record.mlflow_run, "wandb": self.record.wandb_run}
        provenance = Provenance(self.record.step, {name: run for name, run in runs.items() if run})
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
            self.logger.info("%s is the champion now (%s)", model.reference, promoted["alias"])

    def register(self) -> None:
        """Register the model that was promoted in MLflow, if one was."""
        model_registry.register(self.record, self._store)
