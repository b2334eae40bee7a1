"""Print as JSON what an exported model (FOLDER) predicts of a table on standard input."""

import sys

import mlflow
import pandas as pd

table = pd.read_json(sys.stdin, orient="split")
loaded = mlflow.pyfunc.load_model(sys.argv[1])
assert "pipeline" not in sys.modules
typed = table.astype({"age": float, "level": float}).astype({"wild": object})
print(loaded.predict(typed).to_json(orient="records", double_precision=15))
