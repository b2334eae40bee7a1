"""One step from Python, with its very inputs: for a debugger, and to try a change of its code."""

import os
import shutil
import signal
import sys
import tempfile
import weakref
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from pipeline import paths
from pipeline.api import asked
from pipeline.cache import gone
from pipeline.cache.pins import pin_references, verdict_trail
from pipeline.config import steps
from pipeline.context import RunContext, revealed
from pipeline.errors import InputError, did_you_mean
from pipeline.replay import runs
from pipeline.step import arguments
from pipeline.store.artifacts import Store
from pipeline.store.versions import Version, parse_reference
from pipeline.tracking.record import Record, read_record


class StepInputs:
    """What a step is given: its arguments, and its inputs in a store of their own.

    The store is a copy below outputs/.work; it is gone with this object.

    Attributes:
        step: the step.
        args: what its ``go`` takes.
        paths: parameter that names an artifact → the artifact's file or folder, to look at.
    """

    def __init__(self, step: str, values: Mapping[str, object], folder: Path) -> None:
        """Take the step's parameters, references pinned, and the folder with the copied store."""
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.step = step
        self.paths: dict[str, Path] = {}
        self._folder = folder
        texts = steps.parameters(step, values, folder)
        script = str(paths.ROOT / step / "run.py")
        self.args: Namespace = arguments.parse(script, [f"--{k}={v}" for k, v in texts.items()])

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Let the step's ``go`` work on the copied store alone, for a while.

        It records nothing in MLflow, W&B and the register; only its log lines go to
        ml_pipeline.log. For the main thread, as a step's own.
        """
        context = replace(
            RunContext.from_environ(), artifact_store=str(self._folder / "artifacts"),
            wandb="disabled", wandb_mode="disabled", record_folder=str(self._folder / "record"),
            recorder="", process="", mlflow_run=None,
            workers=1,  # forks of a process that has fitted something before may wait for ever
        )  # fmt: skip
        hook, stop = sys.excepthook, signal.getsignal(signal.SIGTERM)
        try:
            with context.applied():
                yield
        finally:
            sys.excepthook = hook
            signal.signal(signal.SIGTERM, stop)

    def go(self) -> Record:
        """Run the step, and return what it recorded: metrics, tables, outputs.

        Raises:
            InputError: what the step says. What it raises otherwise is raised here as well.
        """
        module = import_module(f"{self.step}.run")
        with self.apart():
            try:
                module.go(self.args)
            except SystemExit as ended:
                if isinstance(ended.__context__, InputError | OSError):
                    raise ended.__context__ from None
                raise
        record = read_record(self._folder / "record")
        assert record, "a step that ends well leaves one"
        return record


def step_inputs(
    step: str, overrides: str | Iterable[str] = (), run: str | None = None
) -> StepInputs:
    """Return what a step would be given now, or what it was given in a run.

    Args:
        step: the step.
        overrides: as of a run.
        run: the beginning of an MLflow run id, or ``latest``; then there are no overrides.

    Raises:
        InputError: no such step or run; an input that is not there.
    """
    given = asked.words(overrides)
    if run is not None and given:
        raise InputError(f"step_inputs: give run={run} or overrides, not both: its config is known")
    if run is None:
        job = asked.job(given)
        _check(step, job.config.steps, "there")
        with asked.store(job.context) as store:
            return _gathered(step, job.config.steps[step], store)
    _, manifest = runs.find(run)
    found = {entry["step"]: entry for entry in manifest["steps"]}
    _check(step, found, f"in run {manifest['run'][:8]}")
    context = RunContext.from_environ()
    store = Store(context.artifact_store, found[step].get("catalog") or "")
    return _gathered(step, revealed(found[step]["parameters"]), store)


def _check(step: str, known: Iterable[str], where: str) -> None:
    names = list(known)
    if step not in names:
        raise InputError(f"step_inputs: no step {step!r} is {where}: {did_you_mean(step, names)}")


def _gathered(step: str, parameters: Mapping[str, object], store: Store) -> StepInputs:
    """Copy what a step reads into a store of its own."""
    values, found = pin_references(store, parameters, {})
    for lost in gone.artifacts(paths.ROOT / step, parameters, found, ()):
        raise InputError(f"step_inputs: {step} reads {lost}, which is not there; run what makes it")
    versions = {name: version for name, version in found.items() if version}
    paths.WORK.mkdir(parents=True, exist_ok=True)
    prefix = f"{step}_{os.getpid()}_"  # by which `clean` knows that it is in use
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=paths.WORK))
    copy = Store(folder / "artifacts")
    for version in versions.values():
        _bring(version, store, copy)
    for reference in verdict_trail(store, parameters, versions, {}).followed:
        if verdict := store.find(reference):
            copy.mirror(verdict)
            copy.set_alias(verdict.reference, parse_reference(reference)[1])
    inputs = StepInputs(step, values, folder)
    for name, version in versions.items():
        inputs.paths[name] = copy.download(version, folder / "inputs" / name)
    return inputs


def _bring(version: Version, store: Store, copy: Store) -> None:
    """Copy a version; of what it was made from only what is known, of a model's tables the rows."""
    copy.adopt(version, store)
    copy.mirror(version)  # its content is found by its digest as well
    for source in version.inputs:
        if made_from := store.same(source["name"], source["digest"]):
            if "arrow_schema" in version.metadata:
                _know(made_from, store, copy)
            else:
                _bring(made_from, store, copy)


def _know(version: Version, store: Store, copy: Store) -> None:
    """Copy the manifests of a version and of what it was made from, on which verdicts may be."""
    copy.mirror(version)
    for source in version.inputs:
        if made_from := store.same(source["name"], source["digest"]):
            _know(made_from, store, copy)
