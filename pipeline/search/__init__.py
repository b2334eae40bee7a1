"""The best parameters, searched for by trials that are drawn from the results of earlier ones.

May be used from outside: `run`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.commands.job import Job


def run(job: "Job") -> None:
    """Do main.action=tune, for which alone its modules are imported; errors as tune.run."""
    from pipeline.search import tune

    tune.run(job)
