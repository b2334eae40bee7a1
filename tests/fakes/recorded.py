"""Stand-ins for recorded runs: manifests in the form that pipeline.replay.manifest writes."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.report.report_data import ReportData
from pipeline.store.artifacts import Store
from pipeline.tables import table_files
from pipeline.tracking.record import artifact_facts, reference
from tests.fakes import evaluation as fake

EVIL = "<script>alert('x')</script>"
CERTIFICATE: dict[str, Any] = {
    "method": "stratified", "seed": 42, "test_size": 0.3, "stratify": "genre", "group_by": [],
    "rows": {"train": 700, "test": 300, "neither": 0}, "assignment": "ab" * 32,
    "classes": [{"class": EVIL, "train": 350, "test": 150, "share_train": 0.5, "share_test": 0.5}],
    "largest_deviation": 0.0,
    "leaks": [{"check": "rows equal in the key", "columns": "energy", "share": 0.179,
               "suspicious": True},
              {"check": "near-duplicate text", "columns": EVIL, "share": 1.0,
               "suspicious": False}],
}  # fmt: skip
CHECKS = [
    {"check": "rows", "column": "", "expected": "at least 10", "seen": "1,000",
     "verdict": "passed"},
    {"check": "range", "column": EVIL, "expected": "0 to 1", "seen": "0 to 7", "verdict": "warned"},
]  # fmt: skip


def artifact(name: str, kind: str, version: int = 0, rows: int | None = None) -> dict[str, Any]:
    """Return what a record keeps of an artifact."""
    metadata = {} if rows is None else {"rows": rows, "columns": {"energy": "double"}}
    return {"name": name, "version": version, "digest": f"{name}{version}", "type": kind,
            "description": f"About {name} {EVIL}", "metadata": metadata}  # fmt: skip


def step(name: str, **facts: Any) -> dict[str, Any]:
    """Return a step of a manifest: one that ran and ended well, unless the facts say otherwise."""
    plain: dict[str, Any] = {
        "step": name, "status": "finished", "reason": "run: first time", "key": None, "facts": {},
        "parameters": {}, "inputs": [], "outputs": [], "metrics": {}, "tables": {}, "pictures": {},
        "error": None, "seconds": 1.25, "mlflow_run": None, "wandb_run": None, "from_run": None,
    }  # fmt: skip
    return plain | facts


def manifest(steps: list[dict[str, Any]], run: str = "a" * 32, **facts: Any) -> dict[str, Any]:
    """Return the manifest of a run of these steps."""
    config = {
        "main": {"experiment_name": "dev", "random_seed": 42,
                 "steps": ",".join(s["step"] for s in steps) or "prepare"},
        "data": {"description": f"Songs {EVIL}", "test_size": 0.3,
                 "file_url": "https://user:hunter2@host/t.csv?token=hunter2"},
        "steps": {s["step"]: {} for s in steps} or {"prepare": {}},
    }  # fmt: skip
    plain = {
        "run": run, "finished": "2026-01-02T03:04:05+00:00", "overrides": ["data.test_size=0.3"],
        "code": {"commit": "c" * 40, "patch": "", "left_out": [], "lock": "d" * 64},
        "config": config, "environment": "local", "packages": {"numpy": "2.4.6", EVIL: "1"},
        "machine": {"python": "3.11.7", "system": "Linux", "processor": "", "processors": 2,
                    "processors_usable": 2, "threads": {"OMP_NUM_THREADS": None}},
    }  # fmt: skip
    return plain | {"steps": steps} | facts


def whole(**facts: Any) -> dict[str, Any]:
    """Return the manifest of a run that prepared, divided, trained and judged."""
    table = artifact("clean.csv", "preprocessed_data", 0, 1000)
    train = artifact("train.csv", "segregated_data", 0, 700)
    model = artifact("model_export", "model")
    judged = {"auc": 0.928, "f1": 0.61, "f1/Pop": 0.2}
    rows = [{"class": EVIL, "support": 16.0, "f1": 0.2, "auc": 0.9},
            {"class": "Rap", "support": 9.0, "f1": 0.6, "auc": None}]  # fmt: skip
    made = [artifact("predictions.parquet", "predictions", 0, 300),
            artifact("evaluation.json", "evaluation"), artifact("gate.json", "gate")]  # fmt: skip
    return manifest(
        [
            step("prepare", status="cached", reason="hit: same as run 12345678", outputs=[table]),
            step("check", inputs=[table], tables={"checks": CHECKS}),
            step("divide", inputs=[table],
                 outputs=[train, artifact("split.json", "certificate")]),
            step("train", inputs=[train], outputs=[model], metrics={"auc": 0.93}),
            step("judge", uses=4, inputs=[model, artifact("old.csv", "x", 3)], outputs=made,
                 metrics=judged, tables={"per_class": rows}),
        ],
        **facts,
    )  # fmt: skip


def full(classes: int = 15, rows: int = 600, name: str = EVIL) -> ReportData:
    """Return the data of a run that has everything a report can show, without a store."""
    from pipeline.report.profile import profile
    from pipeline.text.masking import masked

    names = [name, *(f"class {n}" for n in range(1, classes))]
    truth, probabilities = fake.predictions(classes, rows)
    before = whole(run="b" * 32, finished="2026-01-01T03:04:05+00:00")
    before["config"]["data"]["test_size"] = 0.2
    before["steps"][-1]["metrics"] = {"auc": 0.9, "f1": 0.61}
    evaluation = fake.evaluation(truth, probabilities, names, [name, "tempo", "key"])
    table = pa.table({"energy": [0.1, 0.5, None], name: ["$a$", name, name], "none": [None] * 3})
    return ReportData(
        masked(whole()), masked(before), evaluation, CERTIFICATE, fake.gate(passed=False),
        profile(table, "clean.csv:v0"),
    )  # fmt: skip


def refused_table() -> ReportData:
    """Return the data of a run that check_data stopped: a number and a text have drifted."""
    from pipeline.report.profile import shifts
    from pipeline.report.report_data import Shifts

    rows = [{"check": "drift", "column": name, "expected": "values within 0.1", "seen": "0.25",
             "verdict": "failed"} for name in ("energy", EVIL)]  # fmt: skip
    drift = [{"column": "energy", "test": "values", "p": 8.3e-65, "effect": None,
              "verdict": "failed"}]  # fmt: skip
    said = "check_data refuses clean.csv:v1: 2 of 4 checks failed (drift energy: 0.25); mend it"
    tables = {"checks": [*CHECKS, *rows], "drift": drift}
    check = step("check", inputs=[artifact("clean.csv", "x", 1, 4)], tables=tables, refused=said)
    steps = [step("prepare"), check]
    recorded = manifest(steps)
    recorded["config"]["steps"] |= {"judge": {}}
    recorded["config"]["main"]["steps"] = "all"
    now = pa.table({"energy": [0.7, 0.8, 0.9, None], EVIL: ["a", "a", "b", "b"]})
    before = pa.table({"energy": [0.1, 0.2, 0.8, 0.9], EVIL: ["a", "b", "b", "c"]})
    changed = shifts(now, before, ["energy", EVIL, "gone"])
    return ReportData(recorded, shifts=Shifts("clean.csv:v1", "clean.csv:v0", changed))


def published(store: Store, recorded: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Put into a store what a manifest says that was made, tables and JSON; return the manifest."""
    evaluation = fake.evaluation(*fake.predictions(2, 20), ["a", "b"])
    contents = {"evaluation": evaluation, "certificate": CERTIFICATE, "gate": fake.gate()}
    kept: dict[str, Any] = {}
    for one in recorded["steps"]:
        one["inputs"] = [kept.get(a["name"], a) for a in one["inputs"]]
        for n, made in enumerate(one["outputs"]):
            path, metadata = folder / made["name"], {}
            if made["type"] in contents:
                path.write_text(json.dumps(contents[made["type"]]), encoding="utf-8")
            else:
                name = path.name if path.suffix else f"{path.name}.csv"
                path = path.with_name(name)
                metadata = table_files.write(
                    pa.table({"energy": [0.1, 0.5], "genre": ["a", "b"]}), path
                )
            version = store.put(made["name"], path, made["type"], metadata=metadata)
            one["outputs"][n] = kept[made["name"]] = artifact_facts(version)
    assert all(store.exists(reference(a)) for a in kept.values())
    return recorded
