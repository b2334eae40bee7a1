"""main.action=new_step: a step of one's own that runs at once, between two others."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from pipeline.commands.new import scaffold
from pipeline.config import root_config, wiring
from pipeline.errors import InputError, did_you_mean

SUFFIXES = (".${data.format}", ".csv", ".parquet")  # of the names of tables
LINKS = {"conda.yaml": "../conda.yaml", "mlflow.db": "../mlflow.db", "mlruns": "../mlruns"}


def make(root: Path, name: str | None, after: str | None) -> str:
    """Make a step's folder, test and config; return what was made and what to do next.

    Raises:
        InputError: the name or the step before cannot be taken; nothing was written.
    """
    steps: Any = OmegaConf.to_container(root_config.load(root).steps)
    name = scaffold.check_name(root, "step", name, dict.fromkeys(steps, "a step of this name"))
    if after is None or after not in steps:
        what = "main.after is missing" if after is None else f"main.after={after} is no step"
        hint = did_you_mean(after or "", steps)
        raise InputError(f"main.action=new_step: {what}; name the step that it follows: {hint}")
    table, maker = _table(steps, after)
    output = f"{name}_data{next(suffix for suffix in SUFFIXES if table.endswith(suffix))}"
    artifacts = [artifact for values in steps.values() for artifact in wiring.outputs(values)]
    if clashes := [artifact for artifact in artifacts if artifact.startswith(f"{name}_data.")]:
        raise InputError(
            f"main.action=new_step: main.name={name}: there is an artifact {clashes[0]} already; "
            "choose another name"
        )
    readers = _readers(steps, after, table)
    read_by = {s: dict.fromkeys(names, f"{output}:latest") for s, names in readers.items()}
    # In the order of their names, as ruff wants them.
    imports = [
        f"from {name}.transform import transform",
        "from pipeline.step import arguments, start",
    ]
    words = {"IMPORTS": "\n".join(sorted(imports)), "NAME": name, "AFTER": after,
             "INPUT": f"{table}:latest", "OUTPUT": output, "READ_BY": _yaml(read_by)}  # fmt: skip
    paths = scaffold.make(root, "step", words, LINKS)
    return "\n".join(_summary(name, paths, table, maker, output, readers))


def _table(steps: Mapping[str, Mapping[str, object]], after: str) -> tuple[str, str]:
    """Return the table that a new step reads, and the step that makes it.

    It is the nearest one before that a later step reads; behind the last reader, the last one made.

    Raises:
        InputError: no step before makes a table.
    """
    order = list(steps)
    pairs = [
        (table, step)
        for step in reversed(order[: order.index(after) + 1])
        for table in wiring.outputs(steps[step])
        if table.endswith(SUFFIXES)
    ]
    if not pairs:
        raise InputError(
            f"main.after={after}: neither it nor a step before it makes a table that a new step "
            "could read; name a later step"
        )
    return next((pair for pair in pairs if _readers(steps, after, pair[0])), pairs[0])


def _readers(
    steps: Mapping[str, Mapping[str, object]], after: str, table: str
) -> dict[str, list[str]]:
    """Return which parameters of the steps behind `after` are the newest version of a table."""
    order = list(steps)
    behind = {
        step: [name for name, value in steps[step].items() if value == f"{table}:latest"]
        for step in order[order.index(after) + 1 :]
    }
    return {step: names for step, names in behind.items() if names}


def _yaml(read_by: Mapping[str, Mapping[str, str]]) -> str:
    lines = [f"  {step}: {{{', '.join(f'{k}: {v!r}' for k, v in values.items())}}}"
             for step, values in read_by.items()]  # fmt: skip
    return "\n".join(["", *lines]) if lines else " {}"


def _summary(
    name: str, paths: list[str], table: str, maker: str, output: str,
    readers: Mapping[str, list[str]],
) -> Iterator[str]:  # fmt: skip
    """Yield what was made, what it reads, who reads it, and what to do next."""
    folder, tests, config = paths
    yield f"made the step {name}: {folder}/, {tests}/, {config}"
    yield f"it reads {table}:latest, which {maker} makes, and makes {output}"
    if readers:
        who = ", ".join(f"{step} ({', '.join(names)})" for step, names in readers.items())
        yield f"which is read instead by: {who}"
    else:
        yield "which no step reads yet; say which does under read_by in " + config
    if "_train." in table:
        yield "the test rows do not pass through it: what changes columns belongs before the split"
    yield f"as it stands it passes the table through; write your own in {folder}/transform.py"
    yield f"next: python main.py, and pytest {tests}; main.steps={name} runs it alone"
