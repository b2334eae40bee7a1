"""Whether W&B is used online: words, and the places where a key may be."""

from pathlib import Path

import pytest

from pipeline import wandb_mode
from pipeline.errors import InputError

HOST = "wandb.example.org:8080"


def given(tmp_path: Path, **more: str) -> dict[str, str]:
    """An environment in which nobody is logged in, unless it says so."""
    return {"NETRC": str(tmp_path / "netrc"), "WANDB_CONFIG_DIR": str(tmp_path / "config")} | more


@pytest.mark.parametrize("word", ["online", "offline", "disabled"])
def test_what_is_set_is_meant_whether_there_is_a_key_or_not(tmp_path: Path, word: str) -> None:
    for environment in (given(tmp_path), given(tmp_path, WANDB_API_KEY="k" * 40)):
        assert wandb_mode.mode(word, environment, tmp_path) == word


def test_auto_is_online_with_a_key(tmp_path: Path) -> None:
    assert wandb_mode.mode("auto", given(tmp_path), tmp_path) == "offline"
    for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"):
        assert wandb_mode.mode("auto", given(tmp_path, **{name: "x"}), tmp_path) == "online"
        assert wandb_mode.mode("auto", given(tmp_path, **{name: ""}), tmp_path) == "offline"


def test_a_key_in_netrc_is_one_for_its_service_only(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text(f"machine {HOST}\n  login user\n  password {'k' * 40}\n")
    environment = given(tmp_path)
    assert wandb_mode.mode("auto", environment, tmp_path) == "offline"  # of the public service
    own = environment | {"WANDB_BASE_URL": f"https://{HOST}"}
    assert wandb_mode.mode("auto", own, tmp_path) == "online"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings").write_text(f"[default]\nbase_url = https://{HOST}\n")
    assert wandb_mode.mode("auto", environment, tmp_path) == "online"
    (tmp_path / "netrc").write_text("machine\n")  # W&B does not read such a file either
    assert wandb_mode.mode("auto", environment, tmp_path) == "offline"


def test_another_word_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'onlin' is unknown: did you mean 'online'\?"):
        wandb_mode.mode("onlin", given(tmp_path), tmp_path)
