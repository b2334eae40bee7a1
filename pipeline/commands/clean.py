"""main.action=clean: remove what nothing needs any more."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from pipeline import paths
from pipeline.commands import needed as need
from pipeline.commands.needed import Content, Needed
from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.store.stock import Stock
from pipeline.store.verdicts import alias
from pipeline.store.versions import Version

UPLOADING = timedelta(hours=1)  # files are there before the version that holds them
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

    A version of an artifact is kept if it is the newest, if an alias, a manifest, a run or an
    unsynced W&B run names it, or if a version that is kept was made from it. If a tracking server
    does not answer, which may know of other runs, no version is removed.

    Args:
        store: the artifact store.
        root: of the repository.
        dry_run: only list it.

    Returns:
        Lines that say what was removed or would be, and what could not be looked at.

    Raises:
        InputError: a step is running, whose files cannot be told from leftovers.
    """
    stock = Stock.of(store)
    needed = need.by_runs(stock.catalogs, root)
    items = [*_work(root / "outputs" / ".work"), *_wandb(root / "wandb", needed)]
    items += [] if needed.blind else [*_artifacts(stock, needed), *_entries(needed, root)]
    notes = needed.notes
    if needed.blind:
        notes.append("so no artifact is removed: a run that could not be looked at may name it")
    verb = "would remove" if dry_run else "removed"
    lines = [f"left: {line}; until then no file without a version is removed"
             for line in stock.damaged]  # fmt: skip
    for item in items:
        if not dry_run:
            item.remove()
        lines.append(f"{verb} {item.what} ({item.size / 1e6:,.1f} MB): {item.why}")
    total = f"{sum(item.size for item in items) / 1e6:,.1f} MB"
    if not items:
        return [*notes, *lines, "nothing to remove: all that is there is needed"]
    rest = "; main.dry_run=false removes it" if dry_run else ""
    return [*notes, *lines, f"{verb} {total} in {len(items)} items{rest}"]


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


def _entries(needed: Needed, root: Path) -> Iterator[Item]:
    """Yield the register's entries of runs that were deleted."""
    for entry in needed.let_go:
        path = root / entry.place
        yield Item(entry.place, "its run was deleted", path.stat().st_size, path.unlink)


def _wandb(folder: Path, needed: Needed) -> Iterator[Item]:
    """Yield W&B's cache, and the copies of artifacts that it has sent."""
    if (folder / "cache").exists():
        yield _folder(folder / "cache", "W&B fills it again")
    staged = folder / "data" / "artifacts" / "staging"
    if staged.exists() and not needed.unsynced and not needed.notes:
        yield _folder(staged, "all offline runs are synced")


def _folder(folder: Path, why: str) -> Item:
    size = sum(p.lstat().st_size for p in folder.rglob("*") if not p.is_dir())
    name = folder.relative_to(paths.ROOT) if folder.is_relative_to(paths.ROOT) else folder
    return Item(f"{name}/", why, size, lambda: shutil.rmtree(folder))


def _artifacts(stock: Stock, named: Needed) -> Iterator[Item]:
    """Yield versions that nothing names, and objects that no version holds."""
    store, versions = stock.catalogs[0], stock.versions
    needed = _needed(stock, named.contents)
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


def _needed(stock: Stock, named: set[Content]) -> set[Content]:
    """Return what is needed: what is named, what that was made from, the verdicts on its tables."""
    queue = named | {_content(version) for version in stock.named()}
    verdicts = stock.verdicts()
    sources: dict[Content, set[Content]] = {}
    for _, version in stock.versions:
        inputs = {(source["name"], source["digest"]) for source in version.inputs}
        sources.setdefault(_content(version), set()).update(inputs)
    needed: set[Content] = set()
    while queue:
        content = queue.pop()
        if content not in needed:
            needed.add(content)
            queue |= sources.get(content, set()) | verdicts.get(alias(content[1]), set())
    return needed
