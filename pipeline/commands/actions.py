"""What main.action asks for: prove, plan or show a run, look after data and stores, or run."""

from collections.abc import Callable

from pipeline import paths, sweep_job
from pipeline.cache import parsed, unchanged
from pipeline.cache.cache import Cache
from pipeline.cache.decision import Decision
from pipeline.commands import console, set_reference
from pipeline.commands.before import model_check
from pipeline.commands.job import Job
from pipeline.config.model import metric_for
from pipeline.errors import InputError
from pipeline.screen import served
from pipeline.store.artifacts import Store
from pipeline.store.versions import is_reference
from pipeline.tracking import mlflow_runs, wandb_store
from pipeline.tracking.recorder_client import RecorderProcess

ENVIRONMENT_TAG = "mlflow.project.env"  # MLflow sets it on a run whose environment it built


def begin(job: Job, recorder: RecorderProcess) -> Cache | None:
    """Do what is to be done without running a step.

    Args:
        job: what was asked for.
        recorder: of W&B runs; asked if W&B is used online.

    Returns:
        What decides about each step when steps are to run; None when all is done.

    Raises:
        InputError: what is asked for cannot be done; the model cannot be built; the run to verify
            differs.
    """
    mlflow_runs.close_dead(paths.ROOT)
    action = job.config.main.action
    if action in ASIDE:
        ASIDE[action](job)
        return None
    store = wandb_store.open_store(recorder, job.context)
    if action in WITH_STORE:
        WITH_STORE[action](job, store)
        return None
    if any("model_config" in job.config.steps[step] for step in job.steps):
        model_check.check(job.config)
    cache = Cache(job.config, job.origin, environment(job), store)
    plan = cache.plan(job.steps)
    parsed.keep()
    if action == "plan":
        console.plan(plan)
        return None
    # `mlflow run .` has made a run, which is to be told of the hits
    if job.context.mlflow_run or not all(decision.hit for decision in plan):
        return cache
    _reuse(job, plan, cache)
    return None


def environment(job: Job) -> str:
    """Return what builds the steps' environments; by default as the whole run was started."""
    if job.config.main.env_manager != "auto":
        return job.config.main.env_manager
    if not job.context.mlflow_run:
        return "local"
    from mlflow import MlflowClient

    tags = MlflowClient().get_run(job.context.mlflow_run).data.tags
    built = str(tags.get(ENVIRONMENT_TAG, "local"))
    return "local" if built == "docker" else built  # this is inside of the container


def _verify(job: Job) -> None:
    from pipeline.replay import verify

    verify.verify(job.config.main.run, job.context.artifact_store)


def _report(job: Job) -> None:
    from pipeline.report import make

    print(f"Report: {make.again(job.config.main.run, job.context.artifact_store)}")


def _compare(job: Job) -> None:
    from pipeline.comparison import choose, compare, page
    from pipeline.judging.bootstrap import Bootstrap

    config, location = job.config, job.context.artifact_store
    runs = choose.chosen(config.main.run, paths.ROOT, location, config.gate.champion)
    how = Bootstrap(config.judging.resamples, config.main.random_seed)
    compared = compare.compare(runs, location, how)
    metric = metric_for(config.gate.metric, config.model.estimator, config.data.task)
    page.show(compared, metric)
    folder = paths.ROOT / "outputs" / "comparisons"
    print(f"Page: {page.write(compared, metric, folder)}")


def _runs(job: Job) -> None:
    from pipeline.comparison import listing

    config, main = job.config, job.config.main
    metric = metric_for(config.gate.metric, config.model.estimator, config.data.task)
    print("\n".join(listing.show(paths.ROOT, main.sort, main.filter, main.limit, metric)))


def _infer_checks(job: Job) -> None:
    from pipeline.commands import infer_checks

    print(infer_checks.write(job))


def _new_step(job: Job) -> None:
    from pipeline.commands.new import step

    print(step.make(paths.ROOT, job.config.main.name, job.config.main.after))


def _new_model(job: Job) -> None:
    from pipeline.commands.new import model

    print(model.make(paths.ROOT, job.config.main.name))


def _clean(job: Job) -> None:
    from pipeline.commands import clean

    store = Store(job.context.artifact_store)
    print("\n".join(clean.clean(store, paths.ROOT, job.config.main.dry_run)))


def _sync(job: Job) -> None:
    from pipeline.commands import sync

    print("\n".join(sync.sync(job.context, paths.ROOT)))


def _monitor(job: Job) -> None:
    from pipeline.commands import monitor

    monitor.run(job)


def _set_reference(job: Job, store: Store) -> None:
    data, checks = job.config.data, job.config.steps["check_data"]
    verdicts, override = str(checks["artifact_name"]), data.checks.override
    print(set_reference.move(store, data.reference, job.config.main.version, verdicts, override))


def _fetch(job: Job, store: Store) -> None:
    from pipeline.commands import fetch

    print(fetch.fetch(store, job.config.main.artifact, job.config.main.folder, paths.ROOT))


# Actions that use neither the chosen steps nor W&B's project as a store.
ASIDE: dict[str, Callable[[Job], None]] = {
    "verify": _verify,
    "report": _report,
    "compare": _compare,
    "runs": _runs,
    "infer_checks": _infer_checks,
    "new_step": _new_step,
    "new_model": _new_model,
    "clean": _clean,
    "sync": _sync,
    "monitor": _monitor,
}
# Actions on artifacts alone: those of W&B's project if it is used online.
WITH_STORE: dict[str, Callable[[Job, Store], None]] = {
    "set_reference": _set_reference,
    "fetch": _fetch,
}


def _reuse(job: Job, plan: list[Decision], cache: Cache) -> None:
    """Use earlier executions for all steps: nothing runs, and MLflow is not imported."""
    hits, obstacle = [], None
    for number, decision in enumerate(plan, 1):
        cache.reuse(decision)
        hits.append(decision)
        if decision.hit and (obstacle := decision.hit.record.obstacle(number == len(plan))):
            break
    shown = console.served(hits, job.context, cache.store)
    sweep_job.tell({"run": "", "record": shown["record"]})
    served.show(shown)
    if obstacle:
        raise InputError(obstacle)
    online = cache.store.online  # then only W&B knows whether something has changed
    steady = unchanged.steady(p for d in plan for p in job.config.cache_files[d.step])
    if job.memory and steady and not job.config.main.recheck and not online:
        values = (value for d in plan for value in job.config.steps[d.step].values())
        references = filter(is_reference, values)
        unchanged.remember(job.memory, plan, cache.store, references, job.origin.resolvers(), shown)
