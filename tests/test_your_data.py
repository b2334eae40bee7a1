"""docs/your-data.md does what it says: its commands are run, its output is compared."""

import re
import socket
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT, Project

BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def blocks(path: Path) -> list[tuple[str, str]]:
    """Return the commands of a document, each with the output that is shown below it, or ""."""
    found = BLOCK.findall(path.read_text(encoding="utf-8"))
    after = [*found[1:], ("", "")]
    return [
        (text, shown if kind_after == "text" else "")
        for (kind, text), (kind_after, shown) in zip(found, after, strict=True)
        if kind == "bash"
    ]


def pattern(shown: str) -> str:
    """Return the regular expression that output matches: `...` is anything."""
    return re.escape(shown.rstrip()).replace(re.escape("..."), "(?s:.*?)")


@pytest.mark.slow
def test_the_commands_of_the_document(fresh: Project) -> None:
    port = free_port()
    found = blocks(ROOT / "docs" / "your-data.md")
    assert len(found) == 7
    for command, shown in found:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command.replace("5001", port)],
            cwd=fresh.root, env=fresh.variables | {"WANDB_MODE": "disabled"}, timeout=300,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        assert re.search(pattern(shown), done.stdout), done.stdout
