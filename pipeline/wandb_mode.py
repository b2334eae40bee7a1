"""Whether W&B is used online: what was asked for, and whether there is a key."""

import configparser
import netrc
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.errors import InputError, did_you_mean

MODES = ("auto", "online", "offline", "disabled")
SERVICE = "https://api.wandb.ai"


def mode(asked: str, environment: Mapping[str, str], root: Path) -> str:
    """Return online, offline or disabled.

    Args:
        asked: one of MODES; auto is online with a key, else offline.
        environment: where W&B looks for a key.
        root: of the repository.

    Raises:
        InputError: another word.
    """
    if asked not in MODES:
        raise InputError(f"W&B's mode {asked!r} is unknown: {did_you_mean(asked, MODES)}")
    if asked != "auto":
        return asked
    return "online" if _has_key(environment, root) else "offline"


def netrc_file(environment: Mapping[str, str]) -> Path:
    """Return the file to which `wandb login` writes the key."""
    if given := environment.get("NETRC"):
        return Path(given).expanduser()
    plain, windows = Path.home() / ".netrc", Path.home() / "_netrc"
    return windows if windows.exists() and not plain.exists() else plain


def _has_key(environment: Mapping[str, str], root: Path) -> bool:
    if environment.get("WANDB_API_KEY") or environment.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    try:
        known = netrc.netrc(netrc_file(environment))
    except (netrc.NetrcParseError, OSError):
        return False  # W&B does not read such a file either
    return known.authenticators(urlsplit(_service(environment, root)).netloc) is not None


def _service(environment: Mapping[str, str], root: Path) -> str:
    """Return the address of the service: the public one, or a team's own."""
    config = environment.get("WANDB_CONFIG_DIR") or Path.home() / ".config" / "wandb"
    settings = configparser.ConfigParser()
    settings.read([Path(config, "settings"), root / "wandb" / "settings"])
    written = settings.get("default", "base_url", fallback=SERVICE)
    return environment.get("WANDB_BASE_URL") or written
