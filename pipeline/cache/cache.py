"""Whether a step has to run, and why: never the same work twice."""

import time
from collections.abc import Iterable, Mapping

from pipeline import paths
from pipeline.cache import step_key
from pipeline.cache.decision import Decision
from pipeline.cache.external_files import UnknownFactError
from pipeline.cache.history import Execution, History
from pipeline.cache.pins import OVERRIDE, moving_references, pin_references, verdict_trail
from pipeline.cache.step_key import StepKey
from pipeline.config import origin, schema
from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.store.digests import Digests
from pipeline.store.versions import Version
from pipeline.tracking.record import Record, reference
from pipeline.tracking.recorder_client import MovedOfflineError
from pipeline.tracking.wandb_store import WandbStore, say_offline

SHOWN = 3  # causes that a reason names


class Cache:
    """Decides about the steps of one configuration, with the artifacts of a store."""

    def __init__(
        self, config: schema.Config, origin: origin.Sources, environment: str, store: Store
    ) -> None:
        """Take the checked config, where it is set, what builds environments, and the store."""
        self._config = config
        self._origin = origin
        self.environment = environment
        self.store = store
        self._history = History(store, [""] if store.catalog else store.catalogs())
        if isinstance(store, WandbStore):
            store.on_offline = self.go_offline
        self.digests = Digests(paths.STATE / "digests.json", config.main.recheck)

    def go_offline(self, moved: MovedOfflineError | None = None) -> None:
        """Go on with the store's own catalog, which holds all that is stored locally.

        Args:
            moved: the reason, which is printed; None if a step has printed it.
        """
        if moved:
            say_offline(moved)
        if isinstance(self.store, WandbStore):
            self.store = self.store.take_over()
            self._history = History(self.store, self.store.catalogs())

    def plan(self, chosen: Iterable[str]) -> list[Decision]:
        """Decide about all steps before any runs; what depends on one that runs is left open."""
        produced: dict[str, str] = {}
        running: set[str] = set()
        remade: set[str] = set()
        plan = []
        for step in chosen:
            decision = self.decide(step, produced, running, remade)
            if decision.hit:
                produced |= {a["name"]: a["digest"] for a in decision.hit.record.outputs}
            else:
                running.add(step)
                last = self._history.last(step)
                remade |= {output["name"] for output in last.record.outputs} if last else set()
            plan.append(decision)
        self.digests.save()
        return plan

    def decide(
        self,
        step: str,
        produced: Mapping[str, str],
        running: Iterable[str] = (),
        remade: Iterable[str] = (),
    ) -> Decision:
        """Decide about a step.

        Args:
            step: the step.
            produced: artifact name → digest of what this run made so far: ``name:latest`` means
                this version, even if another run has made a newer one.
            running: steps that will have run before this one starts.
            remade: artifacts that they made the last time.
        """
        while True:
            store = self.store
            decision = self._decide(step, produced, running, remade)
            if self.store is store:  # else W&B failed meanwhile: the versions have other numbers
                return decision

    def _decide(
        self,
        step: str,
        produced: Mapping[str, str],
        running: Iterable[str],
        remade: Iterable[str],
    ) -> Decision:
        last = self._history.last(step)
        seconds = last.record.seconds if last else None
        parameters, key, hit = self._config.steps[step], None, None
        values, inputs = pin_references(self.store, parameters, produced)
        versions = filter(None, inputs.values())
        new_inputs = [v.name for v in versions if v.step in running or v.name in remade]
        verdicts = verdict_trail(self.store, parameters, inputs, produced)
        if refused := verdicts.standing(parameters.get(OVERRIDE)):
            reason = f"run: check_data refused {refused[0]}"  # the step will say so
        elif not last:
            reason = "run: first time"
            key = None if running else self._key(step, values, inputs)
        elif new_inputs:
            reason = f"run: input {new_inputs[0]} is made anew"
        else:
            reason, key, hit = self._compare(step, values, inputs, last)
        return Decision(step, values, inputs, reason, key, hit, seconds, verdicts.followed)

    def _compare(
        self,
        step: str,
        values: dict[str, object],
        inputs: dict[str, Version | None],
        last: Execution,
    ) -> tuple[str, StepKey | None, Execution | None]:
        try:
            key = self._key_or_why_not(step, values, inputs)
        except UnknownFactError as error:
            return f"run: {error}", None, None
        execution = self._history.find(step, key.digest)
        lost = self._lost(execution) if execution else None
        if not self._config.main.cache:
            return "run: main.cache=false", key, None
        if step in self._config.main.force:
            return f"run: forced (main.force=[{step}])", key, None
        if execution and lost:
            return f"run: output {lost}", key, None
        if execution:
            return f"hit: same as run {execution.run[:8]}", key, execution
        causes = list(step_key.differences(key, last.key, lambda name: self._source(step, name)))
        if not causes:
            return "run: what is known of its last execution is damaged", key, None
        more = f" and {len(causes) - SHOWN} more" if len(causes) > SHOWN else ""
        return f"run: {'; '.join(causes[:SHOWN])}{more}", key, None

    def reuse(self, decision: Decision) -> None:
        """Make the outputs of a hit `latest` again, and the hit the newest execution."""
        assert decision.hit
        assert decision.key
        hit = decision.hit
        for output in hit.record.outputs:
            version = self.store.same(output["name"], output["digest"])
            for alias in (*hit.record.aliases.get(output["name"], ()), "latest"):
                self.store.set_alias(version.reference if version else reference(output), alias)
        self._history.serve(hit)

    def keep(self, decision: Decision, record: Record, run: str) -> None:
        """Remember an execution that ended well, unless the code changed while it ran."""
        now = self._key(decision.step, decision.values, decision.inputs)
        if now and decision.key and now.digest == decision.key.digest:
            self._history.add(Execution(now, record, time.time(), run))
            # A step may move an alias that it was given: the same command will find it moved.
            aliases = moving_references(self._config.steps[decision.step])
            values, inputs = pin_references(self.store, aliases, {})
            if inputs != {name: decision.inputs[name] for name in inputs}:
                values, inputs = {**decision.values, **values}, {**decision.inputs, **inputs}
                if after := self._key(decision.step, values, inputs):
                    self._history.add(Execution(after, record, time.time(), run))
        self.digests.save()

    def _key(
        self, step: str, values: Mapping[str, object], inputs: Mapping[str, Version | None]
    ) -> StepKey | None:
        try:
            return self._key_or_why_not(step, values, inputs)
        except UnknownFactError:
            return None

    def _key_or_why_not(
        self, step: str, values: Mapping[str, object], inputs: Mapping[str, Version | None]
    ) -> StepKey:
        root = paths.ROOT
        return step_key.step_key(root / step, root, values, inputs, self.digests, self.environment)

    def _lost(self, execution: Execution) -> str | None:
        """Say which output of an execution is not as it was, if one is."""
        for output in execution.record.outputs:
            name = reference(output)
            try:
                version = self.store.same(output["name"], output["digest"])
            except InputError:  # its manifest is damaged
                return f"{name} is damaged"
            if version is None:
                return f"{name} is gone"
            if fault := self.store.fault(version, self.digests):
                return f"{name} is {fault}"
        return None

    def _source(self, step: str, parameter: str) -> str:
        return self._origin.of("steps", step, *parameter.split("."))
