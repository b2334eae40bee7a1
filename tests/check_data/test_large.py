"""A table larger than memory is checked as a small one is."""

from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks import drift as cases
from check_data import expectations, labels
from pipeline.config.checks import Checks
from pipeline.drift import compare
from pipeline.tables import chunks, table_files
from pipeline.tables.reading import mapped
from tests.conftest import ROOT, SAMPLE


@pytest.fixture(scope="module")
def songs() -> tuple[pa.Table, Checks]:
    table, checks = cases.songs(ROOT / SAMPLE)
    coded = table["genre"].combine_chunks().dictionary_encode()
    place = table.column_names.index("genre")
    return table.set_column(place, "genre", coded).slice(0, 1500), checks


def test_by_pieces_as_whole(
    songs: tuple[pa.Table, Checks], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "PIECE", 100)
    monkeypatch.setattr(mapped, "HELD", 0)
    table, checks = songs
    whole = table.slice(0, 800), table.slice(700)
    large = []
    for number, part in enumerate(whole):
        path = tmp_path / f"{number}.parquet"
        source = table_files.Source(path, table_files.write(part, path))
        large.append(mapped.Columns(source, tmp_path))
        assert len(list(large[-1].pieces(["genre"]))) > 5
        assert large[-1].select(table.column_names).equals(part.replace_schema_metadata(None))
    assert compare.compare(*large, 0.05, checks) == compare.compare(*whole, 0.05, checks)
    assert list(expectations.results(large[0], checks)) == list(
        expectations.results(whole[0], checks)
    )
    found = list(labels.counts(*large, checks.labels))
    assert found == list(labels.counts(*whole, checks.labels))


def test_some_columns_of_rows_that_are_made(
    songs: tuple[pa.Table, Checks], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "HELD", 0)
    table = songs[0].select(["tempo", "title", "liveness"]).replace_schema_metadata(None)
    made = mapped.Made(table.schema, lambda: iter([table.slice(0, 9), table.slice(9)]))
    some = mapped.Columns(made, tmp_path).only(["liveness", "tempo"])
    assert some.column_names == some.schema.names == ["liveness", "tempo"]
    assert some.select(some.column_names).equals(table.select(["liveness", "tempo"]))
    assert some.num_rows == len(table)
