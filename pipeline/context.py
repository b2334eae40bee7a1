"""What a run hands to its steps, as one value. Only this module touches the environment."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from pipeline import paths, wandb_mode
from pipeline.text import masking

T = TypeVar("T")
Group = Mapping[str, Any]  # values of the config
LOCAL: Group = {"name": "local", "address": None, "workers": None}  # `engine` of the config
HANDED = "PIPELINE_CONTEXT"  # main.py's value for its steps; a step started alone finds none
SECRETS = "PIPELINE_SECRETS"  # what the masks in it stand for (pipeline/text/masking.py)
OWN = ("MLFLOW_", "_MLFLOW_", "WANDB_", "PIPELINE_", "HYDRA_")  # variables a run may have set


@dataclass(frozen=True)
class RunContext:
    """Where a run keeps its artifacts and how it is recorded.

    Attributes:
        artifact_store: a folder or URL; a relative folder is under the repository.
        wandb: what was asked of W&B: auto, online, offline or disabled.
        timeout, upload_timeout: seconds that W&B may take to answer, and for an artifact.
        wandb_mode: how W&B is used: online, offline or disabled.
        project, group, notes: of W&B's runs; without notes these have the commit.
        recorder: address of the process that holds W&B's runs; empty: none yet.
        record_folder: where a step leaves its record for main.py; None: it was started alone.
        mlflow_run: the MLflow run that was made for this process, if one was.
        process: main.py's, by processes.identity: its steps end with it; empty: there is none.
        screen: whether main.py shows on a terminal how far its steps' loops are.
        workers: processes that may work side by side in a step.
        engine: what works on the pieces of a step's tables, as the config's `engine`.
    """

    artifact_store: str
    wandb: str
    timeout: int
    upload_timeout: int
    wandb_mode: str
    project: str
    group: str | None = None
    notes: str | None = None
    recorder: str = ""
    record_folder: str | None = None
    mlflow_run: str | None = None
    process: str = ""
    screen: bool = False
    workers: int = 1
    engine: Group = field(default_factory=lambda: {**LOCAL})

    @classmethod
    def of(cls, main: Group, tracking: Group, engine: Group = LOCAL) -> Self:
        """Return the context of a run from its config; W&B's own variables say more than that.

        Args:
            main: `main` of the config.
            tracking: `tracking` of the config.
            engine: `engine` of the config.

        Raises:
            InputError: WANDB_MODE is no mode.
        """
        given = os.environ.get
        asked = given("WANDB_MODE") or str(tracking["wandb"])
        place = os.path.expanduser(str(masking.hidden(main["artifact_store"])))
        return cls(
            artifact_store=place if "://" in place else str(paths.ROOT / place),
            wandb=asked,
            timeout=tracking["timeout"],
            upload_timeout=tracking["upload_timeout"],
            wandb_mode=wandb_mode.mode(asked, os.environ, paths.ROOT),
            project=given("WANDB_PROJECT") or str(main["project_name"]),
            group=given("WANDB_RUN_GROUP"),
            notes=given("WANDB_NOTES"),
            mlflow_run=given("MLFLOW_RUN_ID"),
            workers=main.get("workers", 1),
            engine={**LOCAL, **engine},
        )

    @classmethod
    def from_environ(cls) -> Self:
        """Return the context that main.py handed on, or that of a process started alone."""
        if handed := os.environ.get(HANDED):
            return replace(cls(**json.loads(handed)), mlflow_run=os.environ.get("MLFLOW_RUN_ID"))
        import yaml  # not needed where main.py has nothing to do

        written: dict[str, dict[str, Any]] = {"main": {}, "tracking": {}, "engine": {}}
        for file in (paths.ROOT / "config.yaml", paths.ROOT / "conf" / "project.yaml"):
            content = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
            for group in written:
                written[group] |= (content or {}).get(group) or {}
        return cls.of(**written)

    def to_environ(self) -> dict[str, str]:
        """Return the variables by which a process is given this context.

        MLflow and W&B find their settings there too; what the user has set of these stays.
        """
        settings = {
            **_own_tracking(paths.ROOT),
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "GOMP_SPINCOUNT": "1000",  # spins until threads sleep; 0: boosting takes twice as long
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",  # of a server that is away: not for minutes
            "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
            "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
            "WANDB_SILENT": "true",
            "WANDB_DIR": str(paths.ROOT),
            "WANDB_DATA_DIR": str(paths.ROOT / "wandb" / "data"),
            "WANDB_CACHE_DIR": str(paths.ROOT / "wandb" / "cache"),
        }
        own = {
            HANDED: json.dumps(asdict(replace(self, mlflow_run=None))),
            "WANDB_MODE": self.wandb_mode,
            "WANDB_PROJECT": self.project,
            "PATH": _path_with_this_python(),
        }
        own |= {"PYTHONDONTWRITEBYTECODE": "1"} if sys.dont_write_bytecode else {}
        own |= {"WANDB_RUN_GROUP": self.group} if self.group else {}
        own |= {SECRETS: masking.handed_on()} if masking.handed_on() else {}
        return {name: os.environ.get(name) or value for name, value in settings.items()} | own

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Let this process and the ones that it starts have this context, for a while."""
        before = {name: os.environ.get(name) for name in self.to_environ()}
        os.environ.update(self.to_environ())
        try:
            yield
        finally:
            os.environ.update({name: value for name, value in before.items() if value is not None})
            for name in (name for name, value in before.items() if value is None):
                os.environ.pop(name, None)  # whoever ran meanwhile may have removed it


def _own_tracking(root: Path) -> dict[str, str]:
    """Return where MLflow keeps what it is told, unless the user says something else."""
    return {
        "MLFLOW_TRACKING_URI": f"sqlite:///{root / 'mlflow.db'}",
        # The one way to keep ./mlruns from being made in the caller's working directory.
        "_MLFLOW_SERVER_ARTIFACT_ROOT": str(root / "mlruns"),
    }


def own_tracking(root: Path) -> bool:
    """Say whether MLflow's runs are in the repository's database, with their files beside it."""
    return all((os.environ.get(n) or own) == own for n, own in _own_tracking(root).items())


def tracking_uri(root: Path) -> str:
    """Return the tracking URI of MLflow for the repository at the root."""
    return os.environ.get("MLFLOW_TRACKING_URI") or _own_tracking(root)["MLFLOW_TRACKING_URI"]


def wandb_folder(root: Path) -> Path:
    """Return where W&B puts the runs of the repository at the root."""
    folder = Path(os.environ.get("WANDB_DIR") or root).expanduser().absolute()
    return folder / (".wandb" if (folder / ".wandb").exists() else "wandb")


def _path_with_this_python() -> str:
    """Return PATH with this interpreter's folder first: `python` in an MLproject means it."""
    folder, path = str(Path(sys.executable).parent), os.environ.get("PATH", "")
    return path if path.split(os.pathsep)[0] == folder else folder + os.pathsep + path


def variables() -> dict[str, str]:
    """Return a copy of the environment."""
    return dict(os.environ)


def outside() -> dict[str, str]:
    """Return a copy of the environment without what a run, MLflow, W&B or Hydra may have set.

    The secrets that this process was given stay: without them the same command cannot do the same.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    return kept | {SECRETS: masking.handed_on()}


def revealed(value: T) -> T:
    """Return plain data with the secrets that this process was given in their places."""
    return masking.revealed(value)


def show_hydra_errors() -> None:
    """Let Hydra raise its errors instead of printing them."""
    os.environ["HYDRA_FULL_ERROR"] = "1"


masking.take(os.environ.get(SECRETS, ""), os.environ)
