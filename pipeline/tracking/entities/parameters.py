"""Parameters, flat: MLflow's as texts under the names that it takes, W&B's as a tree."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from pipeline.files import write_json
from pipeline.shapes import leaves

if TYPE_CHECKING:
    from mlflow import MlflowClient

FILE = "config.json"  # in a step's folder: what main.py tells it of its part of the config
LONGEST = 1000  # characters of a value; MLflow takes 6,000
MOST = 300  # parameters of a run: tables may have thousands of columns
NAME = 240  # characters of a name; MLflow takes 250
OTHERS = "others"  # name of what stands for the parameters above MOST
Flat = Mapping[str, object]


class Handed(TypedDict):
    """What main.py tells a step of its part of the config.

    Attributes:
        parameters: of the step, what its YAML files hold in their places.
        config: the same, flat, under the names of the config.
        tags: of its W&B run.
    """

    parameters: dict[str, Any]
    config: dict[str, Any]
    tags: list[str]


def hand(folder: Path, handed: Handed) -> None:
    """Write it into a step's folder."""
    write_json(folder / FILE, handed)


def handed_to(folder: str | None) -> Handed | None:
    """Return what main.py has written into a step's folder; None for a step started alone."""
    file = Path(folder or "", FILE)
    if folder is None or not file.is_file():
        return None
    handed: Handed = json.loads(file.read_bytes())
    return handed


def flat(values: Mapping[str, object]) -> dict[str, object]:
    """Return nested parameters by the keys that lead to them, joined by dots."""
    return {".".join(path): value for path, value in leaves(values)}


def tree(values: Flat) -> dict[str, Any]:
    """Return flat parameters as W&B's config, which shows what is nested with dots again.

    What is above others and a value itself (`data` beside `data.format`) stays flat.
    """
    result: dict[str, Any] = {}
    for name, value in sorted(_bounded(values).items()):
        *path, last = name.split(".")
        node: Any = result
        for part in path:
            node = node.setdefault(part, {}) if isinstance(node, dict) else node
        told = value if len(_text(value)) <= LONGEST else short(value)
        if isinstance(node, dict):
            node[last] = told
        else:
            result[name] = told
    return result


def params(values: Flat) -> dict[str, str]:
    """Return flat parameters as MLflow takes them; no two have the same name."""
    result: dict[str, str] = {}
    for name, value in _bounded(values).items():
        plain = re.sub(r"[^\w\-. :/]", "_", name)
        cut = plain if len(plain) <= NAME else f"{plain[:NAME]}_{_digest(name)}"
        result[cut if cut not in result else f"{cut[:NAME]}_{_digest(name)}"] = short(value)
    return result


def log(client: "MlflowClient", run_id: str, values: Flat) -> None:
    """Write flat parameters to an MLflow run."""
    from mlflow.entities import Param

    client.log_batch(run_id, params=[Param(*pair) for pair in params(values).items()])


def short(value: object) -> str:
    """Return a value as YAML writes it; a long one begins so, and ends with its digest."""
    text = _text(value)
    if len(text) <= LONGEST:
        return text
    size = f"{len(value):,} values" if isinstance(value, list) else f"{len(text):,} characters"
    return f"{text[: LONGEST // 2]}... ({size}, sha256 {_digest(text)})"


def _text(value: object) -> str:
    if isinstance(value, list):  # not as JSON, of which MLflow shows each item on a line of its own
        return f"[{', '.join(map(_item, value))}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _item(value: object) -> str:
    plain = isinstance(value, str) and re.fullmatch(r"[\w.-]([\w .-]*[\w.-])?", value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False, default=str)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _bounded(values: Flat) -> Flat:
    """Return at most MOST parameters, those least deep; of the others the number and the digest."""
    if len(values) <= MOST:
        return values
    kept = sorted(values, key=lambda name: name.count("."))[: MOST - 1]
    rest = {name: value for name, value in values.items() if name not in set(kept)}
    others = f"{len(rest):,} values, sha256 {_digest(_text(rest))}"
    return {name: values[name] for name in kept} | {OTHERS: others}
