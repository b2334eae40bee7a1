"""What main.action asks for: prove, plan or show a run, look after data and stores, or run."""

import os
from collections.abc import Callable
from dataclasses import asdict

from pipeline import paths
from pipeline.cache import unchanged
from pipeline.cache.cache import Cache
from pipeline.cache.decision import Decision
from pipeline.commands import console, model_check, parent, set_reference
from pipeline.config.origin import Sources
from pipeline.config.schema import Config
from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.store.versions import is_reference
from pipeline.tracking import wandb_store
from pipeline.tracking.recorder_client import Recorder


def begin(config: Config, origin: Sources, chosen: list[str], recorder: Recorder) -> Cache | None:
    """Do what is to be done without running a step.

    Args:
        config: the checked config.
        origin: where its values are set.
        chosen: the steps, in order.
        recorder: of W&B runs; asked if W&B is used online.

    Returns:
        What decides about each step when steps are to run; None when all is done.

    Raises:
        InputError: what is asked for cannot be done; the model cannot be built; the run to verify
            differs.
    """
    parent.set_up(config)
    if config.main.action in ASIDE:
        ASIDE[config.main.action](config, origin)
        return None
    store = wandb_store.opened(recorder, _project(config))
    if config.main.action in WITH_STORE:
        WITH_STORE[config.main.action](config, store)
        return None
    if any("model_config" in config.steps[step] for step in chosen):
        given = asdict(config)
        model_check.check(given["data"]["features"], given["model"], config.main.random_seed)
    cache = Cache(config, origin, parent.environment(config), store)
    plan = cache.plan(chosen)
    if config.main.action == "plan":
        console.plan(plan)
        return None
    waiting = "MLFLOW_RUN_ID" in os.environ  # `mlflow run .` has made a run, to be told of the hits
    if waiting or not all(decision.hit for decision in plan):
        return cache
    _reuse(config, plan, cache, origin)
    return None


def _project(config: Config) -> str:
    return os.environ.get("WANDB_PROJECT") or config.main.project_name


def _verify(config: Config, _: Sources) -> None:
    from pipeline.replay import verify

    verify.verify(config.main.run)


def _report(config: Config, _: Sources) -> None:
    from pipeline.report import make

    print(f"Report: {make.again(config.main.run)}")


def _infer_checks(config: Config, origin: Sources) -> None:
    from hydra.core.hydra_config import HydraConfig

    from pipeline.commands import infer_checks

    given = {word.partition("=")[0].lstrip("+") for word in HydraConfig.get().overrides.task}
    print(infer_checks.write(config, origin, given))


def _set_reference(config: Config, store: Store) -> None:
    print(set_reference.move(store, config.data.reference, config.main.version))


def _fetch(config: Config, store: Store) -> None:
    from pipeline.commands import fetch

    print(fetch.fetch(store, config.main.artifact, config.main.folder, paths.ROOT))


def _clean(config: Config, _: Sources) -> None:
    from pipeline.commands import clean

    store = Store(paths.artifact_store())
    print("\n".join(clean.clean(store, paths.ROOT, config.main.dry_run)))


def _sync(config: Config, _: Sources) -> None:
    from pipeline.commands import sync

    store = Store(paths.artifact_store())
    print("\n".join(sync.sync(store, paths.ROOT, _project(config))))


# What is done with the artifacts alone, those of W&B's project if it is used online.
WITH_STORE: dict[str, Callable[[Config, Store], None]] = {
    "set_reference": _set_reference,
    "fetch": _fetch,
}
# What has nothing to do with the steps that were chosen, nor with W&B's project as a store.
ASIDE: dict[str, Callable[[Config, Sources], None]] = {
    "verify": _verify,
    "report": _report,
    "infer_checks": _infer_checks,
    "clean": _clean,
    "sync": _sync,
}


def _reuse(config: Config, plan: list[Decision], cache: Cache, origin: Sources) -> None:
    """Use earlier executions for all steps: nothing runs, and MLflow is not even imported."""
    for decision in plan:
        cache.reuse(decision)
    lines = console.served(plan, cache.store.url)
    unchanged.say(lines)
    for decision in plan:
        if decision.hit and decision.hit.record.refused:
            raise InputError(decision.hit.record.refused)
    if not config.main.recheck and os.environ["WANDB_MODE"] != "online":  # only W&B knows then
        values = (value for d in plan for value in config.steps[d.step].values())
        references = filter(is_reference, values)
        unchanged.remember(plan, cache.store, references, origin.resolvers(), lines)
