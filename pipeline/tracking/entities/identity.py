"""What tells a run apart from others: its name, its tags, its parameters."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.text.escaping import escaped
from pipeline.tracking.entities.parameters import short

BETWEEN = " · "
NAMED = 3  # values in a run's name; of more, how many
WIDEST = 24  # characters of one of them
LONGEST = 250  # characters of a name; MLflow's databases take no more
GIVEN = re.compile(r"[a-z]+-[a-z]+-\d+")  # names that MLflow makes up
NO_VALUES = ("data", "model", "experiment")  # groups that have a place of their own in the name
# Above what stands for itself: `max_depth` says enough.
PLAIN = re.compile(r"^(model\.estimator|data\.segregate|model|data|main)\.")


@dataclass(frozen=True)
class Identity:
    """A run, as trackers are told of it.

    Attributes:
        label: what the person calls it; empty: nothing but the default.
        choices: config group → the file that was chosen of it.
        dataset: its name.
        model: its file's name; None: the run fits none.
        overrides: as typed, without secrets.
        changed: what differs from the defaults, flat, by names of the config.
        always: flat values that are told even where they are the defaults.
    """

    label: str
    choices: Mapping[str, str]
    dataset: str
    model: str | None
    overrides: Sequence[str] = ()
    changed: Mapping[str, object] = field(default_factory=dict)
    always: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The run's name, such as ``max_depth=2 · random_forest · songs``.

        What is special comes first: MLflow's list of runs shows some twenty characters of it.
        """
        words = [*self._special(), self.label, self.model or "", self.dataset]
        return escaped(BETWEEN.join(filter(None, words)))[:LONGEST]

    @property
    def tags(self) -> dict[str, str]:
        """Tags of the run, and of those of its steps, which are searched together."""
        values = {"dataset": self.dataset, "model": self.model}
        return {name: value for name, value in values.items() if value}

    @property
    def own_tags(self) -> dict[str, str]:
        """Tags of the run alone."""
        typed = " ".join(map(shlex.quote, self.overrides))
        return self.tags | ({"pipeline.overrides": short(typed)} if typed else {})

    @property
    def parameters(self) -> dict[str, object]:
        """What it was chosen of, and in what it differs from the defaults of these."""
        return {**self.choices, **self.always, **self.changed}

    def _special(self) -> list[str]:
        typed = dict.fromkeys(o.lstrip("+~").partition("=")[0] for o in self.overrides)
        groups = {name: value for name, value in self.choices.items() if name not in NO_VALUES}
        values = [
            found
            for key in typed
            for found in ((groups if key in self.choices else self.changed).items())
            if found[0] == key or found[0].startswith(f"{key}.")
        ]
        words = list(_words(values))
        return words if len(words) <= NAMED else [*words[:NAMED], f"+{len(words) - NAMED}"]


def _words(values: Sequence[tuple[str, object]]) -> Iterator[str]:
    plain = {name: PLAIN.sub("", name).rpartition("/")[2] for name, _ in values}
    times = Counter(plain.values())
    for name, value in values:
        text = short(value)
        if len(text) > WIDEST:
            text = f"{text[: WIDEST // 2]}…{text[1 - WIDEST // 2 :]}"
        yield f"{plain[name] if times[plain[name]] == 1 else name}={text}"
