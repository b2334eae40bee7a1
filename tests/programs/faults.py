"""Writes of one kind, again and again, each time with another fault of the disk or a kill.

    python faults.py SCENE MOST     in a copy of the repository, with tests/fakes/disk.c preloaded

It is killed at every moment; of what else can happen, MOST are drawn.
Each trial is a process that is forked: at the N-th call that changes what is below the folder it
is killed, or the disk refuses. Then nothing that is there may be damaged, nothing may have been
printed that is a traceback, and the same again, undisturbed, must leave what it leaves at once.
Prints one line of JSON: how many faults of each kind were borne, and what was not.
"""

import ctypes
import errno
import json
import os
import random
import shutil
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from importlib import import_module
from pathlib import Path

ROOT = Path.cwd()
sys.path.insert(0, str(ROOT))

from pipeline import files
from pipeline.errors import InputError
from pipeline.step import arguments
from pipeline.store.artifacts import Store
from pipeline.store.digests import Digests
from pipeline.tracking.record import Record, write_table
from pipeline.tracking.register import Entry

KINDS = {"kill": 0, "full": errno.ENOSPC, "read-only": errno.EROFS, "handles": errno.EMFILE,
         "device": errno.EIO}  # fmt: skip
STATE = ("artifacts", "outputs", "record", ".runs", "mlruns", "ml_pipeline.log")
DISK = ctypes.CDLL(None)
SAID = Path(os.environ["FAULTS_SAID"])  # what a trial prints; its disk has no faults
MODULES = SAID.with_name("modules")  # that an undisturbed trial has imported
STEPS = {
    "get_data": ["--file_url=table.csv"],
    "preprocess": ["--input_artifact=raw_data.parquet:latest"],
    "segregate": ["--input_artifact=preprocessed_data.csv:latest", "--stratify=genre"],
}


def manifest() -> None:
    files.write_json(ROOT / "outputs" / "manifest.json", {"steps": ["x" * 50] * 2000})


def record() -> None:
    kept = Record("split", {}, "2026-01-01", tables={"rows": [{"a": 1}]})
    write_table("rows", kept.tables["rows"], ROOT / "outputs")
    kept.write(ROOT / "outputs")


def register() -> None:
    entry = Entry.begin(None, ROOT, ROOT / "outputs").known_as("f00d", ROOT)
    entry.end([Record("split", {}, "2026-01-01")], ROOT)


def digests() -> None:
    kept = Digests(ROOT / "outputs" / "digests.json", recheck=True)
    kept.sha256(ROOT / "main.py")
    kept.save()


def put() -> None:
    Store(ROOT / "artifacts").put("t.csv", ROOT / "main.py", "table", aliases=["good"])


def step(name: str) -> Callable[[], None]:
    module = import_module(f"{name}.run")
    sys.argv[1:] = STEPS[name]
    args: Namespace = arguments.parse(str(ROOT / name / "run.py"))
    return lambda: module.go(args)


def trial(scene: Callable[[], None], at: int, number: int) -> tuple[int, str]:
    """Do it in a process of its own; return how that ended, and what it printed."""
    if not (child := os.fork()):
        said = os.open(SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        status = 1
        try:
            DISK.disk_arm(str(ROOT).encode(), ctypes.c_long(at), number)
            scene()
            status = 0
        except InputError as error:
            print(error)
        except OSError as error:  # main.py and start_run say it so
            print(files.unusable(error))
        except SystemExit as error:
            status = int(error.code or 0)
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            calls = DISK.disk_calls()
            DISK.disk_arm(b"", ctypes.c_long(0), 0)
            print(f"calls {calls}", flush=True)
            if at == 0:
                MODULES.write_text("\n".join(sys.modules), "utf-8")
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(ended), SAID.read_text("utf-8", "replace")


def damaged() -> list[str]:
    """Return what is there and not whole."""
    found = []
    for folder in ("outputs", ".runs", "record"):
        for path in (ROOT / folder).rglob("[!.]*.json"):
            if ".work" not in path.parts:
                try:
                    json.loads(path.read_text("utf-8"))
                except ValueError as error:
                    found.append(f"{path}: {error}")
    try:
        store = Store(ROOT / "artifacts")
        for name in store.names():
            for number in store.versions(name):
                version = store.get(f"{name}:v{number}")
                if fault := store.fault(version, Digests(ROOT / "none", recheck=True)):
                    found.append(f"{version.reference} is {fault}")
            found += [f"{name}:{a}" for a, n in store.aliases(name).items()
                      if n not in store.versions(name)]  # fmt: skip
    except InputError as error:
        found.append(str(error))
    return found


def left() -> dict[str, str]:
    """Return what a scene has left: the digests of artifacts and of plain files."""
    store = Store(ROOT / "artifacts")
    found = {name: store.find(f"{name}:latest") for name in store.names()}
    made = {name: version.digest for name, version in found.items() if version}
    plain = [*(ROOT / "outputs").glob("[!.]*.json"), *(ROOT / "outputs").glob("[!.]*.md")]
    texts = {p.name: sha256(p.read_bytes()).hexdigest() for p in plain}
    return made | texts


def looked() -> tuple[list[str], dict[str, str]]:
    """Return what is damaged, and what was left, seen by a process of its own.

    This one never opens the store: a library with threads of its own does not survive a fork.
    """

    def look() -> None:
        print(json.dumps([wrong := damaged(), {} if wrong else left()]))

    status, said = trial(look, 0, 0)
    assert status == 0, said
    wrong, found = json.loads(said.splitlines()[0])
    return wrong, found


def restore(pristine: Path) -> None:
    for name in STATE:
        path = ROOT / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        source = pristine / name
        if source.is_dir():
            shutil.copytree(source, path)


def main(name: str, most: int) -> None:
    for earlier in list(STEPS)[: list(STEPS).index(name)] if name in STEPS else ():
        status, said = trial(step(earlier), 0, 0)  # it makes what this one reads
        assert status == 0, said
    scene = step(name) if name in STEPS else globals()[name]
    pristine = SAID.with_name("pristine")
    for part in STATE:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, pristine / part)
    (pristine / "outputs").mkdir(parents=True, exist_ok=True)
    restore(pristine)
    status, said = trial(scene, 0, 0)
    assert status == 0, said
    for module in MODULES.read_text("utf-8").splitlines():
        with suppress(ImportError):  # once for all trials: most of their time
            import_module(module)
    calls, (_, expected) = int(said.split()[-1]), looked()
    moments = range(1, calls + 1)
    others = [(kind, at) for kind in KINDS if kind != "kill" for at in moments]
    some = random.Random(7).sample(others, min(most, len(others)))
    chosen = [*(("kill", at) for at in moments), *some]
    borne, faults = Counter[str](), []
    for kind, at in chosen:
        restore(pristine)
        ended, said = trial(scene, at, KINDS[kind])
        wrong, _ = looked()
        wrong += ["a traceback"] if "Traceback" in said else []
        lines = [line for line in said.splitlines() if not line.startswith("calls ")]
        if kind != "kill" and ended == 1 and not any(str(ROOT) in line for line in lines):
            wrong.append("no line that names the folder")
        again, more = trial(scene, 0, 0)
        wrong += [] if again == 0 and looked() == ([], expected) else [f"again: {more[-300:]}"]
        if wrong:
            faults.append(f"{kind} at {at}: {wrong} {said[-1500:]}")
        else:
            borne[kind] += 1
    print(json.dumps({"calls": calls, "borne": borne, "faults": faults}))


main(sys.argv[1], int(sys.argv[2]))
