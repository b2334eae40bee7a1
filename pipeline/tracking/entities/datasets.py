"""Tables as MLflow's datasets: name, digest, columns, rows, and what a step took them for."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.tracking.record import ArtifactFacts, Record, reference

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

CONTEXT = "mlflow.data.context"
# What a table is to the step that has a parameter of that name.
CONTEXTS = {"train_data": "training", "test_data": "test", "reference_artifact": "reference"}
DIGEST = 12  # characters of a table's digest; MLflow takes 36
LONGEST = 2**20 - 1  # characters of a schema that MLflow takes
# Arrow's types → those of MLflow's schemas.
TYPES = {
    "double": "double", "float": "float", "bool": "boolean", "string": "string",
    "large_string": "string", "int64": "long", "uint64": "long", "uint32": "long",
    "int32": "integer", "int16": "integer", "int8": "integer", "uint16": "integer",
    "uint8": "integer", "binary": "binary",
}  # fmt: skip


def contexts(parameters: Mapping[str, object]) -> dict[str, str]:
    """Return what each table that a step reads is to it, by ``name:vN``.

    Args:
        parameters: of the step, with references to versions.
    """
    return {str(parameters[n]): context for n, context in CONTEXTS.items() if n in parameters}


def tables(record: Record) -> list[ArtifactFacts]:
    """Return the tables that a step has read; of one that reads none, those that it has made."""
    return [
        table
        for table in (record.inputs or record.outputs)
        if table["metadata"].get("rows") is not None
    ]


def inputs(record: Record, dataset: str, contexts: Mapping[str, str]) -> Iterator["DatasetInput"]:
    """Yield the tables of a step as the inputs of its MLflow run.

    Args:
        record: of the step.
        dataset: the name of the data that they are of.
        contexts: what a table is to the step, by ``name:vN``; else its type says it.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag

    for table in tables(record):
        context = contexts.get(reference(table)) or table["type"].removesuffix("_data")
        columns: Mapping[str, str] = table["metadata"].get("columns", {})
        schema = json.dumps({"mlflow_colspec": [_column(*column) for column in columns.items()]})
        rows = table["metadata"]["rows"]
        yield DatasetInput(
            Dataset(
                name=name(table, dataset),
                digest=digest(table),
                source_type="artifact",
                source=json.dumps({"uri": reference(table)}),
                schema=schema if len(schema) <= LONGEST else None,
                profile=json.dumps({"num_rows": rows, "num_elements": rows * len(columns)}),
            ),
            [InputTag(CONTEXT, context)],
        )


def name(table: ArtifactFacts, dataset: str) -> str:
    """Return the name of a table in MLflow."""
    return f"{dataset}/{table['name']}"[:500]  # MLflow takes no more


def digest(artifact: ArtifactFacts) -> str:
    """Return the beginning of an artifact's digest, which MLflow takes."""
    return artifact["digest"][:DIGEST]


def _column(name: str, type: str) -> dict[str, object]:  # noqa: A002
    kind = "datetime" if type.startswith(("timestamp", "date")) else TYPES.get(type, "any")
    return {"type": kind, "name": name, "required": False}
