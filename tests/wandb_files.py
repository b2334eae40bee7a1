"""What W&B's client has written about a run into its offline file, decoded."""

import json
import struct
from pathlib import Path
from typing import Any

from wandb.proto import wandb_internal_pb2

BLOCK, FULL, LAST = 2**15, 1, 4  # of LevelDB's log format, which W&B's files have


def parsed(file: Path) -> list[Any]:
    """Return the records of a file in LevelDB's log format."""
    data, position, found, content = file.read_bytes(), 7, [], b""  # after the file's header
    while position < len(data):
        if (left := BLOCK - position % BLOCK) < 7:  # a record's header is not divided
            position += left
            continue
        size, kind = struct.unpack_from("<HB", data, position + 4)
        content += data[position + 7 : position + 7 + size]
        position += 7 + size
        if kind in (FULL, LAST):
            message = wandb_internal_pb2.Record()
            message.ParseFromString(content)
            found.append(message)
            content = b""
    return found


def started(found: list[Any]) -> Any:
    """Return what `wandb.init` said of the run."""
    (run,) = (message.run for message in found if message.HasField("run"))
    return run


def summary(found: list[Any]) -> dict[str, Any]:
    """Return the values of `run.summary`."""
    return _values(item for message in found for item in message.summary.update)


def config(found: list[Any]) -> dict[str, Any]:
    """Return the run's config: from `wandb.init`, and from `run.config.update`."""
    at_start = started(found).config.update
    return _values([*at_start, *(i for m in found for i in m.config.update)])


def history(found: list[Any]) -> dict[int, dict[str, Any]]:
    """Return what `run.log` was given, by step."""
    rows = [m.history for m in found if m.HasField("history")]
    return {row.step.num: _values(row.item) for row in rows}


def metrics(found: list[Any]) -> dict[str, str]:
    """Return along which metric each one is charted, as `run.define_metric` said."""
    return {m.metric.name: m.metric.step_metric for m in found if m.metric.step_metric}


def artifacts(found: list[Any]) -> dict[str, list[str]]:
    """Return what `run.log_artifact` was given: type:name → aliases."""
    made = [m.artifact for m in found if m.HasField("artifact")]
    return {f"{one.type}:{one.name}": list(one.aliases) for one in made}


def lines(found: list[Any]) -> str:
    """Return what `run.write_logs` was given."""
    return "".join(m.output_logger.line for m in found)


def _values(items: Any) -> dict[str, Any]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}
