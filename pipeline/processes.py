"""Which process is which, whether it lives, how one ends with another."""

import os
import re
import select
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

EVERY = 1.0  # seconds between two looks, where the system does not tell by itself
GRACE = 10.0  # seconds in which a process may end by itself
PROC = Path("/proc")


def cores() -> int:
    """Return how many cores this process may use."""
    is_linux = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if is_linux else os.cpu_count() or 1


def identity(process: int | None = None) -> str:
    """Return what names a process among all that there are or were: host, number, start.

    Args:
        process: its number; None: this one.
    """
    number = os.getpid() if process is None else process
    return f"{socket.gethostname()} {number} {_start(number)}"


def lives(identity: str) -> bool | None:
    """Say whether a process lives; None for one of another host, or what is no identity."""
    host, _, rest = identity.partition(" ")
    number, _, start = rest.partition(" ")
    if host != socket.gethostname() or not number.isdecimal():
        return None
    return bool(start) and _start(int(number)) == start


def _start(process: int) -> str:
    """Return when a process began, as this system says it; empty when there is none."""
    if not PROC.exists():
        words = ["ps", "-o", "lstart=", "-p", str(process)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return " ".join(done.stdout.split())
    try:
        status = (PROC / str(process) / "stat").read_text(encoding="utf-8", errors="replace")
        boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    fields = status.rpartition(")")[2].split()  # the name before it may hold anything
    return "" if fields[0] in "ZX" else f"{boot[:8]}-{fields[19]}"


def end_with(identity: str) -> None:
    """Let this process end as soon as another one has, however that one ended."""
    threading.Thread(target=_end_after, args=(identity,), daemon=True).start()


def end_with_starter(variable: str) -> None:
    """Let this process end with the one that gave it a variable; nothing where /proc is not.

    That is the first of its ancestors which has not got the variable itself: shells may be between.
    """
    ancestor, mark = os.getpid(), f"{variable}=".encode()
    with suppress(OSError, ValueError):  # another user's process is left alone
        while any(v.startswith(mark) for v in _variables(ancestor)):
            status = (PROC / str(ancestor) / "stat").read_text(encoding="utf-8", errors="replace")
            ancestor = int(status.rpartition(")")[2].split()[1])
        if ancestor not in (0, 1, os.getpid()):
            end_with(identity(ancestor))


def _variables(process: int) -> list[bytes]:
    return (PROC / str(process) / "environ").read_bytes().split(b"\0")


def _end_after(identity: str) -> None:
    number = int(identity.split()[1])
    try:
        descriptor = os.pidfd_open(number)
    except (AttributeError, OSError):  # an older or another system; it has ended already
        descriptor = None
    while lives(identity):
        if descriptor is None:
            time.sleep(EVERY)
        else:
            select.select([descriptor], [], [])  # until it ends
            break
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(128 + signal.SIGTERM)  # it is in the midst of something long


def usage() -> dict[str, float]:
    """Return what this process has used, by the names that MLflow has for it.

    CPU seconds; of memory, where Linux tells it, the most at any time, in megabytes of 10⁶ bytes.
    """
    used = {"system/cpu_seconds": time.process_time()}
    status = PROC / "self" / "status"
    text = status.read_text(encoding="utf-8") if status.exists() else ""
    most = re.search(r"^VmHWM:\s*(\d+) kB", text, re.MULTILINE)
    return used | ({"system/peak_memory_megabytes": int(most[1]) * 1024 / 1e6} if most else {})
