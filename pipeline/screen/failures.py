"""Every failure as one line that says what to do."""

import re

from pipeline import context, paths
from pipeline.errors import InputError
from pipeline.files import unusable
from pipeline.screen import logs
from pipeline.text.masking import masked_text

DATABASE = ("mlflow", "sqlalchemy", "alembic")  # whose errors come from where MLflow keeps runs
LINE = "pipeline_line"  # the attribute of an error that holds its line


def describe(error: BaseException, name: str) -> str:
    """Return the line of a failure; a fault of the pipeline is in the log with its traceback.

    Args:
        error: what was raised.
        name: of what failed, for the log.
    """
    if isinstance(error, InputError):
        return str(error)
    kept: str | None = vars(error).get(LINE)  # of a fault the traceback is kept once
    return kept or _described(error, name)


def _described(error: BaseException, name: str) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "stopped"
    if isinstance(error, SystemExit):
        return f"stopped with status {error.code}"
    if isinstance(error, MemoryError):
        return str(InputError("not enough memory; use a smaller table or a machine with more"))
    reason = " ".join(str(error).split())[:500]
    if type(error).__module__.partition(".")[0] in DATABASE:
        return str(tracking_failure(error))
    if isinstance(error, OSError) and error.errno is not None:
        return str(unusable(error, work=paths.WORK))
    vars(error)[LINE] = line = str(InputError(_fault(error, reason, name)))
    return line


def _fault(error: BaseException, reason: str, name: str) -> str:
    try:
        logs.keep_traceback(name, error)
        where = f"its traceback is in {paths.LOG_FILE}"
    except OSError as problem:
        where = f"its traceback could not be written ({problem.strerror}: {paths.LOG_FILE})"
    fault = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    return f"{fault}; this is a fault of the pipeline: please report it, {where}"


def tracking_failure(error: BaseException) -> InputError:
    """Return what a person is told of what MLflow, or its database, raises."""
    reason = " ".join(str(error).split("[SQL:")[0].split())[:500].rstrip(". ")
    return InputError(f"MLflow: {reason}; {_of_tracking(reason)}")


def _of_tracking(reason: str) -> str:
    """Return what to do about MLflow's store of runs."""
    uri = context.tracking_uri(paths.ROOT)
    if "active" in reason and "experiment" in reason.lower():
        number = re.search(r"experiment (\d+)", reason)
        return (
            f"mlflow experiments restore --experiment-id {number[1] if number else 'ID'} brings a "
            "deleted one back"
        )
    if uri.startswith(("http://", "https://")):
        return f"check MLFLOW_TRACKING_URI ({masked_text(uri)}) and whether that server answers"
    if uri.startswith("sqlite:"):
        place = uri.removeprefix("sqlite:///")
        return (
            f"look at free space and rights there; if {place} is damaged, move it away: the next "
            "run begins a new one"
        )
    return "give MLFLOW_TRACKING_URI=sqlite:///FILE.db or the address of a server, or unset it"
