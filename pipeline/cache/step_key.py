"""All that decides what a step makes, as comparable facts: equal facts, equal outputs."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import yaml

from pipeline.cache import code_digests, named
from pipeline.cache.external_files import (
    UnknownFactError,
    database_content,
    form,
    local_file,
    local_folder,
    url_content,
)
from pipeline.cache.packages import versions_of
from pipeline.store.digests import Digests
from pipeline.store.versions import Version
from pipeline.tables import databases
from pipeline.tables.reading.folders import folder_sha256

# Raised when the rooms that carry (see code_digests) change what is stored or recorded.
FORMAT = 1
SHOWN = 3  # causes that a reason names
KINDS = ("format", "parameter", "order", "input", "file", "uses", "code", "package", "python")


@dataclass(frozen=True)
class StepKey:
    """The facts about one execution of one step.

    Attributes:
        facts: what counts, by kind and name, such as ``("parameter", "test_size")`` → ``0.3``.
        shown: what people read instead of a digest, such as ``preprocessed_data.csv v3``.
    """

    facts: Mapping[str, str]
    shown: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Return the SHA-256 over the facts, as hex."""
        return hashlib.sha256(json.dumps(dict(self.facts), sort_keys=True).encode()).hexdigest()


def step_key(
    folder: Path,
    root: Path,
    values: Mapping[str, object],
    inputs: Mapping[str, Version | None],
    digests: Digests,
    environment: str,
    files: Mapping[str, Path] = MappingProxyType({}),
) -> StepKey:
    """Return the facts about a step that is going to run.

    Args:
        folder: the step's folder.
        root: the repository, which relative files and first-party modules start from.
        values: the step's parameters as in the config.
        inputs: by parameter name, the version that an artifact reference means; None if there is
            no such version.
        digests: where the digests of files come from.
        environment: what builds the step's environment; "local" is that of this process.
        files: those that the step reads besides its parameters, by what they are called.

    Raises:
        UnknownFactError: a URL whose server gives no validator; code that does not parse.
    """
    facts, labels = _parameter_facts(root, values, inputs, digests)
    files = {**named.files(values, root), **files}
    facts |= {f"uses {name}": digests.sha256(path) for name, path in files.items()}
    try:
        code, modules = code_digests.of_step(folder, root, named.classes(values, folder, root))
    except SyntaxError as error:
        path = Path(str(error.filename)).relative_to(root)
        raise UnknownFactError(f"{path} does not parse") from None
    facts |= {f"code {path}": digest for path, digest in code.items()}
    facts |= {"code command": _command(folder), "format": str(FORMAT)}
    facts |= versions_of(modules, folder, environment)
    return StepKey(facts, labels)


def _parameter_facts(
    root: Path,
    values: Mapping[str, object],
    inputs: Mapping[str, Version | None],
    digests: Digests,
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the facts that a step's parameters give, and the texts that people read instead."""
    facts: dict[str, str] = {}
    labels: dict[str, str] = {}
    for name, value in values.items():
        if name in inputs:
            artifact = inputs[name]
            facts[f"input {name}"] = artifact.digest if artifact else "not there"
            labels[f"input {name}"] = f"{artifact.name} v{artifact.version}" if artifact else "none"
            if artifact is None:  # perhaps it is no reference
                facts[f"parameter {name}"] = json.dumps(value)
        elif isinstance(value, str) and (path := local_file(value, root)):
            # The suffix says how it is read.
            facts[f"file {name}"] = f"{digests.sha256(path)} {form(path)}"
            labels[f"file {name}"] = value
            if "/" not in value:  # may be a plain word that happens to be a file's name as well
                facts[f"parameter {name}"] = json.dumps(value)
        elif isinstance(value, str) and (folder := local_folder(value, root)):
            facts[f"file {name}"] = folder_sha256(folder)
            labels[f"file {name}"] = value
        elif isinstance(value, str) and ("://" in value or databases.scheme_of(value)):
            facts[f"file {name}"] = (
                database_content(value, values.get("read"), root, digests)
                if databases.scheme_of(value)
                else url_content(value, str(values.get("sha256") or ""))
            )
            labels[f"file {name}"] = value
        else:
            leaves = dict(_leaves(name, value))
            facts |= {f"parameter {path}": leaf for path, leaf in leaves.items()}
            if isinstance(value, Mapping):
                facts[f"order {name}"] = json.dumps(list(leaves))
    return facts, labels


def differences(
    now: StepKey, before: StepKey, source_of: Callable[[str], str] = str
) -> Iterable[str]:
    """Yield in words what has changed, causes before their consequences.

    Args:
        now: the facts of the step that is going to run.
        before: those of an earlier execution.
        source_of: the config key that a parameter (``config.columns.tempo.max``) is set by.
    """
    names = sorted({*now.facts, *before.facts}, key=lambda n: (KINDS.index(n.split(" ")[0]), n))
    for name in names:
        new, old = now.facts.get(name), before.facts.get(name)
        if new == old:
            continue
        kind, _, what = name.partition(" ")
        if kind == "input":
            was = before.shown.get(name, "none")
            yield f"input {was} → {_without_same_name(now.shown.get(name, 'none'), was)}"
        elif kind == "file":
            yield f"{source_of(what)} {now.shown.get(name, 'none')} changed"
        elif kind in ("code", "uses"):
            how = "changed" if new and old else "is new" if new else "is gone"
            yield f"{what} {how}"
        elif kind == "parameter":
            yield f"{source_of(what)} {old or 'none'} → {new or 'none'}"
        elif kind == "order":
            if sorted(json.loads(new or "[]")) == sorted(json.loads(old or "[]")):
                yield f"{source_of(what)} has its keys in another order"
        elif kind == "format":
            yield f"the pipeline stores format {new}, not {old}"
        else:
            yield f"{what or 'Python'} {old or 'none'} → {new or 'none'}"


def told(now: StepKey, before: StepKey, source_of: Callable[[str], str]) -> str:
    """Return the first of the differences, and how many there are besides; empty without any."""
    causes = list(differences(now, before, source_of))
    more = f" and {len(causes) - SHOWN} more" if len(causes) > SHOWN else ""
    return "; ".join(causes[:SHOWN]) + more


def _without_same_name(new: str, old: str) -> str:
    """``v4`` after ``raw_data.csv v3``; the whole when the artifact is another one."""
    name, _, number = new.rpartition(" ")
    return number if name and old.startswith(f"{name} ") else new


def _leaves(path: str, value: object) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, child in value.items():
            plain = isinstance(key, str) and not {".", "["} & set(key)
            part = f".{key}" if plain else f"[{json.dumps(key, default=str)}]"
            yield from _leaves(path + part, child)
    else:
        yield path, json.dumps(value, ensure_ascii=False, default=str)


def _command(folder: Path) -> str:
    """Return how a step is started: its MLproject without the words for people."""
    project = yaml.safe_load((folder / "MLproject").read_text(encoding="utf-8"))
    main = project["entry_points"]["main"]
    declared = {
        name: [rules.get("type"), rules.get("default")] if isinstance(rules, Mapping) else rules
        for name, rules in (main.get("parameters") or {}).items()
    }
    return json.dumps([main["command"], declared], default=str)
