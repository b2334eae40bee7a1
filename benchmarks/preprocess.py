"""Cleaning tables of any size: the usual way with pandas, and this project's.

    python benchmarks/preprocess.py [--rows 100000 1000000] [--repeat 1] [--folder FOLDER]

Tables are made by assets/make_sample.py. Every way is a process of its own, drops the duplicate
rows and adds the text feature of conf/data/songs.yaml.
"""

import json
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from benchmarks import measure

CONFIG = yaml.safe_load((ROOT / "conf/data/songs.yaml").read_text(encoding="utf-8"))["preprocess"]


def usual(folder: Path) -> None:
    """Do as most public pipelines of this kind do."""
    import pandas as pd

    table = pd.read_csv(folder / "table.csv", low_memory=False)
    table = table.drop_duplicates().reset_index(drop=True)
    one, two = (table[column].fillna("") for column in CONFIG["text"]["columns"])
    table[CONFIG["text"]["name"]] = one + " " + two
    table.to_csv(folder / "usual.csv", index=False)


def ours(folder: Path, suffix: str, out: str) -> None:
    """Do as the step does, without recording it."""
    from pipeline.tables.table_files import Source, Writer
    from preprocess.clean import clean

    metadata = json.loads((folder / f"{suffix}.json").read_text(encoding="utf-8"))
    source = Source(folder / f"table.{suffix}", metadata)
    schema, _, rows = clean(source, CONFIG)
    with Writer(folder / f"ours.{out}", schema) as writer:
        for piece in rows:
            writer.write(piece)


WAYS: measure.Ways = {
    "pandas, CSV to CSV": usual,
    "ours, CSV to CSV": lambda folder: ours(folder, "csv", "csv"),
    "ours, Parquet to CSV": lambda folder: ours(folder, "parquet", "csv"),
    "ours, Parquet to Parquet": lambda folder: ours(folder, "parquet", "parquet"),
}

if __name__ == "__main__":
    measure.main(__file__, __doc__, WAYS)
