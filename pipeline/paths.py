"""Where things are: the repository root, and what main.py hands to its steps."""

import json
import os
from pathlib import Path
from typing import Any

from pipeline import wandb_mode

ROOT = Path(__file__).resolve().parents[1]
MLRUNS = ROOT / "mlruns"
STATE = ROOT / "outputs" / ".state"  # what only saves time: it can be deleted
WORK = ROOT / "outputs" / ".work"  # of running steps; not in /tmp, which may be memory
LOG_FILE = ROOT / "ml_pipeline.log"

# Set by main.py for its steps; a step that was started alone finds none of them.
RECORD_FOLDER = "PIPELINE_RECORD_FOLDER"  # where the step leaves its record for the parent
STORE = "PIPELINE_ARTIFACT_STORE"
RECORDER = "PIPELINE_WANDB_RECORDER"  # address of the W&B recorder that the parent started
TRACKING = "PIPELINE_WANDB"  # `tracking.wandb` and the times below it, as one JSON text


def setting(group: str, name: str) -> Any:
    """Return ``<group>.<name>`` of the root config.yaml, as written there."""
    import yaml  # not needed where main.py has nothing to do

    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    return config[group][name]


def artifact_store() -> str:
    """Return the folder or URL of the artifact store; a relative folder is under the root."""
    place = os.environ.get(STORE) or str(setting("main", "artifact_store"))
    return place if "://" in place else str(ROOT / place)


def tracking() -> dict[str, Any]:
    """Return `tracking` of the config: as main.py handed it on, else as written in config.yaml.

    WANDB_MODE says more than the file.
    """
    handed = os.environ.get(TRACKING)
    if handed:
        return dict(json.loads(handed))
    names = ("wandb", "timeout", "upload_timeout")
    written = {name: setting("tracking", name) for name in names}
    return written | ({"wandb": given} if (given := os.environ.get("WANDB_MODE")) else {})


def tracking_environment() -> dict[str, str]:
    """Return the settings that keep MLflow's and W&B's files in the repository root.

    What the user has set already stays.

    Raises:
        InputError: WANDB_MODE is none that is known.
    """
    asked = tracking()
    defaults = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{ROOT / 'mlflow.db'}",
        # The one way to keep ./mlruns from being made in the caller's working directory.
        "_MLFLOW_SERVER_ARTIFACT_ROOT": str(MLRUNS),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        TRACKING: json.dumps(asked),
        "WANDB_MODE": wandb_mode.mode(asked["wandb"], os.environ, ROOT),
        "WANDB_SILENT": "true",
        "WANDB_DIR": str(ROOT),
        "WANDB_DATA_DIR": str(ROOT / "wandb" / "data"),
        "WANDB_CACHE_DIR": str(ROOT / "wandb" / "cache"),
    }
    return {name: os.environ.get(name) or value for name, value in defaults.items()}
