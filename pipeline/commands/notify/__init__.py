"""Whoever is to be told of a run's end: a command, a mailbox, a webhook.

What fails here is said in one line; the run is what it was. From outside: at_end.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.commands.job import Job
from pipeline.commands.notify import facts, send


@contextmanager
def at_end(job: Job) -> Iterator[None]:
    """Tell of a run when it is over, however it ended; nobody of one that ran no step."""
    error: BaseException | None = None
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        if job.config.notify and (known := facts.of(job, error)):
            send.tell(job.config.notify, known)
