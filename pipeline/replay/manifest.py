"""The manifest of a run: all that is needed to execute it again and to compare the two."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig

from pipeline.cache import packages
from pipeline.cache.decision import Decision
from pipeline.config.schema import Config
from pipeline.tracking.record import Record

FILE = "manifest.json"
LARGEST = 1_000_000  # bytes of a file that git does not track yet and the patch still takes
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")


@dataclass(frozen=True)
class Done:
    """A step of a run: why it ran or what served instead, and the record of that execution."""

    decision: Decision
    record: Record


def write(
    folder: Path,
    config: Config,
    run: str,
    environment: str,
    code: dict[str, Any],
    done: Sequence[Done],
) -> None:
    """Write the manifest of a run into its folder.

    Args:
        folder: the run's folder.
        config: the whole resolved config.
        run: id of the MLflow run.
        environment: what built the environments of the steps.
        code: what code_of said when the run began.
        done: the steps that ran or were served.
    """
    content = {
        "run": run,
        "finished": datetime.now(UTC).isoformat("T", "seconds"),
        "code": code,
        "overrides": list(HydraConfig.get().overrides.task),
        "config": asdict(config),
        "environment": environment,
        "machine": machine(),
        "packages": packages.installed(),
        "steps": [_step(d) for d in done],
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def code_of(root: Path) -> dict[str, Any]:
    """Return the state of a git checkout.

    Returns:
        commit (None outside a repository or before the first commit), patch (what the working
        folder differs in, with new files, as ``git apply`` takes it), left_out (new files that
        are too large for it), lock (SHA-256 of uv.lock).
    """
    lock = root / "uv.lock"
    facts: dict[str, Any] = {"commit": None, "patch": "", "left_out": []}
    facts["lock"] = sha256(lock.read_bytes()).hexdigest() if lock.exists() else None
    try:
        facts["commit"] = git(root, "rev-parse", "--verify", "HEAD").strip()
        new = git(root, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
    except (OSError, subprocess.CalledProcessError):  # no git, no repository, no commit
        return facts
    sizes = {name: (root / name).lstat().st_size for name in new if name}
    facts["left_out"] = [name for name, size in sizes.items() if size > LARGEST]
    facts["patch"] = _patch(root, [name for name in sizes if name not in facts["left_out"]])
    return facts


def _patch(root: Path, new: list[str]) -> str:
    """Return the difference to the last commit, without touching the index or its objects."""
    with tempfile.TemporaryDirectory() as folder:
        index = root / git(root, "rev-parse", "--git-path", "index").strip()
        objects = root / git(root, "rev-parse", "--git-path", "objects").strip()
        copy = Path(folder, "index")
        copy.write_bytes(index.read_bytes())
        apart = {
            "GIT_INDEX_FILE": str(copy),
            "GIT_OBJECT_DIRECTORY": folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects),
        }
        git(root, "add", "--update", **apart)
        if new:
            names = "".join(f"{name}\0" for name in new)
            words = ("add", "--pathspec-from-file=-", "--pathspec-file-nul")
            git(root, "--literal-pathspecs", *words, text=names, **apart)
        return git(root, "diff", "--cached", "--binary", "--no-ext-diff", "HEAD", **apart)


def git(root: Path, *words: str, text: str = "", **environment: str) -> str:
    """Run git and return what it prints; what it says of an error is in the exception."""
    done = subprocess.run(
        ["git", *words],
        cwd=root,
        input=text.encode("utf-8", "surrogateescape"),
        env=os.environ | environment,
        check=True,
        capture_output=True,
    )
    return done.stdout.decode("utf-8", "surrogateescape")


def machine() -> dict[str, Any]:
    """Return what a run ran on: Python, system, processor, threads."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "processors_usable": usable,
        "threads": {name: os.environ.get(name) for name in THREADS},
        "encoding": sys.getfilesystemencoding(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")


def _step(done: Done) -> dict[str, Any]:
    decision, facts = done.decision, done.record
    return {
        "step": facts.step,
        "status": "cached" if decision.hit else facts.status,
        "reason": decision.reason,
        "key": decision.key.digest if decision.key else None,
        "facts": dict(decision.key.facts) if decision.key else {},
        "parameters": dict(decision.values),
        "catalog": facts.catalog,
        "inputs": facts.inputs,
        "outputs": facts.outputs,
        "metrics": facts.metrics,
        "tables": facts.tables,
        "pictures": facts.pictures,
        "error": facts.error,
        "refused": facts.refused,
        "uses": facts.uses,
        "seconds": round(facts.seconds, 3),
        "mlflow_run": facts.mlflow_run,
        "wandb_run": facts.wandb_run,
        "from_run": decision.hit.run if decision.hit else None,
    }
