"""Pictures of several steps at once, in the one process that tells W&B of them."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import ROOT

OPENED = """
import sys, threading
from pipeline.tracking.wandb_run import wandb
begin, opened = threading.Barrier(4), []
def look():
    begin.wait()
    opened.append(wandb.Image(sys.argv[1]))
threads = [threading.Thread(target=look) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(opened))
"""


@pytest.mark.slow
def test_the_first_pictures_are_opened_by_several_threads_at_once(tmp_path: Path) -> None:
    """Without care for it most attempts leave a process that knows no PNG."""
    path = tmp_path / "picture.png"
    Image.new("RGB", (2, 2)).save(path)
    for _ in range(3):
        words = [sys.executable, "-c", OPENED, str(path)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert done.stdout == "4\n", done.stderr
