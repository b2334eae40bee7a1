"""How much memory there is for a step."""

import re
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")  # version 2


def free() -> int | None:
    """Return how many bytes this process can still take; None where the system does not tell.

    What Linux has without swapping, and not more than a container or another control group lets it
    have: pages of files that it has read are not counted, because the system takes them back.
    """
    try:
        text = (PROC / "meminfo").read_text(encoding="ascii")
        group = (PROC / "self" / "cgroup").read_text(encoding="utf-8")
    except OSError:
        return None
    found = [int(n) * 1024 for n in re.findall(r"^MemAvailable:\s*(\d+)", text, re.MULTILINE)]
    own = re.search("^0::/(.*)$", group, re.MULTILINE)
    folder = GROUPS / own[1] if own else GROUPS
    while folder.is_relative_to(GROUPS):
        with suppress(OSError, ValueError):  # the group has no limit: no file, or "max" in it
            most = int((folder / "memory.max").read_text(encoding="ascii"))
            usage = (folder / "memory.stat").read_text(encoding="ascii")
            found.append(most - int(re.findall(r"^anon (\d+)", usage, re.MULTILINE)[0]))
        folder = folder.parent
    return max(min(found), 0) if found else None
