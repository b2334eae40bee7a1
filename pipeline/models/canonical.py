"""An exported model without what differs between two exports of the same model.

Times, random ids and the addresses of objects go; then equal models have equal bytes.
"""

import json
import os
import zipfile
from pathlib import Path

import yaml

# What MLflow writes into MLmodel that cannot be the same twice: the one list of it. MLflow reads
# a model without them, and gives it ids of its own when it is logged or registered.
VOLATILE = ("model_id", "model_uuid", "run_id", "utc_time_created")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can state


def rewrite_mlmodel(folder: Path) -> None:
    """Remove VOLATILE from a model folder's MLmodel, and state the folder's size as it is."""
    file = folder / "MLmodel"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    for name in VOLATILE:
        content.pop(name, None)
    others = (path for path in folder.rglob("*") if path.is_file() and path != file)
    content["model_size_bytes"] = sum(path.stat().st_size for path in others)
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def rewrite_skops(file: Path) -> None:
    """Rewrite a .skops file: members and objects numbered as they appear, no times.

    skops names both after the addresses that objects had in the process. It loads the result as
    before.
    """
    target = file.with_suffix(".canonical")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        schema = json.loads(old.read("schema.json"))
        members: dict[str, str] = {}
        _renumber(schema, members, {})
        for before, after in members.items():
            new.writestr(zipfile.ZipInfo(after, EPOCH), old.read(before))
        new.writestr(zipfile.ZipInfo("schema.json", EPOCH), json.dumps(schema, sort_keys=True))
    os.replace(target, file)


def _renumber(node: object, members: dict[str, str], ids: dict[object, int]) -> None:
    """Number the members and objects of a node; equal plain values are one object.

    Whether they are one in a process depends on how it came by them: trees that another process has
    grown bring their own.
    """
    if isinstance(node, list):
        for item in node:
            _renumber(item, members, ids)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "file" and isinstance(value, str):
                node[key] = members.setdefault(value, f"{len(members):05d}{Path(value).suffix}")
            elif key == "__id__":
                is_plain = node["__loader__"] == "JsonNode"
                same = (node["__class__"], node["content"]) if is_plain else value
                node[key] = ids.setdefault(same, len(ids))
            else:
                _renumber(value, members, ids)
