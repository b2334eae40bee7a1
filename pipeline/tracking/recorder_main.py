"""A process that holds the W&B runs of the steps: with the sync the only one to import wandb.

Importing wandb and opening a first run costs more than most steps' own work. One recorder serves
all steps of a pipeline run and starts beside the first; a step that is run alone starts its own.
It is asked over local connections (pipeline/tracking/recorder_client.py), one for each asker.
Several are served at the same time, as jobs of a sweep run side by side:

    open     which project, and what if it fails; the answer says whether it is online
    run      what the run of a step is; ("finish", folder) ends it with the step's record there
    find, holds, fetch, alias, log     what pipeline/tracking/wandb_service.py does

A connection that ends within a run means that the step died: its run is marked as failed. If W&B
fails and may (`tracking.wandb=auto`), the recorder goes on offline, and says so in its answers.
"""

import os
import sys
import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # the repository, for `pipeline`

from pipeline import processes
from pipeline.context import RunContext
from pipeline.tracking.recorder_client import KEY


def main() -> None:
    """Serve all askers, each in a thread, until standard input ends."""
    with Listener(None, authkey=KEY) as listener:
        address = str(listener.address)
        print(address, flush=True)
        ended = threading.Event()
        about = (address, os.getppid(), ended)
        threading.Thread(target=_end_with_standard_input, args=about, daemon=True).start()
        # It imports wandb, while the first step is still starting.
        from pipeline.tracking.recorder_server import RecorderServer

        recorder = RecorderServer(RunContext.from_environ())
        threads: list[threading.Thread] = []
        while not ended.is_set():
            try:
                connection = listener.accept()
            except (EOFError, OSError, AuthenticationError):
                continue  # a step was killed while it spoke: the others are served all the same
            threads = [thread for thread in threads if thread.is_alive()]
            threads.append(threading.Thread(target=recorder.serve, args=(connection,)))
            threads[-1].start()
    for thread in threads:
        thread.join()
    recorder.close()


def _end_with_standard_input(address: str, parent: int, ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()
    if os.getppid() != parent:  # it was killed: nobody waits until all is sent
        hurry = threading.Timer(processes.GRACE, os._exit, [1])
        hurry.daemon = True
        hurry.start()
    try:
        Client(address, authkey=KEY).close()  # wakes the one that waits for askers
    except (EOFError, OSError):  # nobody listens any more
        os._exit(1)


if __name__ == "__main__":
    main()
