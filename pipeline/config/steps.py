"""Which steps run, and with which parameters."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, cast

from pipeline.config import loader, mlproject, yaml_text
from pipeline.config.checks import Checks
from pipeline.config.evaluate import EvaluateConfig
from pipeline.config.model import ModelConfig
from pipeline.config.preprocess import Download, Preprocess, Read
from pipeline.config.segregate import Audit
from pipeline.errors import InputError, check_names, did_you_mean
from pipeline.files import write_text

KINDS: tuple[type, ...] = (Audit, Checks, Download, EvaluateConfig, ModelConfig, Preprocess, Read)
# What an MLproject may name as the `schema` of a parameter that is a YAML file.
SCHEMAS: dict[str, type] = {
    **{kind.__name__: kind for kind in KINDS},
    "columns": list[str],
}


def select(wanted: str | Iterable[str], steps: Iterable[str], key: str = "main.steps") -> list[str]:
    """Return the wanted steps in the pipeline's order.

    Args:
        wanted: ``all``, one step, ``a,b``, an inclusive range ``first:last`` (either end may be
            left out), or a list of steps.
        steps: every step, in order.
        key: of the config, whose value is meant.

    Raises:
        InputError: an unknown step, a range that runs backwards, or no step at all.
    """
    order = list(steps)
    words = wanted.split(",") if isinstance(wanted, str) else list(wanted)
    chosen: set[str] = set()
    for word in (str(w).strip() for w in words):
        if word == "all":
            word = ":"
        first, colon, last = word.partition(":")
        if not word:
            continue
        start = _index(first, order, key) if first else 0
        end = _index(last, order, key) if last else (len(order) - 1 if colon else start)
        if start > end:
            raise InputError(f"{key}: {word!r} runs backwards; write {last}:{first}")
        chosen.update(order[start : end + 1])
    if not chosen:
        raise InputError(f"{key} is empty; give all or some of: {', '.join(order)}")
    return [step for step in order if step in chosen]


def _index(step: str, order: list[str], key: str) -> int:
    if step not in order:
        raise InputError(f"{key}: unknown step {step!r}: {did_you_mean(step, order)}")
    return order.index(step)


def checked(steps: Mapping[str, Mapping[str, object]], root: Path) -> dict[str, dict[str, object]]:
    """Return the parameters of each step as its MLproject declares them, in plain values.

    Args:
        steps: step folder → parameter → value; a mapping or a list stands for a YAML file.
        root: where the folders are.

    Raises:
        InputError: no such folder; a parameter that is unknown, missing or of another type.
    """
    check_names("steps", steps, sorted(path.parent.name for path in root.glob("*/MLproject")))
    files = {step: root / step / "MLproject" for step in steps}
    declared = {step: mlproject.entry_point(file).parameters for step, file in files.items()}
    result = {
        step: _values(f"steps.{step}", values, declared[step], files[step])
        for step, values in steps.items()
    }
    mlproject.check_outputs(
        named
        for step, values in result.items()
        for named in mlproject.outputs(declared[step], values, f"steps.{step}")
    )
    return result


def _values(
    key: str, values: Mapping[str, object], declared: Mapping[str, mlproject.Parameter], file: Path
) -> dict[str, object]:
    check_names(key, values, declared)
    for name, parameter in declared.items():
        if parameter.default is None and name not in values:
            raise loader.missing(f"{key}.{name}")
        if parameter.schema is not None and parameter.schema not in SCHEMAS:
            choices = did_you_mean(parameter.schema, SCHEMAS)
            raise InputError(f"{file}: schema of {name}: {choices}")
    return {
        name: _plain(declared[name].checked(value, f"{key}.{name}", _hint(declared[name])))
        for name, value in values.items()
    }


def _hint(parameter: mlproject.Parameter) -> Any:
    """Return what a parameter may be in the config: a text may be a YAML file's content too."""
    if parameter.kind is not str or parameter.form:
        return parameter.hint
    if parameter.schema is None:  # a mapping of a step that checks it by itself
        return parameter.hint | dict[Any, Any] | list[Any]
    return parameter.hint | SCHEMAS[parameter.schema]


def _plain(value: object) -> object:
    return asdict(cast("Any", value)) if is_dataclass(value) else value


def parameters(step: str, values: Mapping[str, object], folder: Path) -> dict[str, str]:
    """Return what the step's MLproject receives, as text.

    Args:
        step: the step's name, used in file names only.
        values: the step's parameters; a mapping or a list goes over as the path of a YAML file.
        folder: where those YAML files are written.
    """
    result = {}
    for name, value in values.items():
        if isinstance(value, Mapping | list):
            path = folder / f"{step}.{name}.yaml"
            write_text(path, yaml_text.dump(value))
            value = path
        result[name] = "null" if value is None else str(value)
    return result
