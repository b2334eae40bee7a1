"""What a manifest may keep of files that git does not track, and of changes: never a secret."""

import re
from pathlib import Path

from pipeline.text.addresses import masked_addresses
from pipeline.text.masking import SECRET, masked_text

LARGEST = 1_000_000  # bytes of a file that git does not track yet and the patch still takes
CONFIG = (".yaml", ".yml", ".toml", ".txt")
# What a run is made from; larger tables are inputs, which are found by their digests.
SUFFIXES = frozenset((*CONFIG, ".py", ".pyi", ".lock", ".md", ".sql", ".csv"))
NAMES = frozenset(("MLproject", "Makefile"))

_NAME = re.compile(rf"{SECRET}|(?:^|[-_.])(?:id_\w+|env|netrc|key|keys|pass|pwd)(?:$|[-_.])", re.I)
_KEY = re.compile(rb"-----BEGIN |(?<![A-Za-z0-9])(?:AKIA[A-Z0-9]{16}|gh[opsu]_\w{30,}|sk-\w{20,})")
_VALUE = re.compile(
    rf"^[ \t]*['\"]?[\w-]*(?:{SECRET})[\w-]*['\"]?\s*[:=]\s*[^\s#$\[{{]", re.I | re.M
)


def unfit(root: Path, name: str) -> str:
    """Return why a patch does not take a file that git neither tracks nor ignores, if it does not.

    Args:
        root: the repository.
        name: the file's path from there.
    """
    place, path = Path(name), root / name
    if not place.name.isprintable() or any(part.startswith(".") for part in place.parts):
        return "hidden"
    if place.suffix.lower() not in SUFFIXES and place.name not in NAMES:
        return "neither code nor config"
    if any(_NAME.search(part) for part in place.with_suffix("").parts):
        return "called like a secret"
    if path.is_symlink():
        return ""  # the link alone
    try:
        if path.stat().st_size > LARGEST:
            return "too large"
        content = path.read_bytes()
    except OSError:
        return "unreadable"
    text = content.decode("utf-8", "replace")
    held = _KEY.search(content) or (place.suffix.lower() in CONFIG and _VALUE.search(text))
    return "holds what looks like a secret" if held else ""


def masked_patch(patch: str) -> str:
    """Return a patch without the secrets in the lines that it adds; it still can be applied.

    Addresses are masked in config; in code, which masks would change, what is known to be a secret.
    """
    lines, is_config = [], False
    for line in patch.split("\n"):
        if line.startswith("diff --git "):
            is_config = line.rstrip('"').endswith(CONFIG)
        elif line.startswith("+") and not line.startswith("+++ "):
            shown = masked_text(line)
            addresses_alone = masked_addresses(line)
            line = shown if is_config or shown != addresses_alone else line
        lines.append(line)
    return "\n".join(lines)
