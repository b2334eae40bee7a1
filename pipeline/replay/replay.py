"""A recorded run executed again: its code and inputs brought back, in a place of its own."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import context, paths
from pipeline.cache.external_files import local_file, local_folder
from pipeline.context import outside
from pipeline.errors import InputError
from pipeline.files import shown
from pipeline.replay import checkout, manifest
from pipeline.replay.manifest import Manifest, StepEntry
from pipeline.store.artifacts import Store
from pipeline.store.digests import Digests
from pipeline.store.versions import is_reference, parse_reference, version_number
from pipeline.tables.reading.folders import folder_sha256
from pipeline.text.masking import lacks_secret
from pipeline.tracking.record import reference

# How a replay is run rather than what it computes: these may differ from the recorded run.
HOW = ("action", "run", "sort", "filter", "limit", "cache", "force", "recheck", "artifact_store",
       "env_manager")  # fmt: skip
HOOKS = "notify"  # overrides that begin so: nobody is told of a replay


def replay(original: Manifest, store: Store, folder: Path) -> tuple[Manifest, Store]:
    """Execute a recorded run again, from its code, with nothing reused.

    Args:
        original: the run's manifest.
        store: where its inputs are.
        folder: an empty folder for the replay.

    Returns:
        The manifest and the store of the replay.

    Raises:
        InputError: the code or an input cannot be brought back, or the replay failed.
    """
    _refuse_lost_secrets(original)
    with _code(original, folder / "code") as code:
        _bring_files(original, code)
        copy = Store(folder / "artifacts")
        _bring_inputs(original, store, copy)
        return _run(original, code, folder / "artifacts"), copy


def _refuse_lost_secrets(original: Manifest) -> None:
    """Refuse a run that was given a secret, unless the same is given again."""
    for step in original["steps"]:
        for name, value in step["parameters"].items():
            if lacks_secret(context.revealed(value)):
                typed = [w for w in original["overrides"] if "***" in w and not w.startswith(HOOKS)]
                keys = [word.partition("=")[0] for word in typed]
                raise InputError(
                    f"cannot verify: {name} of {step['step']}, {value}, held a secret, which is "
                    f"kept nowhere; give {keys[0] if keys else 'it'}=... whole beside main.action="
                    "verify"
                )


@contextmanager
def _code(original: Manifest, folder: Path) -> Iterator[Path]:
    """Check the recorded code out beside ours: its commit with its uncommitted changes."""
    code = original["code"]
    if not code["commit"]:
        raise InputError(
            f"run {original['run'][:8]} was not made from a commit of a git repository: its code "
            "cannot be brought back; commit (git init; git add .; git commit), then run again"
        )
    for name in code["left_out"]:
        print(f"not as recorded: {shown(name)} was new; the manifest keeps no such file")
    try:
        checkout.git(
            paths.ROOT, "worktree", "add", "--quiet", "--detach", str(folder), code["commit"]
        )
        try:
            if code["patch"]:
                checkout.git(folder, "apply", "--binary", "--whitespace=nowarn", text=code["patch"])
            yield folder
        finally:
            checkout.git(paths.ROOT, "worktree", "remove", "--force", str(folder))
    except subprocess.CalledProcessError as error:
        message = " ".join(error.stderr.decode(errors="replace").split())
        raise InputError(
            f"the code of run {original['run'][:8]} (commit {code['commit'][:12]}) cannot be "
            f"brought back: {message}"
        ) from None


def _bring_files(original: Manifest, code: Path) -> None:
    """Give the replay the files that parameters name and git does not keep; check their digests."""
    digests = Digests(paths.STATE / "digests.json", recheck=True)
    for step in original["steps"]:
        for fact, expected in step["facts"].items():
            kind, _, name = fact.partition(" ")
            value = name if kind == "uses" else str(step["parameters"].get(name))
            if kind not in ("file", "uses") or ("://" in value and not value.startswith("file://")):
                continue
            local = local_folder if value.endswith("/") else local_file
            if local(value, code) is None and (source := local(value, paths.ROOT)):
                target = code / value
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(source)
            file = local(value, code)
            of = folder_sha256 if value.endswith("/") else digests.sha256
            digest = of(file) if file else None
            if digest is None:
                raise InputError(f"cannot verify: input file {value} of {step['step']} is gone")
            if digest != expected.split(" ")[0]:
                raise InputError(
                    f"cannot verify: input file {value} of {step['step']} has changed: its sha256 "
                    f"was {expected.split(' ')[0]}, is {digest}"
                )


def _bring_inputs(original: Manifest, store: Store, copy: Store) -> None:
    """Copy what the run read and did not make to the store of the replay, aliases and all.

    So is what it made again and found under an alias from before, such as its own reference.
    """
    outputs: dict[str, str] = {}
    for step in original["steps"]:
        read = {reference(artifact): artifact["digest"] for artifact in step["inputs"]}
        given = [str(value) for value in step["parameters"].values()]
        for name, digest in (read | {n: outputs[n] for n in given if n in outputs}).items():
            aliases = _aliases(original, step, name)
            if name in outputs:  # the replay makes it, and so its newest
                aliases = [alias for alias in aliases if alias != "latest"]
                if not aliases:
                    continue
            version = Store(store.location, step.get("catalog", "")).find(name)
            if version is None or version.digest != digest:
                raise InputError(
                    f"cannot verify: {name}, which {step['step']} read, is gone from {store.url}"
                )
            copy.adopt(version, store, aliases)
        outputs |= {reference(artifact): artifact["digest"] for artifact in step["outputs"]}


def _aliases(original: Manifest, step: StepEntry, name: str) -> list[str]:
    """Return the aliases by which the config named a version that the step was then given."""
    values = original["config"]["steps"][step["step"]]
    names = (v for k, v in values.items() if is_reference(v) and step["parameters"].get(k) == name)
    return [alias for _, alias in map(parse_reference, names) if version_number(alias) is None]


def overrides(original: Manifest) -> list[str]:
    """Return the overrides that ask for what a recorded run computed, however it was run."""
    how = (*(f"main.{name}=" for name in HOW), HOOKS)
    words = [word for word in original["overrides"] if not word.startswith(how)]
    words += [f"{HOOKS}=[]"] if HOOKS in original["config"] else []
    chosen = original["config"]["main"]["steps"]
    if isinstance(chosen, list):  # those of a sweep's job are no override: the sweep limits them
        words.append(f"main.steps=[{','.join(chosen)}]")
    return words


def _run(original: Manifest, code: Path, artifacts: Path) -> Manifest:
    """Execute the recorded run in its code; return the manifest of the replay."""
    settings = [
        "main.action=run",
        "main.cache=false",
        f"main.env_manager={original['environment']}",
        f"main.artifact_store='{artifacts}'",
    ]
    process = subprocess.Popen(
        [sys.executable, "main.py", *overrides(original), *settings],
        cwd=code,
        env=outside() | {"WANDB_MODE": "disabled"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    with process:
        for line in process.stdout or ():
            lines.append(line)
            if re.match(r"\[\d+/\d+\] ", line):
                print(f"  {line.split('  ')[0].strip()}", flush=True)
    files = list((code / "outputs").glob("*/*/" + manifest.FILE))
    new_manifest: Manifest | None = json.loads(files[0].read_text("utf-8")) if files else None
    steps = new_manifest["steps"] if new_manifest else []
    ended = any(step.get("refused") or step.get("stopped") for step in steps)
    # If it ended there when it was recorded, it is the same; else it differs.
    if new_manifest is None or len(files) != 1 or (process.returncode != 0 and not ended):
        errors = [line for line in lines if line.startswith("error: ")]
        message = "".join(errors[-1:] or lines[-1:]).strip()
        raise InputError(f"the replay of run {original['run'][:8]} failed: {message}")
    return new_manifest
