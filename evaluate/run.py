"""Judge the exported model on the test table."""

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

import pyarrow as pa

from evaluate import champion, evaluate, gate, pictures
from pipeline.config.gate import gate as gate_of
from pipeline.config.judging import judging
from pipeline.judging.bootstrap import Bootstrap
from pipeline.models import export
from pipeline.step import arguments, performance, start


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with start.start_run("evaluate", args) as run:
        config = _config(args.config)
        settings, asked = judging(config["judging"]), gate_of(config["gate"])
        version, folder = run.use_artifact(args.model_export)
        model, target = export.load(folder, config["trusted_types"]), export.target_of(folder)
        table = run.read_table(args.test_data)
        rows = table.to_pandas()
        said = performance.judge(run, model, rows, target)
        predictions = pa.Table.from_pandas(evaluate.predictions_table(*said, model.classes_))
        description = f"Truth, prediction and class probabilities of {target} on the test rows"
        run.write_table(args.artifact_name, predictions, "predictions", description)

        found = evaluate.evaluation(
            model, rows, target, said, config["slices"], settings, args.random_seed
        )
        run.log(evaluate.interval_metrics(found))
        run.log_table("intervals", evaluate.interval_rows(found))
        run.log_table("slices", evaluate.slice_rows(found))
        run.log_table("importances", found["importances"])
        for name, png in pictures.of(found).items():
            run.log_picture(name, png)
        for line in evaluate.lines(found):
            run.logger.info("%s", line)
        path = run.output_path(args.evaluation_artifact)
        path.write_text(json.dumps(found, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
        description = f"Every figure of the model of {target} on the test rows, with its interval"
        run.add_artifact(args.evaluation_artifact, path, "evaluation", description, {})

        trusted = config["trusted_types"]
        other, compared, mind = champion.judge(
            run, args.champion, version, table, rows, said, model.classes_.tolist(), trusted, asked,
            Bootstrap(settings.resamples, args.random_seed),
        )  # fmt: skip
        verdict = gate.decide(found, asked, compared) | {"champion": other, "note": mind}
        champion.conclude(run, args.gate_artifact, verdict, version, asked)
        run.count_uses(args.evaluation_artifact, args.test_data, version)


def _config(path: str | None) -> dict[str, Any]:
    """Return what the file says; without one, the defaults."""
    config: dict[str, Any] = {"judging": {}, "gate": {}, "slices": [], "trusted_types": []}
    if path is None:
        return config
    return dict(zip(config, arguments.yaml_values("config", path, tuple(config)), strict=True))


if __name__ == "__main__":
    go(arguments.parse(__file__))
