"""The artifacts of a W&B project behind the interface of the artifact store.

W&B says what a reference means and gives new versions their numbers; files lie in the artifact
store, and are brought there when they are needed and not there yet. If W&B fails and the run may
go on offline, the store falls back by itself: it still reads the project's versions that it
has seen, and writes to the artifact store's own catalog.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.store.digests import Digests
from pipeline.store.drafts import Draft, Provenance, Publication
from pipeline.store.versions import Version, checked_alias
from pipeline.tracking.recorder_client import MovedOfflineError, RecorderProcess

Ask = Callable[..., Any]  # RecorderConnection.ask


def say_offline(moved: MovedOfflineError) -> None:
    """Print that W&B failed and the run goes on without."""
    print(f"{moved}; going on offline", flush=True)


class WandbStore(Store):
    """A store whose versions are those of a W&B project, as long as W&B answers.

    Attributes:
        on_offline: called once, when W&B fails and the run goes on offline.
    """

    def __init__(self, location: str, catalog: str, ask: Ask) -> None:
        """Take the store's folder or URL, the catalog that the recorder named, and its `ask`."""
        super().__init__(location, catalog)
        self.url = f"W&B project {catalog.removeprefix('wandb/')}"
        self.online = True
        self.on_offline: Callable[[MovedOfflineError], None] = say_offline
        self._own = Store(location)
        self._ask = ask

    def take_over(self) -> Store:
        """Let the store's own aliases mean what they last meant in the project; return that store.

        Only what is here whole can be taken.
        """
        for name in self.names():
            for alias, number in self.aliases(name).items():
                version = self._undamaged(name, number)
                if version and all(self.has(file) for file in version.files):
                    self._own.take(version, [alias])
        return self._own

    def publish(
        self, drafts: Iterable[Draft], inputs: Iterable[Version], provenance: Provenance
    ) -> Publication:
        """Store all outputs of a step in one catalog: the project's, or else the store's own."""
        drafts, inputs = list(drafts), list(inputs)
        if self.online:
            try:
                return super().publish(drafts, inputs, provenance)
            except MovedOfflineError as moved:
                self._go_offline(moved)
                ids = provenance.run_ids | ({"wandb": moved.run} if moved.run else {})
                provenance = replace(provenance, run_ids=ids)
        return self._own.publish(drafts, [self._own.take(v) for v in inputs], provenance)

    def set_alias(self, reference: str, alias: str) -> None:
        """Let an alias mean the version that the reference means now."""
        version = self.get(reference)
        checked_alias(version.name, alias)
        self._answer("alias", version.name, version.version, alias)
        if self.online:
            self._aim(alias, version)
        else:
            self._own.take(version, [alias])

    def download(self, version: Version, folder: Path) -> Path:
        """Write the version's files into the folder; those that are not here come from W&B."""
        if not all(self.has(file) for file in version.files):
            self._answer("fetch", version.name, version.version)
        return super().download(version, folder)

    def fault(self, version: Version, digests: Digests) -> str | None:
        """Say whether the version is gone from W&B; files that are not here are no fault."""
        exists = self._answer("holds", version.name, version.version, version.digest)
        if not self.online:
            return super().fault(version, digests)
        return None if exists else f"gone from {self.url}"

    def _number_draft(self, draft: Version, path: Path) -> Version:
        number = self._ask("log", draft.to_json(), str(path))
        version = replace(draft, version=number)
        self.mirror(version)
        return version

    def _move_alias(self, version: Version, alias: str) -> None:
        self._ask("alias", version.name, version.version, alias)
        self._aim(alias, version)

    def _lookup(self, name: str, alias: str) -> Version | None:
        number = self._answer("find", name, alias)
        return self._manifest(name, number) if self.online else super()._lookup(name, alias)

    def _refuse(self, name: str, alias: str) -> NoReturn:
        if self._own.find(f"{name}:{alias}"):
            raise InputError(
                f"no artifact {name}:{alias} in {self.url}; it was made offline: "
                "main.action=sync sends it"
            )
        super()._refuse(name, alias)

    def _answer(self, verb: str, *arguments: object) -> Any:
        """Ask W&B; None, without asking, once the run has gone on offline."""
        if self.online:
            try:
                return self._ask(verb, *arguments)
            except MovedOfflineError as moved:
                self._go_offline(moved)
        return None

    def _go_offline(self, moved: MovedOfflineError) -> None:
        self.online = False
        self.on_offline(moved)


def open_store(recorder: RecorderProcess, context: RunContext) -> Store:
    """Return the artifacts: those of the W&B project if W&B is used online, else the store's own.

    If the service does not answer and need not, the run goes on offline, which is said.

    Raises:
        InputError: the service does not answer, and has to.
    """
    location = context.artifact_store
    if context.wandb_mode != "online":
        return Store(location)
    answer = recorder.ask("open", context.project)
    if answer["catalog"]:
        return WandbStore(location, answer["catalog"], recorder.ask)
    say_offline(MovedOfflineError(answer["why"], None))
    own = Store(location)
    for catalog in own.catalogs():
        if catalog.endswith(f"/{context.project}"):  # of whom, only the service would say
            WandbStore(location, catalog, recorder.ask).take_over()
    return own
