"""`mlflow run . -e predict`: score a table of any size with an exported model."""

from argparse import Namespace
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from pipeline import paths
from pipeline.config.preprocess import Read
from pipeline.errors import InputError
from pipeline.files import replacing
from pipeline.step import arguments, start
from pipeline.step.run import StepRun
from pipeline.store.digests import file_sha256

if TYPE_CHECKING:
    from pipeline.models.batch import BatchPredictor
    from pipeline.tables.external_chunks import ForeignSource

NUMBERS = "numbers"  # what is counted of a model that predicts no classes
MODEL = "model_export"  # whose champion is meant when no model is named


def go(args: Namespace) -> None:
    """Write the input's rows with prediction and probabilities; record what was done."""
    from pipeline.models.batch import BatchPredictor
    from pipeline.tables.external_chunks import ForeignSource

    with start.start_run("predict", args) as run:
        source, target = Path(args.input), Path(args.output)
        check_paths(source, target)
        model = args.model or champion(run.aliases(MODEL))
        try:
            version, folder = run.use_artifact(model)
        except InputError as error:
            raise InputError(
                f"model={model}: {error}; give another model=name:alias or name:vN"
            ) from error
        read = arguments.settings(Read, "read", args.read)
        table = ForeignSource(source, source.name, read)
        if table.said:
            run.logger.info("read so: %s", "; ".join(table.said))
        trusted = arguments.columns("trusted_types", args.trusted_types)
        predictor = BatchPredictor(folder, version.reference, trusted)
        with replacing(target) as draft:
            counts = _score(run, predictor, table, draft)
        _record(run, version.reference, source, target, counts)


def champion(aliases: Iterable[str]) -> str:
    """Return the reference of the champion, if there is one and of one dataset only.

    Args:
        aliases: of the models.

    Raises:
        InputError: there is none, or more than one.
    """
    names = [alias for alias in aliases if alias.startswith("champion")]
    if len(names) == 1:
        return f"{MODEL}:{names[0]}"
    stock = f"the champions are {', '.join(names)}" if names else "there is no champion yet"
    example = names[0] if names else "latest"
    raise InputError(f"model: {stock}; say which model, such as {MODEL}:{example}")


def check_paths(source: Path, target: Path) -> None:
    """Raise InputError for what cannot be read or written, before anything is done."""
    if not source.is_file():
        raise InputError(f"input={source} is no file; give the path of a table")
    if target.suffix not in (".csv", ".parquet"):
        raise InputError(f"output={target} must end in .csv or .parquet")
    if not target.parent.is_dir():
        raise InputError(f"output={target}: there is no folder {target.parent}; make it first")
    if target.is_dir() or (target.exists() and target.samefile(source)):
        raise InputError(f"output={target} is the input, or a folder; give another path")


def _score(
    run: StepRun, predictor: "BatchPredictor", table: "ForeignSource", part: Path
) -> Counter[str]:
    """Write the scored table and count the predictions: of each class, or all numbers."""
    from pipeline.tables.table_files import Writer

    schema = predictor.schema(table, table.name)
    if absent := predictor.absent(table):
        run.logger.warning("taken as missing in all rows: %s", ", ".join(absent))
    counts: Counter[str] = Counter()
    with Writer(part, schema) as writer:
        for piece in predictor.scored(table, table.name, run.engine.threads):
            writer.write(piece)
            if predictor.numbers:
                counts[NUMBERS] += len(piece)
                continue
            for pair in pc.value_counts(piece["prediction"]).to_pylist():
                counts[str(pair["values"])] += pair["counts"]
    return counts


def _record(run: StepRun, model: str, source: Path, target: Path, counts: Counter[str]) -> None:
    rows = sum(counts.values())
    run.log({"rows": rows} | {f"predicted/{label}": counts[label] for label in sorted(counts)})
    files = {"input": source, "output": target}
    locations = {role: str(path.resolve()) for role, path in files.items()}
    digests = {f"{role}_sha256": file_sha256(path) for role, path in files.items()}
    run.log_table("scored", [{"model": model, "rows": rows, **locations, **digests}])
    run.logger.info(
        "%s rows of %s scored by %s: %s, sha256 %s",
        f"{rows:,}", source, model, target, digests["output_sha256"],
    )  # fmt: skip


if __name__ == "__main__":
    go(arguments.parse(str(paths.ROOT / "main.py"), entry_point="predict"))
