"""A person with W&B's real client: Python in a process of its own, against a double of the server.

Every person has folders of their own, so that nothing is read that did not come from the server.
"""

import json
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import Done, clean_environment, program_words
from tests.fakes.wandb_server import KEY

# The client repeats what fails for minutes and up to hours; here it gives up soon. It counts its
# waits in whole seconds, and takes 0 for its default, here and in RETRY_MAX.
IMPATIENT = {
    f"WANDB__{kind}_{name}": value
    for kind in ("GRAPHQL", "FILE_TRANSFER", "FILE_STREAM")
    for name, value in {
        "RETRY_MAX": "2",
        "RETRY_WAIT_MIN_SECONDS": "1",
        "RETRY_WAIT_MAX_SECONDS": "1",
        "TIMEOUT_SECONDS": "5",
    }.items()
} | {"WANDB_INIT_TIMEOUT": "20"}


@dataclass
class Person:
    """Somebody at a machine of their own: a key, and folders that begin empty."""

    folder: Path
    url: str
    key: str = KEY
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of this person's processes."""
        folders = {f"WANDB_{name}_DIR": str(self.folder / name.lower())
                   for name in ("CACHE", "DATA", "CONFIG")}  # fmt: skip
        service = {"WANDB_BASE_URL": self.url, "WANDB_API_KEY": self.key, "WANDB_MODE": "online"}
        quiet = {"WANDB_SILENT": "true", "WANDB_CONSOLE": "off", "WANDB_DIR": str(self.folder)}
        given = folders | service | quiet | IMPATIENT | self.environment
        return clean_environment() | given

    def start(self, program: str, *words: str) -> subprocess.Popen[str]:
        """Start a program of tests/programs; its standard input is open."""
        return self._popen(program_words(program, *words))

    def run(self, program: str, *words: str) -> Done:
        """Run a program of tests/programs to its end."""
        return finished(self.start(program, *words))

    def said(self, program: str, *words: str) -> list[str]:
        """Run a program of tests/programs that has to succeed; return the words it printed."""
        done = self.run(program, *words)
        assert done.status == 0, done.out + done.err
        return done.out.split()

    def wandb(self, *words: str) -> Done:
        """Run the command wandb to its end."""
        return finished(self._popen([sys.executable, "-m", "wandb", *words]))

    def _popen(self, command: list[str]) -> subprocess.Popen[str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def finished(process: subprocess.Popen[str]) -> Done:
    """Close a process's standard input, wait for it and return how it ended."""
    with process:
        out, err = process.communicate(timeout=120)
    return Done(process.returncode, out, err)


def tell(url: str, path: str, given: Any = None) -> Any:
    """Ask a double that runs as a program about `path`, or command it: see its `control`."""
    body = None if given is None else json.dumps(given).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/_double/{path}", body)) as reply:
        return json.load(reply)
