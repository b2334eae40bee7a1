"""The artifacts of a W&B project behind the interface of the artifact store.

W&B says what a reference means and gives new versions their numbers; files lie in the artifact
store, and are brought there when they are needed and not there yet. If W&B fails and the run may
go on offline, what is written from then on goes to the store's own catalog.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from pipeline import paths
from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.store.digests import Digests
from pipeline.store.versions import Version
from pipeline.tracking.recorder_client import MovedOfflineError, Recorder

Ask = Callable[..., Any]  # pipeline.tracking.recorder_client.Recording.ask


class WandbStore(Store):
    """A store whose versions are those of a W&B project.

    Its methods raise MovedOfflineError the first time that W&B fails and the run goes on offline;
    said again, they do without W&B: what was seen of the project is read, nothing is written.

    Attributes:
        moved: the run went on offline.
    """

    def __init__(self, location: str, catalog: str, ask: Ask) -> None:
        """Take the store's folder or URL, the catalog that the recorder named, and its `ask`."""
        super().__init__(location, catalog)
        self.url = f"W&B project {catalog.removeprefix('wandb/')}"
        self.moved = False
        self._own = Store(location)
        self._ask = ask

    @property
    def own(self) -> Store:
        """The store's own catalog, which W&B knows nothing of."""
        return self._own

    def take_over(self) -> Store:
        """Let the store's own aliases mean what they last meant in the project; return that store.

        Only what is here whole can be taken.
        """
        for name in self.names():
            for alias, number in self.aliases(name).items():
                version = self._manifest(name, number)
                if version and all(self.has(file) for file in version.files):
                    self._own.take(version, [alias])
        return self._own

    def set_alias(self, reference: str, alias: str) -> None:
        """Let an alias mean the version that the reference means now."""
        version = self.get(reference)
        self._say("alias", version.name, version.version, alias)
        super().set_alias(version.reference, alias)

    def download(self, version: Version, folder: Path) -> Path:
        """Write the version's files into the folder; those that are not here come from W&B."""
        if not all(self.has(file) for file in version.files):
            self._say("fetch", version.name, version.version)
        return super().download(version, folder)

    def fault(self, version: Version, digests: Digests) -> str | None:
        """Say whether the version is gone from W&B; files that are not here are no fault."""
        if self.moved:
            return super().fault(version, digests)
        held = self._say("holds", version.name, version.version, version.digest)
        return None if held else f"gone from {self.url}"

    def _numbered(self, draft: Version, path: Path) -> Version:
        number = self._say("log", draft.to_json(), str(path))
        version = replace(draft, version=number)
        self.mirror(version)
        return version

    def _found(self, name: str, alias: str) -> Version | None:
        if self.moved:
            return super()._found(name, alias)
        number = self._say("find", name, alias)
        return self._manifest(name, number)

    def _refuse(self, name: str, alias: str) -> NoReturn:
        if self._own.find(f"{name}:{alias}"):
            raise InputError(
                f"no artifact {name}:{alias} in {self.url}; it was made offline: "
                "main.action=sync sends it"
            )
        super()._refuse(name, alias)

    def _say(self, verb: str, *given: Any) -> Any:
        try:
            return self._ask(verb, *given)
        except MovedOfflineError:
            self.moved = True
            raise


def opened(recorder: Recorder, project: str) -> Store:
    """Return the artifacts: those of the W&B project if W&B is used online, else the store's own.

    If the service does not answer and need not, the run goes on offline, which is said.

    Raises:
        InputError: the service does not answer, and has to.
    """
    place = paths.artifact_store()
    if os.environ["WANDB_MODE"] != "online":
        return Store(place)
    answer = recorder.ask("open", project)
    if answer["catalog"]:
        return WandbStore(place, answer["catalog"], recorder.ask)
    print(f"{answer['why']}; going on offline", flush=True)
    os.environ["WANDB_MODE"] = "offline"
    own = Store(place)
    for catalog in own.catalogs():
        if catalog.endswith(f"/{project}"):  # of whom, only the service would say
            WandbStore(place, catalog, recorder.ask).take_over()
    return own
