"""Every key that config.yaml and conf/ may hold, with its type and range."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError

from pipeline.config import loader, steps
from pipeline.config.checks import Checks
from pipeline.config.evaluate import TASKS, Gate, Judging
from pipeline.config.model import Features, Model
from pipeline.config.notify.hooks import Hook, check_hooks
from pipeline.config.preprocess import Download, Preprocess, Read, check_rare
from pipeline.config.search.space import Search
from pipeline.config.segregate import SEED, SHARE, Segregate
from pipeline.engines.settings import Engine, check_engine
from pipeline.errors import InputError, check_names, did_you_mean
from pipeline.store.names import FORMS
from pipeline.text.masking import hidden
from pipeline.wandb_mode import MODES

ACTIONS = ["run", "plan", "verify", "report", "compare", "runs", "set_reference", "monitor",
           "infer_checks", "fetch", "clean", "sync", "new_step", "new_model", "tune"]  # fmt: skip


@dataclass(kw_only=True)
class Main:
    """What concerns the run as a whole."""

    # MLflow experiment and W&B project.
    project_name: str = field(metadata={"fits": FORMS["project"]})
    # Of W&B's groups; one that is not the default is in the names of MLflow's runs as well.
    experiment_name: str = field(metadata={"fits": FORMS["experiment"]})
    steps: str | list[str] = "all"  # all · one · a,b · first:last · a list
    random_seed: int = field(metadata=SEED)
    env_manager: str = field(
        default="auto", metadata={"one_of": ["auto", "local", "uv", "conda", "virtualenv"]}
    )
    workers: int = field(default=1, metadata={"at_least": 1})  # of sweeps, searches, folds
    # Whether steps of the local environment are forks of a process that has their libraries.
    warm: bool = True
    # A folder (from the repository root) or s3://, gs://, az://.
    artifact_store: str = field(metadata={"fits": FORMS["place"]})
    action: str = field(default="run", metadata={"one_of": ACTIONS})
    # Of action=verify and report: latest, or an MLflow run id; of compare: several, A,B.
    run: str = "latest"
    sort: str = "started"  # what action=runs sorts by: started, a metric, any key; -: turned round
    filter: str | None = None  # which runs it lists: status=finished,f1>0.5
    limit: int = field(default=20, metadata={"at_least": 1})  # how many at most
    version: str = "latest"  # which one action=set_reference takes: latest, vN or an alias
    input: str | None = None  # the table that action=monitor looks at
    # What action=fetch brings out of the store; the model of action=monitor.
    artifact: str | None = field(default=None, metadata={"fits": FORMS["reference"]})
    # Where action=fetch puts it; null: outputs/name-vN.
    folder: str | None = field(default=None, metadata={"fits": FORMS["place"]})
    name: str | None = None  # of what action=new_step and new_model make
    after: str | None = None  # the step that the one of action=new_step follows
    trials: int = field(default=20, metadata={"at_least": 1})  # of main.action=tune, in all
    report: bool = True  # a page for people at the end of each run
    dry_run: bool = True  # action=clean only lists what it would remove
    cache: bool = True  # steps whose facts are those of an earlier execution do not run
    force: list[str] = field(default_factory=list)  # steps that run all the same
    recheck: bool = False  # read every file again instead of trusting its size, time and inode


@dataclass(kw_only=True)
class Tracking:
    """How runs are recorded in W&B."""

    # auto: online with a key, offline without one or when the service fails; WANDB_MODE wins
    wandb: str = field(metadata={"one_of": list(MODES)})
    timeout: int = field(metadata={"at_least": 1})  # seconds for it to answer
    upload_timeout: int = field(metadata={"at_least": 1})  # for an artifact


@dataclass(kw_only=True)
class Sweep:
    """Many runs of one command: `-m`."""

    workers: int = field(default=1, metadata={"at_least": 1})  # how many jobs at once
    steps: str | list[str] = "all"  # those of the asked ones that a job runs
    # Of its last step; the best job is at the top of the table. null: as gate.metric.
    metric: str | None = None
    # none; best: the best job goes on with the steps that the others left out.
    evaluate: str = field(default="none", metadata={"one_of": ["none", "best"]})


@dataclass(kw_only=True)
class Data:
    """A dataset: where it is, what is in it, how it is divided."""

    # Part of the names of its champion, reference and registered model; null: of its file.
    name: str | None = None
    file_url: str
    sha256: str | None = None  # of the file at file_url; null: not checked
    description: str
    # As in https://spdx.org/licenses, for the model's card; null: unknown.
    license: str | None = None
    target: str
    task: str = field(default="auto", metadata={"one_of": ["auto", *TASKS]})  # auto: the model's
    stratify: str | None = None
    group_by: list[str] = field(default_factory=list)  # what rows of one group share
    time_column: str | None = None
    test_size: float = field(metadata=SHARE)  # of all rows
    val_size: float = field(metadata=SHARE)  # of the rows left for training
    format: str = field(default="csv", metadata={"one_of": ["csv", "parquet"]})  # between the steps
    # Artifact that drift is measured against.
    reference: str | None = field(default=None, metadata={"fits": FORMS["reference"]})
    ks_alpha: float = field(metadata=SHARE)
    read: Read = field(default_factory=Read)
    features: Features = field(default_factory=Features)
    preprocess: Preprocess = field(default_factory=Preprocess)
    checks: Checks = field(default_factory=Checks)
    segregate: Segregate
    slices: list[str] = field(default_factory=list)  # columns whose parts are judged one by one


@dataclass(kw_only=True)
class Config:
    """The whole run."""

    main: Main
    tracking: Tracking
    data: Data
    model: Model = field(default_factory=Model)
    gate: Gate = field(default_factory=Gate)
    judging: Judging = field(default_factory=Judging)
    sweep: Sweep = field(default_factory=Sweep)
    engine: Engine = field(default_factory=Engine)
    search: Search | None = None  # of main.action=tune
    download: Download = field(default_factory=Download)
    notify: list[Hook] = field(default_factory=list)
    # Step folder → files and globs, from the repository, that it reads besides its parameters.
    cache_files: dict[str, list[str]] = field(default_factory=dict)
    # Step folder → the parameters of its MLproject.
    steps: dict[str, dict[str, Any]] = field(
        default_factory=dict, metadata={"hint": "to choose steps write main.steps=..."}
    )


def checked(config: DictConfig, root: Path) -> Config:
    """Resolve the whole config and check it: keys, types, ranges, no target among its features.

    Secrets in it are masked, and known to this process alone (pipeline/text/masking.py).

    Args:
        config: as Hydra composes it.
        root: where the folders of the steps are.

    Raises:
        InputError: names the key, its value and what is allowed.
        OmegaConfBaseException: an interpolation that leads nowhere.
    """
    try:
        values = hidden(OmegaConf.to_container(config, resolve=True))
    except InterpolationResolutionError:  # perhaps only because a key is mistyped
        loader.check_part(Config, OmegaConf.to_container(config, resolve=False), "")
        raise
    result = loader.load(Config, values, "")
    check_hooks(result.notify)
    if result.main.action != "infer_checks":
        _check_target(result.data, result.model)
        check_rare(result.data.preprocess, result.data.features.columns)
    check_engine(result.engine)
    for step, parameters in result.steps.items():
        named = parameters.pop("cache_files", [])
        result.cache_files.setdefault(step, []).extend(
            loader.load(list[str], named, f"steps.{step}.cache_files")
        )
    check_names("cache_files", result.cache_files, result.steps)
    result.steps = steps.checked(result.steps, root)
    for name in (name for name in result.main.force if name not in result.steps):
        raise InputError(f"main.force: unknown step {name!r}: {did_you_mean(name, result.steps)}")
    return result


def _check_target(data: Data, model: Model) -> None:
    features, text = data.features, data.preprocess.text
    columns = {
        "model.transformers": [c for own in model.transformers for c in own.get("columns") or []],
        "data.features": [*features.numeric, *features.categorical, features.text],
    }
    if text and text.name == features.text:
        columns["data.preprocess.text.columns"] = list(text.columns)
    for key in (key for key, names in columns.items() if data.target in names):
        raise InputError(
            f"{key} holds the target {data.target!r}: the model would be told the answer; remove "
            f"it from {key}"
        )
