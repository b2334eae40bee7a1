"""The pipeline without its steps' work: what real config, cache and store decide about them.

A step that has to run leaves small outputs at once: texts that say what its parameters and inputs
are. So the same again gives the same bytes, and something else gives others, as with the steps.
"""

import json
import re
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from pipeline import paths
from pipeline.cache.cache import Cache
from pipeline.cache.decision import Decision
from pipeline.commands.job import Job
from pipeline.config import root_config, wiring
from pipeline.store.artifacts import Store
from pipeline.store.drafts import Provenance
from pipeline.tracking.record import Record, artifact_facts


@cache
def composed(root: Path, words: tuple[str, ...]) -> DictConfig:
    """Return the config of a repository with the overrides of a command, as Hydra composes it."""
    root_config.register(root)
    with initialize_config_dir(str(root / "conf"), version_base="1.3"):
        return compose("config", list(words))


class Pipeline:
    """A repository in which steps are decided about, in this process.

    Attributes:
        root: the repository.
        store: its artifacts and executions.
    """

    def __init__(self, root: Path, store: Path) -> None:
        """Take the repository and the folder of the store."""
        self.root = root
        self.store = Store(store)
        self.runs = 0
        self._makes = {step.name: step.makes for step in wiring.read(root)}

    def cache(self, *words: str) -> tuple[list[str], Cache]:
        """Return the chosen steps and what decides about them, as main.py makes it of a command."""
        job = Job.of(composed(self.root, words), words, self.root / "outputs", None)
        return job.steps, Cache(job.config, job.origin, "local", self.store)

    def plan(self, *words: str) -> dict[str, str]:
        """Return why the steps run that are no hits, by step, as `main.action=plan` decides."""
        chosen, cache = self.cache(*words)
        decisions = cache.plan(chosen)
        assert [decision.step for decision in decisions] == chosen
        return {d.step: d.reason.removeprefix("run: ") for d in decisions if not d.hit}

    def run(self, *words: str, fails: Iterable[str] = ()) -> dict[str, str]:
        """Run the pipeline up to a step that fails; return what is said of each, by step."""
        self.runs += 1
        chosen, cache = self.cache(*words)
        produced: dict[str, str] = {}
        reasons = {}
        for step in chosen:
            decision = cache.decide(step, produced)
            reasons[step] = re.sub(r"run [0-9a-f]{8}$", "run X", decision.reason)
            if decision.hit:
                cache.reuse(decision)
                record = decision.hit.record
            elif step in fails:
                break
            else:
                record = self._record(decision)
                cache.keep(decision, record, f"{self.runs:032x}")
            produced |= {output["name"]: output["digest"] for output in record.outputs}
        return reasons

    def _record(self, decision: Decision) -> Record:
        """Put a step's outputs into the store and return the record of its execution."""
        record = Record(decision.step, dict(decision.values), "2026-01-01T00:00:00+00:00",
                        status="finished", seconds=1.0)  # fmt: skip
        record.inputs = [artifact_facts(v) for v in decision.inputs.values() if v]
        inputs = {name: v and v.digest for name, v in decision.inputs.items()}
        text = json.dumps([{**decision.values, **inputs}, self._content(decision)], default=str)
        folder = self.store.folder
        assert folder
        for name in self._makes[decision.step]:
            path = folder.with_name("output") / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{name} of {text}")
            made_by = Provenance(decision.step)
            version = self.store.put(name, path, "text", provenance=made_by)
            record.outputs.append(artifact_facts(version))
        return record

    def _content(self, decision: Decision) -> list[str]:
        """Return the digests of the files that a step is given."""
        assert decision.key
        return [fact for name, fact in decision.key.facts.items() if name.startswith("file ")]


def at(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, store: Path) -> Pipeline:
    """Return the pipeline on a copy of its store, the product's paths being those of its root."""
    monkeypatch.setattr(paths, "ROOT", pipeline.root)
    monkeypatch.setattr(paths, "STATE", store.with_name("state"))
    assert pipeline.store.folder
    shutil.copytree(pipeline.store.folder, store)
    return Pipeline(pipeline.root, store)
