"""A fork of the warm process is what a new Python would be, but for its imports."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipeline.warm import backend
from pipeline.warm.backend import COMMAND, SERVER, Fork

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there only")
# "colorsys" is imported by nothing else; a module or function that is not there is passed over.
LIBRARIES = ("json", "no_such_library", "json:none", "mimetypes:init", "colorsys")
Warm = tuple[subprocess.Popen[bytes], str]


# A process that knows modules of ours, has files open and leaves work for its end.
FORKED = f"""
import sys; sys.path.insert(0, {str(SERVER.parents[2])!r})
import os
from pathlib import Path
from pipeline.screen import terminal
from pipeline.warm import server
terminal.steady()
held = open({str(SERVER)!r})
place, *libraries = sys.argv[1:]
listener, lifeline = server.listening(place), os.dup(0)
process = os.fork()
if process == 0:
    server.begin(listener, lifeline, libraries, Path({str(SERVER.parents[2])!r}))
listener.close()
os.waitpid(process, 0)
"""


@pytest.fixture(scope="module", params=[[str(SERVER)], ["-c", FORKED]], ids=["new", "fork"])
def warm(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Warm]:
    place = tmp_path_factory.mktemp("warm") / "socket"
    words = [sys.executable, *request.param, str(place), *LIBRARIES]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        _until(place.exists)
        yield process, str(place)
        process.kill()


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def start(warm: Warm, folder: Path, code: str, *words: str, **variables: str) -> Fork:
    (folder / "program.py").write_text(code, encoding="utf-8")
    given = {"PATH": os.environ["PATH"], **variables}
    request = {"words": ["program.py", *words], "folder": str(folder), "environment": given}
    return Fork(warm[1], request)  # type: ignore[arg-type]


def test_it_is_the_program_that_was_asked_for(warm: Warm, tmp_path: Path) -> None:
    facts = """
import json, os, signal, sys
sys.path[0] = "changed"
handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)]
json.dump({
    "words": sys.argv, "name": __name__, "folder": os.getcwd(), "own": dict(os.environ),
    "path": sys.path.count("changed"), "here": sys.modules.get("colorsys") is not None,
    "called": sys.modules["mimetypes"].inited,
    "plain": handlers == [signal.default_int_handler, signal.SIG_DFL, signal.SIG_DFL],
    "ours": [name for name in sys.modules if name.partition(".")[0] == "pipeline"],
    "open": [n for n in os.listdir("/proc/self/fd")
             if os.path.realpath(f"/proc/self/fd/{n}").endswith("server.py")],
}, open("said.json", "w"))
"""
    imported = "import sys; sys.exit('colorsys' not in sys.modules)"
    _until(lambda: start(warm, tmp_path, imported).wait() == 0)
    assert start(warm, tmp_path, facts, "--a=b c", "é", OWN="x").wait() == 0
    assert json.loads((tmp_path / "said.json").read_text()) == {
        "words": ["program.py", "--a=b c", "é"],
        "name": "__main__",
        "folder": str(tmp_path),
        "own": {"PATH": os.environ["PATH"], "OWN": "x"},
        "path": 1,
        "here": True,
        "called": True,
        "plain": True,
        "ours": [],
        "open": [],
    }


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("", 0),
        ("import sys; sys.exit()", 0),
        ("import sys; sys.exit(3)", 3),
        ("import sys; sys.exit('a reason')", 1),
        ("1 / 0", 1),
        ("this is no Python", 1),
        ("import os; os.kill(os.getpid(), 9)", 1),
    ],
)
def test_exit_status(warm: Warm, tmp_path: Path, code: str, status: int) -> None:
    assert start(warm, tmp_path, code).wait() == status


def test_it_ends_as_python_does(warm: Warm, tmp_path: Path) -> None:
    code = """
import atexit, threading, time
def late(): time.sleep(0.1); open("thread", "w")
threading.Thread(target=late).start()
atexit.register(lambda: open("atexit", "w"))
"""
    assert start(warm, tmp_path, code).wait() == 0
    assert {"thread", "atexit"} <= {path.name for path in tmp_path.iterdir()}


def test_its_streams_are_those_of_the_asker(warm: Warm, tmp_path: Path) -> None:
    """Of another process: this one's are pytest's."""
    (tmp_path / "program.py").write_text(
        "import sys; print(input() + ' é'); print('err', file=sys.stderr); 1 / 0"
    )
    code = f"""
import sys; sys.path.insert(0, {str(SERVER.parents[2])!r})
from pipeline.warm.backend import Fork
request = {{"words": ["program.py"], "folder": {str(tmp_path)!r}, "environment": {{}}}}
sys.exit(Fork({warm[1]!r}, request).wait())
"""
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, input=b"line\n", capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stdout.decode() == "line é\n"
    assert done.stderr.decode().startswith("err\nTraceback")
    assert "ZeroDivisionError" in done.stderr.decode()


def test_it_can_be_asked_whether_it_has_ended_and_to_end(warm: Warm, tmp_path: Path) -> None:
    fork = start(warm, tmp_path, "open('on', 'w'); import time; time.sleep(60)")
    _until((tmp_path / "on").exists)
    assert fork.poll() is None
    fork.terminate()
    assert fork.wait() == 1
    assert fork.poll() == 1
    fork.terminate()  # that it has gone is no fault


def test_what_forks_have_used_counts_as_its_own(warm: Warm, tmp_path: Path) -> None:
    """So that `time python main.py` tells the whole: a fork that has ended is waited for."""
    assert start(warm, tmp_path, "").wait() == 0
    children = Path("/proc", str(warm[0].pid), "task", str(warm[0].pid), "children")
    _until(lambda: len(children.read_text().split()) <= 1)  # itself, where that is a fork


def test_without_the_process_there_is_no_fork(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        start((None, str(tmp_path / "nothing")), tmp_path, "")  # type: ignore[arg-type]


def test_a_fork_outlives_the_process(tmp_path: Path) -> None:
    place = tmp_path / "socket"
    words = [sys.executable, str(SERVER), str(place)]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        _until(place.exists)
        own = (process, str(place))
        for number in (signal.SIGINT, signal.SIGTERM):  # are for the steps
            process.send_signal(number)
        fork = start(own, tmp_path, "import time; time.sleep(0.5); open('late', 'w')")
        assert process.stdin
        process.stdin.close()
        assert process.wait(timeout=30) == 0
        assert fork.wait() == 0
    assert (tmp_path / "late").exists()


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("exec python run.py --a={a} --b_c={b_c}", True),
        ("exec python run.py", True),
        ("python run.py --a={a}", False),
        ("exec python run.py --a={b}", False),
        ("exec python run.py --a={a} | tee log", False),
        ("exec python run.py --a={a} && rm x", False),
        ("exec python -m pipeline --a={a}", False),
        ("exec python ../other/run.py", False),
    ],
)
def test_which_commands_are_forked(command: str, program: bool) -> None:
    assert bool(COMMAND.fullmatch(command)) == program


@pytest.mark.parametrize("name", backend.LIBRARIES)
def test_the_libraries_are_there_and_none_is_ours(name: str) -> None:
    """A name that is mistyped would be passed over in silence."""
    module, _, function = name.partition(":")
    assert not function or callable(getattr(import_module(module), function))
    top, *rest = module.split(".")
    spec = find_spec(top)
    assert spec
    assert spec.origin
    folder = Path(spec.origin).parent
    assert not rest or list(folder.glob("/".join(rest) + "*"))
    assert not folder.is_relative_to(SERVER.parents[2] / "pipeline")
