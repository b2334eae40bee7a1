import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from assets import make_sample
from assets.make_sample import count_rows, main, read_facts, write_sample
from pipeline.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "assets" / "songs_sample.parquet"
PROFILE = read_facts("song_profile.json")
WORDS = read_facts("song_words.json")
SONG = [*(set(PROFILE["numeric_features"]) - {"loudness"}), "key", "mode", "time_signature"]


@pytest.fixture(scope="module")
def shipped() -> pd.DataFrame:
    return pq.read_table(SHIPPED).to_pandas()


def test_made_again_is_the_shipped_file(tmp_path: Path) -> None:
    again = tmp_path / "again.parquet"
    write_sample(again, rows=5000, seed=42)
    assert pq.read_table(again).equals(pq.read_table(SHIPPED), check_metadata=True)
    assert again.read_bytes() == SHIPPED.read_bytes()
    assert list(tmp_path.iterdir()) == [again]


def test_readme_states_the_digest_and_the_file_is_small() -> None:
    readme = (ROOT / "assets" / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(SHIPPED.read_bytes()).hexdigest() in readme
    assert SHIPPED.stat().st_size < 400_000


def test_columns_and_types_are_those_of_the_profile() -> None:
    schema = pq.read_schema(SHIPPED)
    assert schema.names == PROFILE["columns"]
    types = {field.name: str(field.type) for field in schema}
    assert types == PROFILE["column_types"]


def test_genre_shares_are_close_to_the_profile(shipped: pd.DataFrame) -> None:
    real = pd.Series(PROFILE["rows_per_genre"]) / PROFILE["real_rows"]
    drawn = shipped["genre"].value_counts(normalize=True)
    assert set(drawn.index) == set(real.index)
    assert (drawn - real).abs().max() < 1 / len(shipped)


def test_only_loudness_and_text_are_missing_as_in_the_profile(shipped: pd.DataFrame) -> None:
    titled = shipped["genre"].isin(WORDS["title_weights"])
    assert (shipped["title"].notna() == titled).all()
    assert (shipped["song_name"].notna() == ~titled).all()
    hidden = shipped["loudness"].isna().groupby(shipped["genre"]).mean()
    assert (hidden - PROFILE["loudness_missing_share"]).abs().max() < 0.01
    assert shipped.drop(columns=["title", "song_name", "loudness"]).notna().all(axis=None)


def test_rows_repeat_and_songs_carry_two_genres(shipped: pd.DataFrame) -> None:
    assert 0.01 < shipped.duplicated().mean() < 0.04
    genres_per_song = shipped.groupby(SONG)["genre"].nunique()
    assert 0.80 < len(genres_per_song) / len(shipped) < 0.87
    assert 0.05 < (genres_per_song > 1).mean() < 0.12


@pytest.mark.parametrize("genre", sorted(set(PROFILE["rows_per_genre"]) - {"Pop"}))
def test_each_genre_has_its_medians_and_correlations(shipped: pd.DataFrame, genre: str) -> None:
    names, at = PROFILE["numeric_features"], PROFILE["quantile_probabilities"]
    drawn = shipped.loc[shipped["genre"] == genre, names]
    known = np.array(PROFILE["quantiles_per_genre_and_feature"][genre])
    medians = drawn.median().to_numpy()
    assert (known[:, at.index(0.4)] <= medians).all()
    assert (medians <= known[:, at.index(0.6)]).all()
    asked = PROFILE["rank_correlation_x100_lower_triangle"][genre]
    found = drawn.rank().corr().to_numpy()[np.tril_indices(len(names), -1)]
    assert np.corrcoef(found, np.concatenate(asked))[0, 1] > 0.8


def test_no_value_leaves_the_range_of_the_profile(shipped: pd.DataFrame) -> None:
    known = np.array(list(PROFILE["quantiles_per_genre_and_feature"].values()))
    drawn = shipped[PROFILE["numeric_features"]]
    assert (drawn.min().to_numpy() >= known.min(axis=(0, 2))).all()
    assert (drawn.max().to_numpy() <= known.max(axis=(0, 2))).all()


def test_another_seed_gives_another_table(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_sample(tmp_path / str(seed), rows=200, seed=seed)
    first, second = (pq.read_table(tmp_path / str(seed)) for seed in (1, 2))
    assert first.schema == second.schema
    assert not any(first[name].equals(second[name]) for name in PROFILE["numeric_features"])


def test_blocks_are_drawn_apart_and_keep_all_genres(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_sample, "BLOCK", 300)
    write_sample(tmp_path / "t", rows=1000, seed=0)
    file = pq.ParquetFile(tmp_path / "t")
    blocks = [file.read_row_group(i) for i in range(file.num_row_groups)]
    assert [len(block) for block in blocks] == [250, 250, 250, 250]
    assert all(
        set(block["genre"].to_pylist()) == set(PROFILE["rows_per_genre"]) for block in blocks
    )
    assert not blocks[0]["energy"].equals(blocks[1]["energy"])


@pytest.mark.parametrize("rows", [120, 121, 500, 43_210])
def test_rows_are_shared_out_exactly_and_no_genre_falls_short(rows: int) -> None:
    counts = count_rows(PROFILE, rows)
    assert sum(counts.values()) == rows
    assert min(counts.values()) >= PROFILE["least_rows_per_genre"]


def test_the_fewest_rows_make_a_table(tmp_path: Path) -> None:
    for seed in range(20):
        write_sample(tmp_path / "t", rows=120, seed=seed)
    assert set(pq.read_table(tmp_path / "t")["genre"].value_counts().field(1).to_pylist()) == {8}


@pytest.mark.parametrize(
    ("flag", "value", "advice"),
    [
        ("--rows", "0", "give 120 or more"),
        ("--rows", "-1", "give 120 or more"),
        ("--rows", "119", "give 120 or more"),
        ("--seed", "-1", "give 0 or more"),
    ],
)
def test_a_bad_number_is_one_line_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: str, value: str, advice: str
) -> None:
    assert main([f"{flag}={value}", "--out", str(tmp_path / "t")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"error: {flag} {value} ")
    assert said.err.endswith(advice + "\n")
    assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    for out in (tmp_path / "missing" / "t", tmp_path / "taken", Path(__file__) / "t"):
        with pytest.raises(InputError, match=r"^--out .* cannot be written .*; give another file$"):
            write_sample(out, rows=120, seed=0)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_the_program_writes_beside_itself_from_any_folder(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "pipeline" / "text", tmp_path / "pipeline" / "text")
    for name in ("assets/make_sample.py", "assets/songs.py", "pipeline/errors.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("song_profile.json", "song_words.json"):
        shutil.copy(ROOT / "assets" / name, tmp_path / "assets" / name)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = [sys.executable, str(tmp_path / "assets" / "make_sample.py"), "--rows"]
    made = subprocess.run([*command, "150"], cwd=elsewhere, capture_output=True, text=True)
    written = tmp_path / "assets" / "songs_sample.parquet"
    assert (made.returncode, made.stderr) == (0, "")
    assert hashlib.sha256(written.read_bytes()).hexdigest() in made.stdout
    assert pq.read_metadata(written).num_rows == 150
    refused = subprocess.run([*command, "0"], cwd=elsewhere, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [refused.stderr.strip()]
    assert list(elsewhere.iterdir()) == []
