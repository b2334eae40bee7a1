"""Dividing tables of any size: the usual way with pandas, this project's, and a plain copy.

    python benchmarks/segregate.py [--rows 100000 1000000] [--repeat 1] [--folder FOLDER]

Tables are made by assets/make_sample.py. Every way is a process of its own, reads the same rows
and writes the same two tables, stratified by genre; ours also certifies the split.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from benchmarks import measure

SIZE, SEED, COLUMN = 0.3, 42, "genre"


def prepare(folder: Path) -> None:
    """Write the table made.parquet as this project's CSV and Parquet."""
    import pyarrow.parquet as pq

    from pipeline.table_pieces import parquet_pieces
    from pipeline.tables import Writer, schema_of

    schema = schema_of(pq.read_schema(folder / "made.parquet").empty_table())
    for suffix in ("csv", "parquet"):
        pieces = parquet_pieces(folder / "made.parquet", schema.names, schema.names)
        with Writer(folder / f"table.{suffix}", schema) as writer:
            for piece in pieces:
                writer.write(piece)
        (folder / f"{suffix}.json").write_text(json.dumps(writer.metadata))


def usual(folder: Path) -> None:
    """Do as most public pipelines of this kind do."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    table = pd.read_csv(folder / "table.csv")
    parts = train_test_split(table, test_size=SIZE, random_state=SEED, stratify=table[COLUMN])
    for name, part in zip(("train", "test"), parts, strict=True):
        part.to_csv(folder / f"usual_{name}.csv", index=False)


def ours(folder: Path, suffix: str) -> None:
    """Do as the step does, without recording it."""
    from pipeline.splits import Division
    from pipeline.tables import Source, Writer
    from segregate.split import split

    source = Source(folder / f"table.{suffix}", json.loads((folder / f"{suffix}.json").read_text()))
    paths = [folder / f"ours_{name}.{suffix}" for name in ("train", "test")]
    with Writer(paths[0], source.schema) as train, Writer(paths[1], source.schema) as test:
        scratch = folder / "scratch"
        scratch.mkdir(exist_ok=True)
        how = Division(SIZE, SEED, stratify=COLUMN)
        split(source, how, lambda part, rows: (train, test)[part].write(rows), scratch)
    shutil.rmtree(scratch)


def copy(folder: Path, suffix: str) -> None:
    """Copy the bytes of the table, which is what no way can be faster than."""
    shutil.copyfile(folder / f"table.{suffix}", folder / f"copy.{suffix}")


WAYS = {
    "pandas, scikit-learn": usual,
    "ours, CSV": lambda folder: ours(folder, "csv"),
    "ours, Parquet": lambda folder: ours(folder, "parquet"),
    "copy of the CSV": lambda folder: copy(folder, "csv"),
    "copy of the Parquet": lambda folder: copy(folder, "parquet"),
    "prepare": prepare,
}


def compare(rows: int, repeat: int, folder: Path) -> None:
    """Measure every way on a table of so many rows, in turn."""
    made = folder / "made.parquet"
    measure.run(ROOT / "assets/make_sample.py", "--rows", str(rows), "--out", str(made))
    measure.run(Path(__file__), "--way", "prepare", "--folder", str(folder))
    ways = [way for way in WAYS if way != "prepare"]
    costs: dict[str, list[measure.Cost]] = {way: [] for way in ways}
    for _ in range(repeat):
        for way in ways:
            costs[way].append(measure.run(Path(__file__), "--way", way, "--folder", str(folder)))
    measure.table(rows, costs)


def main() -> None:
    """Measure, or be one of the ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=1, help="medians of so many")
    parser.add_argument("--folder", type=Path, help="on a disk with room for the tables")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        WAYS[given.way](given.folder)
        return
    for rows in given.rows:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            compare(rows, given.repeat, Path(folder))


if __name__ == "__main__":
    main()
