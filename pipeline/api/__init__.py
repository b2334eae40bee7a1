"""The pipeline from Python, for notebooks and debuggers: runs, what they made, one step.

    from pipeline import api

    result = api.run(["data.test_size=0.2"])
    table = api.load("data_test.csv:latest")
    model = api.load_model("champion")
    inputs = api.step_inputs("train_random_forest")

The repository has to be on sys.path; the current directory may be any. See docs/python.md.
"""

from pipeline.api.artifacts import load, load_model
from pipeline.api.runs import RunResult, find, run
from pipeline.api.steps import StepInputs, step_inputs
from pipeline.errors import InputError

__all__ = [
    "InputError", "RunResult", "StepInputs", "find", "load", "load_model", "run", "step_inputs",
]  # fmt: skip
