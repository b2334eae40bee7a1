"""Load an exported model (FOLDER) as evaluate does: without MLflow."""

import sys
from pathlib import Path

from pipeline.models import export

export.load(Path(sys.argv[1]))
assert "mlflow" not in sys.modules
