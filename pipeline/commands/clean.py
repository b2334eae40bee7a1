"""main.action=clean: remove what nothing needs any more."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pipeline import paths
from pipeline.errors import InputError
from pipeline.replay import manifest
from pipeline.store.artifacts import Store
from pipeline.store.stock import Stock
from pipeline.store.versions import Version
from pipeline.tracking import record

UPLOADING = timedelta(hours=1)  # files are there before the version that holds them
Content = tuple[str, str]  # name and digest: in every catalog the same
WORK = re.compile(r"\w+_(\d+)_\w+")  # of a step's process: see pipeline.step.start


@dataclass(frozen=True)
class Item:
    """Something that can be removed: what it is, why nothing needs it, bytes, and how."""

    what: str
    why: str
    size: int
    remove: Callable[[], None]


def clean(store: Store, root: Path, dry_run: bool) -> list[str]:
    """List what can be removed, and remove it unless it is a dry run.

    A version of an artifact is kept if it is the newest, if an alias, the manifest of a run in
    outputs/ or an unsynced W&B run names it, or if a version that is kept was made from it.

    Args:
        store: the artifact store.
        root: of the repository.
        dry_run: only list it.

    Returns:
        Lines that say what was removed or would be.

    Raises:
        InputError: a step is running, whose files cannot be told from leftovers; the damaged
            manifest of a run.
    """
    stock = Stock.of(store)
    items = [*_work(root / "outputs" / ".work"), *_wandb(root / "wandb"), *_artifacts(stock, root)]
    verb = "would remove" if dry_run else "removed"
    lines = [f"left: {line}; until then no file without a version is removed"
             for line in stock.damaged]  # fmt: skip
    for item in items:
        if not dry_run:
            item.remove()
        lines.append(f"{verb} {item.what} ({item.size / 1e6:,.1f} MB): {item.why}")
    total = f"{sum(item.size for item in items) / 1e6:,.1f} MB"
    if not items:
        return [*lines, "nothing to remove: all that is there is needed"]
    rest = "; main.dry_run=false removes it" if dry_run else ""
    return [*lines, f"{verb} {total} in {len(items)} items{rest}"]


def _work(folder: Path) -> Iterator[Item]:
    """Yield the folders of steps that were killed."""
    for path in sorted(folder.iterdir()) if folder.exists() else ():
        match = WORK.fullmatch(path.name)
        if match and _lives(int(match[1])):
            raise InputError(
                f"clean: {path.name} in outputs/.work is of a process that runs; wait for it, or "
                "stop it"
            )
        yield _folder(path, "a step was killed that worked in it")


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _wandb(folder: Path) -> Iterator[Item]:
    """Yield W&B's cache, and the copies of artifacts that it has sent."""
    if (folder / "cache").exists():
        yield _folder(folder / "cache", "W&B fills it again")
    staged = folder / "data" / "artifacts" / "staging"
    if staged.exists() and not _unsynced(folder):
        yield _folder(staged, "all offline runs are synced")


def _unsynced(folder: Path) -> list[Path]:
    """Return the files of W&B's offline runs that are not sent yet."""
    runs = folder.glob("offline-run-*/run-*.wandb")
    return [run for run in runs if not run.with_name(f"{run.name}.synced").exists()]


def _folder(folder: Path, why: str) -> Item:
    size = sum(p.lstat().st_size for p in folder.rglob("*") if not p.is_dir())
    name = folder.relative_to(paths.ROOT) if folder.is_relative_to(paths.ROOT) else folder
    return Item(f"{name}/", why, size, lambda: shutil.rmtree(folder))


def _artifacts(stock: Stock, root: Path) -> Iterator[Item]:
    """Yield versions that nothing names, and objects that no version holds."""
    store, versions = stock.catalogs[0], stock.versions
    needed = _needed(stock, root)
    all_keys = {store.key(file) for _, version in versions for file in version.files}
    needed_keys = all_keys if stock.damaged else {
        store.key(file) for _, version in versions if _content(version) in needed
        for file in version.files
    }  # fmt: skip
    for catalog, version in versions:
        if _content(version) not in needed:
            yield _version(catalog, version, needed_keys)
    for key, size in () if stock.damaged else store.objects(datetime.now(UTC) - UPLOADING):
        if key not in all_keys:
            yield Item(key, "no version holds it", size, partial(store.delete, key))


def _content(version: Version) -> Content:
    return version.name, version.digest


def _version(store: Store, version: Version, needed: set[str]) -> Item:
    alone = {store.key(file): file.size for file in version.files if store.key(file) not in needed}
    needed.update(alone)  # counted, and removed, with one version only

    def remove() -> None:
        store.remove(version)  # first: no version may be without its objects
        for key in alone:
            store.delete(key)

    return Item(version.reference, "no alias and no run names it", sum(alone.values()), remove)


def _needed(stock: Stock, root: Path) -> set[Content]:
    """Return what is needed."""
    queue = {_content(version) for version in stock.named()}
    for pattern in (f"outputs/*/*/{manifest.FILE}", f"multirun/*/*/*/{manifest.FILE}"):
        for path in root.glob(pattern):
            queue |= _artifacts_in(path, lambda content: content["steps"])
    unsynced = {path.stem.removeprefix("run-") for path in _unsynced(root / "wandb")}
    for path in root.glob(f"mlruns/*/*/artifacts/{record.FILE}"):
        queue |= _artifacts_in(path, lambda step: [step] if step["wandb_run"] in unsynced else [])
    sources: dict[Content, set[Content]] = {}
    for _, version in stock.versions:
        inputs = {(source["name"], source["digest"]) for source in version.inputs}
        sources.setdefault(_content(version), set()).update(inputs)
    needed: set[Content] = set()
    while queue:
        content = queue.pop()
        if content not in needed:
            needed.add(content)
            queue |= sources.get(content, set())
    return needed


def _artifacts_in(path: Path, steps_in: Callable[[Any], list[dict[str, Any]]]) -> set[Content]:
    """Return the artifacts that the steps in a manifest or a record have read and made."""
    try:
        steps = steps_in(json.loads(path.read_text(encoding="utf-8")))
        artifacts = [a for step in steps for a in (*step["inputs"], *step["outputs"])]
        return {(artifact["name"], artifact["digest"]) for artifact in artifacts}
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"clean: {path} is damaged ({error!r}), so that what it needs is not known; delete or "
            "mend it"
        ) from error
