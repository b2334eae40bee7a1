"""What is not there: inputs that nobody can give a step, outputs that it made once."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pipeline.cache.history import Execution
from pipeline.cache.step_key import StepKey
from pipeline.config import mlproject
from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.store.digests import Digests
from pipeline.store.versions import Version, parse_reference, version_number
from pipeline.tracking.record import reference


def artifacts(
    folder: Path,
    values: Mapping[str, object],
    inputs: Mapping[str, Version | None],
    remade: Iterable[str],
) -> Iterator[str]:
    """Yield the references that mean nothing, and are no step's to make before this one.

    One by an alias may mean nothing where the parameter may be none: there is no champion yet.

    Args:
        folder: the step's.
        values: its parameters as in the config.
        inputs: the version that each parameter which is a reference means; None: not there.
        remade: artifacts that steps before it are going to make.
    """
    for name in (name for name, version in inputs.items() if version is None):
        parameter = mlproject.entry_point(folder / "MLproject").parameters.get(name)
        value = str(values[name])
        artifact, alias = parse_reference(value)
        if artifact in remade or not parameter or parameter.form != "reference":
            continue
        if parameter.default != mlproject.NOTHING or version_number(alias) is not None:
            yield value


def until_made(
    values: Mapping[str, object],
    inputs: Mapping[str, Version | None],
    running: Iterable[str],
    remade: Iterable[str],
) -> Iterator[str]:
    """Yield the artifacts that a step reads and that are made anew before it; as `artifacts`.

    Args:
        values: its parameters as in the config.
        inputs: the version that each parameter which is a reference means; None: not there.
        running: steps that will have run before this one.
        remade: artifacts that they make.
    """
    for name, version in inputs.items():
        artifact = version.name if version else parse_reference(str(values[name]))[0]
        if artifact in remade or (version and version.step in running):
            yield artifact


def files(values: Mapping[str, object], now: StepKey, before: StepKey) -> Iterator[str]:
    """Yield what was a file when the step was executed before, and is none now."""
    for fact in before.facts.keys() - now.facts.keys():
        kind, _, name = fact.partition(" ")
        value = str(values.get(name))
        if kind == "file" and value == before.shown.get(fact):
            yield value


def output(execution: Execution, store: Store, digests: Digests) -> str | None:
    """Say which output of an execution is not as it was, if one is."""
    for made in execution.record.outputs:
        name = reference(made)
        try:
            version = store.same(made["name"], made["digest"])
        except InputError:  # its manifest is damaged
            return f"{name} is damaged"
        if version is None:
            return f"{name} is gone"
        if fault := store.fault(version, digests):
            return f"{name} is {fault}"
    return None


def outputs(folder: Path, values: Mapping[str, object], last: Execution | None) -> set[str]:
    """Return the artifacts that a step makes, as its MLproject and its last execution say."""
    declared = mlproject.entry_point(folder / "MLproject").parameters
    made = {name for name, _ in mlproject.outputs(declared, values)}
    return made | ({artifact["name"] for artifact in last.record.outputs} if last else set())
