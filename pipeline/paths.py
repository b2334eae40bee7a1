"""Where things are in the repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MLRUNS = ROOT / "mlruns"
STATE = ROOT / "outputs" / ".state"  # what only saves time: it can be deleted
WORK = ROOT / "outputs" / ".work"  # of running steps; not in /tmp, which may be memory
LOG_FILE = ROOT / "ml_pipeline.log"
