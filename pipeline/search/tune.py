"""main.action=tune: trials side by side, a page, and the best one as an experiment."""

import re
from dataclasses import asdict, replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pipeline import files, paths
from pipeline.commands.before import model_check
from pipeline.commands.job import Job
from pipeline.config import loader
from pipeline.config.model import metric_for
from pipeline.config.schema import Config
from pipeline.config.search.space import Search, check
from pipeline.errors import InputError, did_you_mean
from pipeline.search import best, loop, page, space
from pipeline.search.jobs import TrialJobs
from pipeline.search.trials import COMPLETE, Trial, Values
from pipeline.sweep.job import Sweep
from pipeline.sweep.pool import Pool
from pipeline.sweep_job import SweepJob

# What of a command is about the search and not about its trials.
OF_SEARCH = re.compile(
    r"[+~]*(main\.(action|trials|workers|report)|sweep\.\w+|search\.[\w.]+|hydra\..*)="
)
OPTUNA = 5  # the oldest version that draws as it is tested here


def run(job: Job) -> None:
    """Make the trials of a search; those that were made before are served by the artifact cache.

    Raises:
        InputError: the space, or what trials have in common, cannot be used; no trial was complete;
            somebody has written a file where the best trial belongs.
    """
    from pipeline.report.run_section import command

    search = settled(job)
    place = best.place(paths.ROOT, str(search.name))
    best.check_free(place)
    config = asdict(job.config)
    space.check(search, config, lambda values: _judge(job, values))
    own = space.own_values(search, config)
    moment = datetime.now()
    folder = paths.ROOT / "outputs" / "search" / f"{search.name}-{moment:%Y-%m-%d-%H-%M-%S-%f}"
    count, workers = job.config.main.trials, job.config.sweep.workers
    if workers > search.window:
        print(f"{search.window} of {workers} workers have trials: search.window={search.window}")
    trials, data = _tried(job, search, own, folder, (count, min(workers, search.window)))
    found = page.Found(
        search, trials, command(job.overrides), str(job.config.data.name), data,
        f"{moment:%Y-%m-%d}", space.keys(search), place.stem,
    )  # fmt: skip
    _conclude(job, found, place, folder)


def settled(job: Job) -> Search:
    """Return the search with all that it takes from elsewhere in the config.

    Raises:
        InputError: none was chosen; its space cannot be used; Optuna is not installed.
    """
    search, config = job.config.search, job.config
    if SweepJob.from_environ():
        raise InputError("main.action=tune is many runs by itself: leave out -m")
    if search is None:
        there = sorted(path.stem for path in (paths.ROOT / "conf" / "search").glob("*.yaml"))
        raise InputError(
            f"main.action=tune needs a space: add search=NAME, {did_you_mean('', there)}"
        )
    check(search)
    require_optuna()
    named = search.metric or config.gate.metric
    metric = metric_for(named, config.model.estimator, config.data.task)
    folds = config.model.folds or search.folds
    seed = config.main.random_seed if search.seed is None else search.seed
    return replace(search, metric=metric, seed=seed, folds=folds, name=search.name or "search")


def require_optuna() -> None:
    """Refuse to go on without Optuna.

    Raises:
        InputError: it is not installed, or too old.
    """
    try:
        there = version("optuna")
    except PackageNotFoundError:
        there = "0"
    if int(there.partition(".")[0]) < OPTUNA:
        raise InputError(
            f"main.action=tune needs Optuna {OPTUNA}: uv sync --extra search, or in an "
            f'environment of conda or pip: pip install "optuna>={OPTUNA}"'
        )


def _judge(job: Job, values: Any) -> None:
    config = loader.load(Config, values, "")
    if any("model_config" in job.config.steps[step] for step in job.steps):
        model_check.check(config)


def common(job: Job) -> list[str]:
    """Return the overrides that all trials have.

    Raises:
        InputError: one takes a key away, which no file of overrides can.
    """
    kept = [word for word in job.overrides if not OF_SEARCH.match(word)]
    for word in (word for word in kept if word.startswith("~")):
        raise InputError(f"{word}: a search cannot leave a key out; give it null")
    return kept


def _tried(
    job: Job, search: Search, own: Values, folder: Path, size: tuple[int, int]
) -> tuple[list[Trial], str]:
    """Return the trials by their number, and the digest of the table that they were trained on."""
    count, workers = size
    settings = replace(job.config.sweep, metric=str(search.metric))
    name = f"search {search.name}, {count} trials by {search.metric}"
    sweep = Sweep.of("search", name, folder, workers, job.config.main, settings)
    words = [*common(job), "main.report=false"]
    trials: list[Trial] = []
    with Pool(job.context, sweep) as pool:
        pool.screen.total = count
        jobs = TrialJobs(pool, search, words)
        try:
            for trial in loop.trials(search, own, count, workers, jobs):
                trials = sorted([*trials, trial], key=lambda t: t.number)
                files.write_text(folder / page.TABLE, page.table(search, trials))
        except KeyboardInterrupt:
            raise InputError("stopped; the same command goes on from there") from None
        finally:
            complete = any(trial.state == COMPLETE for trial in trials)
            pool.summarise(complete and len(trials) == count)
    return trials, jobs.data


def _conclude(job: Job, found: page.Found, place: Path, folder: Path) -> None:
    """Write the page and the best trial."""
    files.write_text(folder / page.FILE, page.render(found))
    print(f"{page.counts(found)}. {page.verdict(found)}")
    print(f"Page: {files.shown(folder / page.FILE)}")
    if found.best is None:
        raise InputError(f"no trial was complete: {found.trials[0].error or 'all were stopped'}")
    text, before = best.of(job, found), best.result(place)
    files.write_text(folder / place.name, text)
    best.write(place, text)
    if others := best.differing(job, found, common(job)):
        raise InputError(
            f"{files.shown(place)} cannot say all that trial {found.best.number + 1} was given: "
            f"{', '.join(others)}; set these in a file of conf/experiment, and search with that"
        )
    print(f"Best: {files.shown(place)}; python main.py experiment={found.experiment}")
    if before and before != best.result(place):
        print(f"It was: {before}")
