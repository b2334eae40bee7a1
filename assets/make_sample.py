"""Make the sample that ships with the project: a synthetic song-genre table without a real row.

    python assets/make_sample.py [--rows 5000] [--seed 42] [--out assets/songs_sample.parquet]

Songs are drawn genre by genre (songs.py), then some rows repeat a song of their genre and some
songs are listed under two genres, as in the real table. `song_profile.json` holds every number,
`song_words.json` the invented words. Rows are drawn and written by blocks, so that memory does
not grow with their number.
"""

import argparse
import hashlib
import json
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # a script finds its own folder, not the project's

from assets.songs import Facts, Ints, draw_from, draw_songs
from pipeline.errors import InputError

BLOCK = 250_000  # rows drawn at once, and rows of a Parquet row group


def read_facts(name: str) -> Facts:
    """Return the JSON object in file `name` beside this program."""
    facts: Facts = json.loads((HERE / name).read_text(encoding="utf-8"))
    return facts


def read_schema(profile: Facts) -> pa.Schema:
    """Return the real table's column names and types, in its order."""
    return pa.schema([(c, pa.type_for_alias(t)) for c, t in profile["column_types"].items()])


def count_rows(profile: Facts, rows: int) -> dict[str, int]:
    """Return how many of `rows` rows each genre gets: in proportion, but never below the least.

    Raises InputError if `rows` is below the least of all genres together.
    """
    real = np.array(list(profile["rows_per_genre"].values()), dtype=float)
    least = profile["least_rows_per_genre"]
    spare = rows - least * len(real)
    if spare < 0:
        raise InputError(
            f"--rows {rows} is too few: {len(real)} genres need {least} rows each; "
            f"give {least * len(real)} or more"
        )
    above = np.maximum(real / real.sum() * rows - least, 0)
    ends = np.rint(above.cumsum() / above.sum() * spare).astype(int)
    counts = least + np.diff(ends, prepend=0)
    return dict(zip(profile["rows_per_genre"], counts.tolist(), strict=True))


def draw_listings(
    profile: Facts, words: Facts, genre: str, n: int, rng: np.random.Generator
) -> pa.Table:
    """Return what belongs to a row, not to its song: genre, title, whether loudness is hidden."""
    title = pa.nulls(n, pa.string())
    if weights := words["title_weights"].get(genre):
        title = pa.array(list(weights)).take(pa.array(draw_from(list(weights.values()), n, rng)))
    hidden = rng.permutation(n) < round(profile["loudness_missing_share"] * n)
    return pa.table({"genre": pa.repeat(genre, n), "title": title, "hidden": hidden})


def pick_sources(profile: Facts, counts: dict[str, int], rng: np.random.Generator) -> Ints:
    """Return shape (rows,): the position of the song that each row shows, mostly its own.

    A share of each genre's rows repeats songs of that genre; then each pair of genres shares
    songs as often, relative to all rows, as in the real table. Each genre keeps songs of its own.
    """
    label = np.repeat(np.arange(len(counts)), list(counts.values()))
    number = {genre: i for i, genre in enumerate(counts)}
    source = np.arange(len(label))
    for genre, n in counts.items():
        rows = rng.permutation(np.flatnonzero(label == number[genre]))
        repeats = round(profile["repeated_song_share_within_genre"][genre] * n)
        source[rows[:repeats]] = rng.choice(rows[repeats:], repeats)
    free = source == np.arange(len(label))
    for giver, taker, pairs in profile["songs_listed_under_two_genres"]:
        given, taken = (np.flatnonzero(free & (label == number[g])) for g in (giver, taker))
        n = int(pairs * len(label) / profile["real_rows"] + rng.random())
        rows = rng.choice(taken, min(n, len(taken) - 1), replace=False)
        source[rows] = rng.choice(given, len(rows))
        free[rows] = False
    return source


def draw_block(profile: Facts, words: Facts, rows: int, rng: np.random.Generator) -> pa.Table:
    """Return a table of `rows` rows, genre after genre, with the profile's columns and types.

    Raises InputError if `rows` is too few for the genres.
    """
    genres = count_rows(profile, rows).items()
    songs = pa.concat_tables([draw_songs(profile, words, g, n, rng) for g, n in genres])
    songs = songs.take(pa.array(pick_sources(profile, dict(genres), rng)))
    listings = pa.concat_tables([draw_listings(profile, words, g, n, rng) for g, n in genres])
    columns = {name: pa.repeat(value, rows) for name, value in profile["constant_columns"].items()}
    columns |= dict(zip(songs.column_names, songs.columns, strict=True))
    columns |= {"genre": listings["genre"], "title": listings["title"]}
    columns["loudness"] = pc.if_else(listings["hidden"], None, songs["loudness"])
    schema = read_schema(profile)
    return pa.table(columns).select(schema.names).cast(schema).combine_chunks()


def write_blocks(path: Path, profile: Facts, words: Facts, rows: int, seed: int) -> None:
    """Write `rows` rows to the Parquet file `path`, in blocks of nearly equal size."""
    ends = np.linspace(0, rows, -(-rows // BLOCK) + 1).astype(int)
    with pq.ParquetWriter(path, read_schema(profile), compression="zstd") as writer:
        for block, size in enumerate(np.diff(ends).tolist()):
            rng = np.random.default_rng([seed, block])
            writer.write_table(draw_block(profile, words, size, rng))


def write_sample(path: Path, rows: int, seed: int) -> None:
    """Write `rows` rows to the Parquet file `path`; the same arguments give the same bytes.

    Raises InputError if the rows are too few, the seed is negative or the file cannot be written.
    """
    if seed < 0:
        raise InputError(f"--seed {seed} is negative; give 0 or more")
    profile, words = read_facts("song_profile.json"), read_facts("song_words.json")
    count_rows(profile, rows)
    part = path.parent / f"{path.name}.part"
    try:
        write_blocks(part, profile, words, rows, seed)
        part.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"--out {path} cannot be written ({reason}); give another file") from error
    finally:
        with suppress(OSError):
            part.unlink()


def main(arguments: list[str] | None = None) -> int:
    """Make the sample as the command line asks, say what it is, return the exit status."""
    parser = argparse.ArgumentParser(description="Make the synthetic song-genre sample.")
    parser.add_argument("--rows", type=int, default=5000, help="how many (default 5000)")
    parser.add_argument("--seed", type=int, default=42, help="of the random numbers (default 42)")
    parser.add_argument("--out", type=Path, default=HERE / "songs_sample.parquet", help="the file")
    given = parser.parse_args(arguments)
    try:
        write_sample(given.out, given.rows, given.seed)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    with given.out.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    print(f"{given.out.name}: {given.rows} rows, {given.out.stat().st_size} bytes, sha256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
