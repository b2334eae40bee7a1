"""What main.action asks for: verify a run, show a plan, or run what has to run."""

import os

from pipeline import console, parent, unchanged
from pipeline.cache import Cache, Decision
from pipeline.schema import Config
from pipeline.sources import Sources
from pipeline.versions import is_reference


def begin(config: Config, origin: Sources, chosen: list[str]) -> Cache | None:
    """Do what is to be done without running a step.

    Args:
        config: the checked config.
        origin: where its values are set.
        chosen: the steps, in order.

    Returns:
        What decides about each step when steps are to run; None when all is done.

    Raises:
        InputError: the run to verify differs, or cannot be verified.
    """
    parent.set_up(config)
    if config.main.action == "verify":
        from pipeline import verify

        verify.verify(config.main.run)
        return None
    cache = Cache(config, origin, parent.environment(config))
    plan = cache.plan(chosen)
    if config.main.action == "plan":
        console.plan(plan)
        return None
    waiting = "MLFLOW_RUN_ID" in os.environ  # `mlflow run .` has made a run, to be told of the hits
    if waiting or not all(decision.hit for decision in plan):
        return cache
    _reuse(config, plan, cache, origin)
    return None


def _reuse(config: Config, plan: list[Decision], cache: Cache, origin: Sources) -> None:
    """Use earlier executions for all steps: nothing runs, and MLflow is not even imported."""
    for decision in plan:
        cache.reuse(decision)
    lines = console.served(plan)
    unchanged.say(lines)
    if not config.main.recheck:
        values = (value for d in plan for value in config.steps[d.step].values())
        references = filter(is_reference, values)
        unchanged.remember(plan, cache.store, references, origin.resolvers(), lines)
