"""Every key that config.yaml and conf/ may hold, with its type and range."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf

from pipeline.config.checks import Checks
from pipeline.config.gate import Gate, gate
from pipeline.config.judging import Judging
from pipeline.config.model import Model
from pipeline.errors import InputError
from pipeline.wandb_mode import MODES

SHARE = {"above": 0, "below": 1}  # a fraction of the rows: neither nothing nor everything
SEED = {"at_least": 0, "at_most": 2**32 - 1}  # what numpy's RandomState accepts
RULES: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "above": (lambda value, bound: value > bound, "greater than {}"),
    "below": (lambda value, bound: value < bound, "less than {}"),
    "at_least": (lambda value, bound: value >= bound, "at least {}"),
    "at_most": (lambda value, bound: value <= bound, "at most {}"),
    "one_of": (lambda value, bound: value in bound, "one of {}"),
}
ACTIONS = ["run", "plan", "verify", "report", "set_reference", "infer_checks", "fetch", "clean",
           "sync", "new_step", "new_model"]  # fmt: skip
METHODS = ["stratified", "random", "group", "time", "hash"]  # of pipeline/splits/division.py


@dataclass
class Main:
    """What concerns the run as a whole."""

    project_name: str = MISSING  # W&B project
    experiment_name: str = MISSING  # name of the MLflow parent run and of the W&B group
    steps: Any = "all"  # all · one · a,b · first:last · a list
    random_seed: int = field(default=MISSING, metadata=SEED)
    env_manager: str = field(
        default="auto", metadata={"one_of": ["auto", "local", "uv", "conda", "virtualenv"]}
    )
    artifact_store: str = MISSING  # a folder (from the repository root) or s3://, gs://, az://
    action: str = field(default="run", metadata={"one_of": ACTIONS})
    run: str = "latest"  # of action=verify and report: latest, or an MLflow run id
    version: str = "latest"  # which one action=set_reference takes: latest, vN or an alias
    artifact: str | None = None  # what action=fetch brings out of the store: name:alias or name:vN
    folder: str | None = None  # where action=fetch puts it; null: outputs/name-vN
    name: str | None = None  # of what action=new_step and new_model make
    after: str | None = None  # the step that the one of action=new_step follows
    report: bool = True  # a page for people at the end of each run
    dry_run: bool = True  # action=clean only lists what it would remove
    cache: bool = True  # steps whose facts are those of an earlier execution do not run
    force: list[str] = field(default_factory=list)  # steps that run all the same
    recheck: bool = False  # read every file again instead of trusting its size, time and inode


@dataclass
class Tracking:
    """How runs are recorded in W&B."""

    # auto: online with a key, offline without one or when the service fails; WANDB_MODE wins
    wandb: str = field(default=MISSING, metadata={"one_of": list(MODES)})
    timeout: int = field(default=MISSING, metadata={"at_least": 1})  # seconds for it to answer
    upload_timeout: int = field(default=MISSING, metadata={"at_least": 1})  # for an artifact


@dataclass
class Text:
    """How the text feature is made: the columns joined by a space, missing as nothing."""

    name: str = MISSING
    columns: list[str] = MISSING


@dataclass
class Preprocess:
    """What `preprocess` does to the raw table."""

    drop_duplicates: bool = True
    drop_constant: bool = False  # columns with one single value
    text: Text | None = None


@dataclass
class Features:
    """The columns that the model sees."""

    numeric: list[str] = field(default_factory=list)
    categorical: list[str] = field(default_factory=list)
    text: str | None = None


@dataclass
class Segregate:
    """The split parameters of segregate/run.py."""

    test_size: float = field(default=MISSING, metadata=SHARE)
    random_state: int = field(default=MISSING, metadata=SEED)
    stratify: str | None = None
    method: str = field(default="stratified", metadata={"one_of": METHODS})
    group_by: list[str] = field(default_factory=list)  # for group and hash
    time_column: str | None = None  # for time
    gap: float = field(default=0.0, metadata={"at_least": 0})  # days, or the column's unit
    leaks: bool = True  # look for them; on large tables that is a third of the work
    # Share of test rows that may equal a train row, in all features or the key; null: any, warn.
    max_leak: float | None = field(default=None, metadata={"at_least": 0, "at_most": 1})


@dataclass
class Data:
    """A dataset: where it is, what is in it, how it is divided."""

    file_url: str = MISSING
    sha256: str | None = None  # of the file at file_url; null: not checked
    description: str = MISSING
    target: str = MISSING
    stratify: str | None = None
    group_by: list[str] = field(default_factory=list)  # what rows of one group share
    time_column: str | None = None
    test_size: float = field(default=MISSING, metadata=SHARE)  # of all rows
    val_size: float = field(default=MISSING, metadata=SHARE)  # of the rows left for training
    format: str = field(default="csv", metadata={"one_of": ["csv", "parquet"]})  # between the steps
    reference: str | None = None  # artifact that drift is measured against
    ks_alpha: float = field(default=MISSING, metadata=SHARE)
    features: Features = field(default_factory=Features)
    preprocess: Preprocess = field(default_factory=Preprocess)
    checks: Checks = field(default_factory=Checks)
    segregate: Segregate = field(default_factory=Segregate)
    slices: list[str] = field(default_factory=list)  # columns whose parts are judged one by one


@dataclass
class Config:
    """The whole run."""

    main: Main = field(default_factory=Main)
    tracking: Tracking = field(default_factory=Tracking)
    data: Data = field(default_factory=Data)
    model: Model = field(default_factory=Model)
    gate: Gate = field(default_factory=Gate)
    judging: Judging = field(default_factory=Judging)
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)


ConfigStore.instance().store(name="schema", node=Config)


def checked(config: DictConfig) -> Config:
    """Resolve the whole config and check it: types, ranges, no target among its features.

    Raises:
        InputError: names the key, its value and what is allowed.
        OmegaConfBaseException: a value of the wrong type, an interpolation that leads nowhere.
    """
    result = OmegaConf.to_object(config)
    assert isinstance(result, Config), "config.yaml starts its defaults list with `schema`"
    _check_ranges(result, "")
    gate(asdict(result.gate))
    features, text = result.data.features, result.data.preprocess.text
    own = [c for t in result.model.transformers for c in t.get("columns") or []]
    seen = {
        "model.transformers": own,
        "data.features": [*features.numeric, *features.categorical, features.text],
    }
    if text and text.name == features.text:
        seen["data.preprocess.text.columns"] = list(text.columns)
    for key, columns in seen.items() if result.main.action != "infer_checks" else ():
        if result.data.target in columns:
            raise InputError(
                f"{key} holds the target {result.data.target!r}: the model would be told the "
                f"answer; remove it from {key}"
            )
    result.steps = asdict(result)["steps"]  # what is interpolated there is plain from here on
    return result


def _check_ranges(node: Any, path: str) -> None:
    children: list[tuple[str, Any, Mapping[str, Any]]] = (
        [(f.name, getattr(node, f.name), f.metadata) for f in fields(node)]
        if is_dataclass(node)
        else [(name, value, {}) for name, value in node.items()]
    )
    for name, value, rules in children:
        key = f"{path}.{name}" if path else name
        if value is not None and not all(RULES[r][0](value, bound) for r, bound in rules.items()):
            allowed = " and ".join(RULES[r][1].format(bound) for r, bound in rules.items())
            raise InputError(f"{key} must be {allowed}, got {value!r}")
        if is_dataclass(value) or (isinstance(value, dict) and not path.startswith("steps")):
            _check_ranges(value, key)
