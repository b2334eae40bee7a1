"""Which artifact each step reads and makes, read from config.yaml and the MLproject files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

OUTPUTS: dict[str, tuple[str, ...]] = dict.fromkeys(
    ("artifact_name", "evaluation_artifact", "export_artifact"), ("{}",)
)
OUTPUTS["artifact_root"] = ("{}_train.{format}", "{}_test.{format}", "{}_certificate.json")


@dataclass(frozen=True)
class Step:
    """A step: its name, its help line, the names of the artifacts it reads and makes."""

    name: str
    help: str
    reads: tuple[str, ...]
    makes: tuple[str, ...]


def steps_of(config: Mapping[str, Any], helps: Mapping[str, str]) -> list[Step]:
    """Derive the steps, in order, from the config's ``steps``.

    A value ``name:alias`` is an artifact that the step reads; ``artifact_name``,
    ``evaluation_artifact``, ``export_artifact`` and ``artifact_root`` name what it makes. Names
    end in the format of the config's ``data``; other values interpolated from elsewhere
    (``${...}``) are no fixed part of the pipeline and are left out.

    Args:
        config: config.yaml.
        helps: step → the help line of its MLproject.
    """
    found = []
    suffix = config.get("data", {}).get("format", "csv")
    for name, parameters in config["steps"].items():
        texts = {key: value.replace("${data.format}", suffix)
                 for key, value in parameters.items() if isinstance(value, str)}  # fmt: skip
        reads = [v.partition(":")[0] for v in texts.values() if re.fullmatch(r"[\w.-]+:\w+", v)]
        found.append(Step(name, helps.get(name, ""), tuple(reads), tuple(outputs(texts))))
    return found


def outputs(parameters: Mapping[str, object]) -> list[str]:
    """Return the names of the artifacts that a step with these parameters makes."""
    suffix = parameters.get("format", "csv")
    return [
        form.format(parameters[name], format=suffix)
        for name, forms in OUTPUTS.items()
        if name in parameters
        for form in forms
    ]


def external(steps: list[Step]) -> list[str]:
    """Return the artifacts that are read but made by no step: they come from outside."""
    made = {name for step in steps for name in step.makes}
    read = [name for step in steps for name in step.reads]
    return sorted({name for name in read if name not in made})


def read(root: Path) -> list[Step]:
    """Read the steps of the repository."""
    config = yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8"))
    projects = {name: root / name / "MLproject" for name in config["steps"]}
    helps = {
        name: yaml.safe_load(path.read_text(encoding="utf-8"))["entry_points"]["main"]["help"]
        for name, path in projects.items()
    }
    return steps_of(config, helps)
