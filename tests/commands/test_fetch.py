"""An artifact as files in a folder."""

from pathlib import Path

import pytest

from pipeline.commands import fetch
from pipeline.errors import InputError
from pipeline.store.artifacts import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "store")
    model = tmp_path / "model"
    (model / "code").mkdir(parents=True)
    (model / "MLmodel").write_text("flavors")
    (model / "code" / "loader.py").write_text("pass")
    made.put("model", model, "model")
    (tmp_path / "table.csv").write_text("a")
    made.put("table.csv", tmp_path / "table.csv", "table")
    return made


def test_a_model_with_the_command_that_serves_it(store: Store, tmp_path: Path) -> None:
    for _ in range(2):  # the second time it is made anew
        line = fetch.fetch(store, "model:latest", None, tmp_path)
        folder = tmp_path / "outputs" / "model-v0"
        assert (folder / "code" / "loader.py").read_text() == "pass"
        assert line == (
            "model:v0 is in outputs/model-v0; serve it: "
            "mlflow models serve -m outputs/model-v0 --env-manager local --port 5001"
        )
        (folder / "code" / "loader.py").write_text("changed")
    assert [path.name for path in (tmp_path / "outputs").iterdir()] == ["model-v0"]


def test_a_table_in_a_folder_of_ones_own(store: Store, tmp_path: Path) -> None:
    line = fetch.fetch(store, "table.csv:v0", str(tmp_path / "mine"), tmp_path / "root")
    assert line == f"table.csv:v0 is in {tmp_path / 'mine'}"
    assert (tmp_path / "mine" / "table.csv").read_text() == "a"


def test_what_is_there_stays(store: Store, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept").write_text("kept")
    with pytest.raises(InputError, match="fetch: mine is not empty; give another folder"):
        fetch.fetch(store, "model:v0", "mine", tmp_path)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["kept"]


def test_damage_leaves_nothing(store: Store, tmp_path: Path) -> None:
    (damaged,) = (tmp_path / "store" / "objects").glob("*/*/loader.py")
    damaged.chmod(0o600)
    damaged.write_text("evil")
    with pytest.raises(InputError, match=r"loader\.py in .* has SHA-256"):
        fetch.fetch(store, "model:v0", "mine", tmp_path)
    assert not (tmp_path / "mine").exists()


def test_nothing_asked_for(store: Store, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"main\.artifact=name:alias or name:vN; .* holds model, ta"
    ):
        fetch.fetch(store, None, None, tmp_path)
