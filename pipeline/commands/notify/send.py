"""A message on its way, within its time; that it did not arrive is said in one line."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from pipeline import context, paths
from pipeline.commands.notify import messages
from pipeline.commands.notify.facts import Facts
from pipeline.config.notify.hooks import Email, Hook
from pipeline.errors import InputError
from pipeline.network import within
from pipeline.text.masking import revealed

OWN = ("PIPELINE_", "MLFLOW_RUN_ID")  # of the environment: what a run of its own is not to find


def tell(hooks: Sequence[Hook], facts: Facts) -> None:
    """Tell those of the hooks that wait for what has happened."""
    for number, hook in enumerate(hooks):
        if not set(hook.when) & set(facts.events) or hook.webhook == "":
            continue
        try:
            _send(hook, facts)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            line = f"notify[{number}] ({hook.kind}) is not sent: {_why(error)}"
            print(InputError(line), file=sys.stderr)  # masked, on one line


def _send(hook: Hook, facts: Facts) -> None:
    if hook.command:
        _run(revealed(hook.command), json.dumps(asdict(facts)), hook.timeout)
    elif hook.email:
        within(hook.timeout, partial(_mail, hook.email, facts, hook.timeout))
    elif hook.webhook:
        within(hook.timeout, partial(_post, hook, facts))


def _post(hook: Hook, facts: Facts) -> None:
    import requests  # a tenth of a second: only where it is used

    url, sent = revealed(hook.webhook or ""), messages.payload(hook.form, facts)
    with requests.post(url, json=sent, timeout=hook.timeout, allow_redirects=False) as answer:
        if not answer.ok or answer.is_redirect:
            raise ValueError(f"the server answers {answer.status_code} {answer.reason}")


def _mail(email: Email, facts: Facts, timeout: float) -> None:
    import smtplib
    import ssl

    tls, place = ssl.create_default_context(), (email.host, email.port)
    with (
        smtplib.SMTP_SSL(*place, timeout=timeout, context=tls)
        if email.security == "tls"
        else smtplib.SMTP(*place, timeout=timeout)
    ) as server:
        if email.security == "starttls":
            server.starttls(context=tls)
        if email.user is not None:
            server.login(email.user, revealed(email.password or ""))
        server.send_message(messages.mail(email.sender, email.to, facts))


def _run(words: Sequence[str], text: str, timeout: float) -> None:
    """Run a command; with all that it has started it ends in time."""
    kept = {n: value for n, value in context.variables().items() if not n.startswith(OWN)}
    with subprocess.Popen(
        words, cwd=paths.ROOT, env=kept, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
    ) as process:  # fmt: skip
        try:
            _, said = process.communicate(text, timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise TimeoutError(f"it takes more than {timeout:g} seconds") from None
    if process.returncode:
        last = " ".join(said.splitlines()[-1:])[:200]
        raise ValueError(f"{words[0]} ends with status {process.returncode}: {last}".rstrip(": "))


def _why(error: Exception) -> str:
    """Return what went wrong. What requests says holds the address, which is a secret."""
    if type(error).__module__.startswith("requests"):
        return type(error).__name__
    return " ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__
