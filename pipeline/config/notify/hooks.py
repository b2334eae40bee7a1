"""Whom to tell when a run is over, and of what."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.errors import InputError
from pipeline.text.masking import revealed

EVENTS = ("end", "failure", "refused", "drift")
FORMS = ["json", "slack", "teams"]
KINDS = ("webhook", "email", "command")
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
WHEN = (
    lambda given: bool(given) and set(given) <= set(EVENTS),
    f"a list with some of {', '.join(EVENTS)}",
)
# The address itself is a secret: it is looked at where it is one, and never shown. None: nobody.
WEBHOOK = (
    lambda text: bool(re.fullmatch(r"(https?://[^\s/?#]+\S*)?", revealed(text))),
    "an address that begins with https://, or empty to tell nobody",
)
SENDER = (lambda text: bool(_ADDRESS.fullmatch(text)), "an address as name@example.org")
RECEIVERS = (
    lambda given: bool(given) and all(map(_ADDRESS.fullmatch, given)),
    "a list of addresses as name@example.org",
)
COMMAND = (lambda words: bool(words), "a list of words, as [program, word]")


@dataclass(kw_only=True)
class Email:
    """A message through a mail server."""

    host: str
    port: int = field(default=587, metadata={"at_least": 1, "at_most": 65535})
    security: str = field(default="starttls", metadata={"one_of": ["starttls", "tls", "none"]})
    user: str | None = None
    password: str | None = None
    sender: str = field(metadata={"fits": SENDER})
    to: list[str] = field(metadata={"fits": RECEIVERS})


@dataclass(kw_only=True)
class Hook:
    """One of KINDS, and when it is used."""

    # end: each run that has run a step, however it ended; failure: a step failed, or it was
    # stopped; refused: by the gate; drift: a check of the data failed, or drift was warned of.
    when: list[str] = field(
        default_factory=lambda: ["failure", "refused", "drift"], metadata={"fits": WHEN}
    )
    webhook: str | None = field(default=None, metadata={"fits": WEBHOOK})
    form: str = field(default="json", metadata={"one_of": FORMS})  # of what a webhook is sent
    email: Email | None = None
    # It finds the facts as JSON on its standard input.
    command: list[str] | None = field(default=None, metadata={"fits": COMMAND})
    timeout: float = field(default=10.0, metadata={"above": 0, "at_most": 300})  # seconds

    @property
    def kind(self) -> str:
        """Which one it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)


def check_hooks(hooks: Sequence[Hook]) -> None:
    """Refuse a hook that tells nobody, or that may mean two things; InputError names it."""
    for number, hook in enumerate(hooks):
        given = [kind for kind in KINDS if getattr(hook, kind) is not None]
        if len(given) != 1:
            raise InputError(
                f"notify[{number}] has {' and '.join(given) or 'nobody to tell'}; give one of "
                f"{', '.join(KINDS)} (docs/notify.md)"
            )
