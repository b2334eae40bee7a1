"""Whether a step has to run, and why: never the same work twice."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from pipeline import paths
from pipeline.cache import gone, step_key
from pipeline.cache.decision import Decision
from pipeline.cache.external_files import GoneError, UnknownFactError, named_files
from pipeline.cache.history import Execution, History
from pipeline.cache.pins import OVERRIDE, moving_references, pin_references, verdict_trail
from pipeline.cache.step_key import StepKey
from pipeline.config import origin, schema
from pipeline.store.artifacts import Store
from pipeline.store.digests import Digests
from pipeline.store.versions import Version
from pipeline.tracking.record import Record, reference
from pipeline.tracking.recorder_client import MovedOfflineError
from pipeline.tracking.wandb_store import WandbStore, say_offline


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
        running, remade = set[str](), set[str]()
        plan = []
        for step in chosen:
            try:
                decision = self.decide(step, produced, running, remade)
            except GoneError as error:  # a run stops there
                decision = Decision(step, {}, {}, f"gone: {error}")
            if decision.hit:
                produced |= {a["name"]: a["digest"] for a in decision.hit.record.outputs}
            else:
                running.add(step)
                known = self._config.steps[step], self._history.last(step)
                remade |= gone.outputs(paths.ROOT / step, *known)
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
            remade: artifacts that they make.

        Raises:
            GoneError: a file of `cache_files` is not there.
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
        last, key, hit = self._history.last(step), None, None
        seconds, parameters = last.record.seconds if last else None, self._config.steps[step]
        values, inputs = pin_references(self.store, parameters, produced)
        anew = list(gone.until_made(parameters, inputs, running, remade))
        self._extra_files(step)
        verdicts = verdict_trail(self.store, parameters, inputs, produced)
        if lost := list(gone.artifacts(paths.ROOT / step, parameters, inputs, remade)):
            reason = f"gone: {', '.join(lost)}; run the step that makes it"
        elif refused := verdicts.standing(parameters.get(OVERRIDE)):
            reason = f"run: check_data refused {refused[0]}"  # the step will say so
        elif not last:
            reason = "run: first time"
            key = None if running else self._key(step, values, inputs)
        elif anew:
            reason = f"run: input {anew[0]} is made anew"
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
        lost = gone.output(execution, self.store, self.digests) if execution else None
        if missing := list(gone.files(values, key, last.key)):
            return f"gone: {', '.join(missing)}", key, None
        if self.forced(step):
            forced = f"forced (main.force=[{step}])"
            return f"run: {forced if self._config.main.cache else 'main.cache=false'}", key, None
        if execution and lost:
            return f"run: output {lost}", key, None
        if execution:
            return f"hit: same as run {execution.run[:8]}", key, execution
        causes = step_key.told(
            key, last.key, lambda name: self._origin.of("steps", step, *name.split("."))
        )
        return f"run: {causes or 'what is known of its last execution is damaged'}", key, None

    def forced(self, step: str) -> bool:
        """Say whether a step is to run whatever was done before."""
        return not self._config.main.cache or step in self._config.main.force

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
        declared = {version.digest for version in decision.inputs.values() if version}
        if any(artifact["digest"] not in declared for artifact in record.inputs):
            return  # no key tells when that one changes
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
        with suppress(UnknownFactError):
            return self._key_or_why_not(step, values, inputs)
        return None

    def _key_or_why_not(
        self, step: str, values: Mapping[str, object], inputs: Mapping[str, Version | None]
    ) -> StepKey:
        extra = self._extra_files(step)
        return step_key.step_key(
            paths.ROOT / step, paths.ROOT, values, inputs, self.digests, self.environment, extra
        )

    def _extra_files(self, step: str) -> dict[str, Path]:
        patterns = self._config.cache_files[step]
        return named_files(patterns, paths.ROOT, f"cache_files.{step}")
