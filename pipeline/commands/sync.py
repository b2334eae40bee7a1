"""main.action=sync: send W&B's offline runs, and check on the server that they arrived.

`wandb sync` ends well whatever happens. So every artifact is looked up afterwards, and sent from
the artifact store if it is not there. Then the runs are told which artifacts they used.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import wandb

from pipeline.context import RunContext, variables
from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.store.versions import Version
from pipeline.tracking import record, register
from pipeline.tracking.record import Record, reference
from pipeline.tracking.run_folders import records_in, run_folders, wandb_folders
from pipeline.tracking.wandb_artifact import artifact_of, facts_of
from pipeline.tracking.wandb_service import FAILURES, Service, error_line

REFUSED = "W&B refused: {}; check the key (wandb login) and the network, then sync again"


@dataclass(frozen=True)
class OfflineRun:
    """A W&B run that was made offline: its folder, its id, and what its step recorded."""

    folder: Path
    id: str
    record: Record

    @property
    def mark(self) -> Path:
        """The file with which `wandb sync` says that it has sent the run."""
        return self.folder / f"run-{self.id}.wandb.synced"


def sync(context: RunContext, root: Path) -> list[str]:
    """Send all offline runs that are not sent yet, in the order in which they were made.

    It can be stopped and started again: what the server has is not sent twice.

    Args:
        context: the artifact store, the W&B project, how long it may take.
        root: of the repository.

    Returns:
        Lines that say what was sent.

    Raises:
        InputError: W&B cannot be reached or refuses; an artifact is gone from the store.
    """
    lines: list[str] = []
    folders = wandb_folders(root, lines)
    offline_runs = list(_offline_runs(root, folders, lines))
    runs = [run for run in offline_runs if not run.mark.with_suffix(".checked").exists()]
    lines += _unrecorded_runs(folders, {run.folder for run in offline_runs})
    if not runs:
        return [*lines, "nothing to send: all offline runs are synced"]
    try:
        service = Service(context.project, context)
        sender = Sender(service, context.artifact_store)
        for run in runs:
            lines.append(sender.send(run))
            run.mark.touch()
            run.mark.with_suffix(".checked").touch()
    except FAILURES as error:
        raise InputError(REFUSED.format(error_line(error))) from error
    return [*lines, f"{len(runs)} runs are in {service.path}, every artifact of them checked"]


def _in_order(folders: Iterable[Path]) -> list[Path]:
    """Return the offline runs in W&B's folders, in the order in which they were made."""
    runs = (run for folder in folders for run in folder.glob("offline-run-*"))
    return sorted(runs, key=lambda run: run.name)


def _offline_runs(root: Path, folders: list[Path], notes: list[str]) -> Iterator[OfflineRun]:
    """Yield the runs whose steps left a record, in the order in which they were made."""
    records_of_runs = {record.wandb_run: record for record in _records(root, notes)}
    for folder in _in_order(folders):
        number = folder.name.rpartition("-")[2]
        if number in records_of_runs:
            yield OfflineRun(folder, number, records_of_runs[number])


def _records(root: Path, notes: list[str]) -> Iterator[Record]:
    """Yield what is known of all steps: what the register says, and what lies in run folders."""
    for entry in register.entries(root, notes):
        yield from entry.executions()
    folders = [found.path for found in run_folders(root, [])]
    files = [*root.glob(f"mlruns/*/*/artifacts/{record.FILE}"),
              *(file for folder in folders for file in records_in(folder))]  # fmt: skip
    for file in files:
        try:
            if found := record.read_record(file.parent):
                yield found
        except InputError as error:
            notes.append(f"left out: {error}")


def _unrecorded_runs(folders: list[Path], recorded: set[Path]) -> list[str]:
    """Return a line for each run that is not sent because its step left no record."""
    return [
        f"left: {folder.name}, whose step was killed; `wandb sync` sends what there is of it"
        for folder in _in_order(folders)
        if folder not in recorded and not list(folder.glob("*.synced"))
    ]


class Sender:
    """Sends runs to a W&B project; everything it raises is W&B's client's, but InputError."""

    def __init__(self, service: Service, location: str) -> None:
        self._service = service
        self._location = location  # of the artifact store
        self._api = service.api
        self._there: dict[tuple[str, str], wandb.Artifact] = {}  # name, our digest → what was seen

    def send(self, run: OfflineRun) -> str:
        """Send one run, its artifacts and what it used; say so."""
        if not self._is_there(run):
            self._send_run(run)
        store = Store(self._location, run.record.catalog)
        again = []
        for output in run.record.outputs:
            version = store.get(reference(output))
            if self._server_artifact(version, store) is None:
                self._log_again(run, version, store)
                again.append(version.reference)
                if self._server_artifact(version, store) is None:
                    raise ValueError(f"{version.reference} of run {run.id} did not arrive")
        for used in run.record.inputs:
            artifact = self._server_artifact(store.get(reference(used)), store)
            if artifact is not None:
                self._api.run(f"{self._service.path}/{run.id}").use_artifact(artifact)
        made = ", ".join(reference(output) for output in run.record.outputs) or "no artifacts"
        rest = f"; {', '.join(again)} sent again from the store" if again else ""
        return f"{run.record.step} {run.id}: {made}{rest}"

    def _send_run(self, run: OfflineRun) -> None:
        command = [sys.executable, "-m", "wandb", "sync", "--include-synced", str(run.folder)]
        online = variables() | {"WANDB_MODE": "online"}
        done = subprocess.run(command, env=online, capture_output=True, text=True)
        if not self._is_there(run):
            printed = " ".join((done.stdout + done.stderr).split())[-300:]
            raise ValueError(f"run {run.id} ({run.record.step}) did not arrive: {printed}")

    def _is_there(self, run: OfflineRun) -> bool:
        """Whether the server has the run, whole."""
        self._api.flush()  # or it answers from memory
        try:
            state = self._api.run(f"{self._service.path}/{run.id}").state
        except wandb.errors.CommError:
            return False
        return state in ("finished", "failed", "crashed")

    def _server_artifact(self, version: Version, store: Store) -> wandb.Artifact | None:
        """Return W&B's artifact with the content of a version, None if there is none."""
        known = version.name, version.digest
        if artifact := self._there.get(known):
            return artifact
        try:
            collection = f"{self._service.path}/{version.name}"
            artifacts = list(self._api.artifacts(version.type, collection))
        except ValueError:  # no such collection yet
            return None
        ours = (a for a in artifacts if facts_of(a).get("digest") == version.digest)
        if committed := [a for a in ours if a.state == "COMMITTED"]:
            with TemporaryDirectory() as folder:  # W&B can give the same files either digest
                path = store.download(version, Path(folder))
                digests = {artifact_of(version, path, apart=a).digest for a in (False, True)}
            for artifact in (a for a in committed if a.digest in digests):
                self._service.remember(version, artifact)
                self._there[known] = artifact
                return artifact
        return None

    def _log_again(self, run: OfflineRun, version: Version, store: Store) -> None:
        entity, project = self._service.path.split("/")
        quiet = wandb.Settings(silent=True, console="off", mode="online",
                                     init_timeout=self._service.timeout)  # fmt: skip
        with TemporaryDirectory() as folder:
            wandb_run = wandb.init(
                entity=entity, project=project, id=run.id, resume="must", settings=quiet
            )
            try:
                path = store.download(version, Path(folder))
                self._service.log(wandb_run, version.to_json(), str(path))
            finally:  # not by `with`, which prints a traceback and takes the run for failed
                wandb_run.finish(exit_code=0 if run.record.status == "finished" else 1)
