"""Dividing tables of any size: the usual way with pandas, this project's, and a plain copy.

    python benchmarks/segregate.py [--rows 100000 1000000] [--repeat 1] [--folder FOLDER]

Tables are made by assets/make_sample.py. Every way is a process of its own, reads the same rows
and writes the same two tables, stratified by genre. Ours certifies the split; what it costs to look
for leaks as well, which the usual way does not do, is shown apart. At the end: whole groups of
rows, divided by this project and by a plain loop over the groups, which gives the same ones.
"""

import json
import shutil
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from benchmarks import measure

SIZE, SEED, COLUMN = 0.3, 42, "genre"


def usual(folder: Path) -> None:
    """Do as most public pipelines of this kind do."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    table = pd.read_csv(folder / "table.csv", low_memory=False)
    parts = train_test_split(table, test_size=SIZE, random_state=SEED, stratify=table[COLUMN])
    for name, part in zip(("train", "test"), parts, strict=True):
        part.to_csv(folder / f"usual_{name}.csv", index=False)


def ours(folder: Path, suffix: str, leaks: bool) -> None:
    """Do as the step does, without recording it."""
    from pipeline.config.segregate import Audit
    from pipeline.splits.division import Division
    from pipeline.tables.table_files import Source, Writer
    from segregate.split import split

    metadata = json.loads((folder / f"{suffix}.json").read_text(encoding="utf-8"))
    source = Source(folder / f"table.{suffix}", metadata)
    paths = [folder / f"ours_{name}.{suffix}" for name in ("train", "test")]
    scratch = folder / "scratch"
    scratch.mkdir()
    with Writer(paths[0], source.schema) as train, Writer(paths[1], source.schema) as test:
        how = Division(SIZE, SEED, stratify=COLUMN)
        split(source, how, (train, test), scratch, Audit(leaks=leaks))
    shutil.rmtree(scratch)


def copy(folder: Path, suffix: str) -> None:
    """Copy the bytes of the table, which is what no way can be faster than."""
    shutil.copyfile(folder / f"table.{suffix}", folder / f"copy.{suffix}")


WAYS: measure.Ways = {
    "pandas, scikit-learn": usual,
    "ours, CSV": lambda folder: ours(folder, "csv", False),
    "ours, CSV, leaks looked for": lambda folder: ours(folder, "csv", True),
    "ours, Parquet": lambda folder: ours(folder, "parquet", False),
    "ours, Parquet, leaks looked for": lambda folder: ours(folder, "parquet", True),
    "copy of the CSV": lambda folder: copy(folder, "csv"),
    "copy of the Parquet": lambda folder: copy(folder, "parquet"),
}

GROUPED_ROWS, CLASSES = 200_000, 15


def groups() -> None:
    """Print how long it takes to divide groups, most of them small, of one class or of several."""
    import numpy as np

    from pipeline.splits import groups
    from pipeline.splits.keys import Classes
    from tests.splits import plain_groups

    random = np.random.RandomState(SEED)
    keys = (random.beta(0.7, 0.7, GROUPED_ROWS) * GROUPED_ROWS * 0.85).astype(np.uint64)
    own = (keys * np.uint64(2654435761) % np.uint64(CLASSES)).astype(np.uint16)
    drawn = random.randint(0, CLASSES, GROUPED_ROWS).astype(np.uint16)
    of_several = np.where(random.rand(GROUPED_ROWS) < 0.3, drawn, own)
    print(f"\n{GROUPED_ROWS:,} rows in {len(np.unique(keys)):,} groups, CPU s: plain loop, ours")
    for name, codes in (("of one class", own), ("of several", of_several)):
        seconds, second_parts = [], []
        held = Classes([str(n) for n in range(CLASSES)], codes)
        for greedy in (plain_groups.greedy, groups._greedy):
            groups._greedy = greedy
            begin = time.process_time()
            random = np.random.RandomState(SEED)
            parts = groups.by_group(keys, held, int(GROUPED_ROWS * SIZE), random)
            seconds.append(time.process_time() - begin)
            second_parts.append(parts[1])
        assert np.array_equal(second_parts[0], second_parts[1])
        plain, ours = seconds
        print(f"{name:34} {plain:7.2f} {ours:7.2f} {plain / ours:6.1f}×")


if __name__ == "__main__":
    measure.main(__file__, __doc__, WAYS)
    if "--way" not in sys.argv:
        groups()
