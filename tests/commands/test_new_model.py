"""A model of one's own is made whole, with a config that allows and trusts its class."""

from pathlib import Path

import pytest
import yaml

from pipeline.commands.new import model as new_model
from pipeline.config.model import Model
from pipeline.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text((ROOT / "config.yaml").read_text())
    return tmp_path


def test_its_files_and_config(root: Path) -> None:
    said = new_model.make(root, "my_model")
    assert "python main.py model=my_model" in said
    made = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}
    assert made == {"config.yaml", "my_model/__init__.py", "my_model/estimator.py",
                    "tests/my_model/test_estimator.py", "conf/model/my_model.yaml"}  # fmt: skip
    config = yaml.safe_load((root / "conf" / "model" / "my_model.yaml").read_text())
    own = "my_model.estimator.MyModel"
    assert config["estimator"]["_target_"] == own
    assert Model(**config).allowed == Model(**config).trusted_types == [own]
    text = (root / "my_model" / "estimator.py").read_text()
    assert "class MyModel(" in text
    compile(text, "estimator.py", "exec")


@pytest.mark.parametrize(
    ("name", "message"),
    [(None, "main.name is missing"), ("My", "is no name"), ("sklearn", "Python module"),
     ("segregate", "is taken: there is a step of this name")],
)  # fmt: skip
def test_what_cannot_be(root: Path, name: str | None, message: str) -> None:
    with pytest.raises(InputError, match=f"main.action=new_model: .*{message}"):
        new_model.make(root, name)
    assert {p.name for p in root.rglob("*")} == {"config.yaml"}


def test_a_name_is_given_once(root: Path) -> None:
    new_model.make(root, "my_model")
    with pytest.raises(InputError, match="is taken: there is my_model"):
        new_model.make(root, "my_model")
