"""Messages that reach servers on this machine, and those that do not: one line, no secret."""

import email
import json
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from pipeline import paths
from pipeline.commands.notify import messages, send
from pipeline.commands.notify.facts import Facts
from pipeline.config.notify.hooks import Hook
from tests.fakes.hooks import hooks
from tests.fakes.mail_server import MailServer, mail_server
from tests.fakes.self_signed import self_signed
from tests.servers import QuietHandler, serving

Capture = pytest.CaptureFixture[str]
FACTS = Facts(
    project="songs", dataset="a <b>", outcome="refused", events=["end", "refused"], step="evaluate",
    reason="auc 0.8 & less", metrics={"auc": 0.81234, "f1": 0.5}, gate="refused",
    report="/outputs/x/report.html", mlflow_run="a" * 32,
)  # fmt: skip
SECRET = "dummyPath0123/dummyToken4567"


def hook(**values: Any) -> Hook:
    """Return a hook as the config makes it: what is secret in it is masked."""
    return hooks([{"when": ["end"], **values}])[0]


class Receiver(QuietHandler):
    """Takes what is posted; the first part of a path says how it answers."""

    taken: list[tuple[str, Any]]
    going = threading.Event()

    def do_POST(self) -> None:  # noqa: N802 - http.server's name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "slow" in self.path:
            self.going.wait(5)
            return
        self.taken.append((self.path, json.loads(body)))
        status = {"gone": 404, "elsewhere": 302}.get(self.path.split("/")[1], 200)
        self.send_response(status)
        self.send_header("Location", "/other")
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def place() -> Iterator[str]:
    Receiver.taken = []
    Receiver.going.clear()
    with serving(Receiver) as url:
        yield url
        Receiver.going.set()


def test_a_webhook_takes_the_plain_facts(place: str, capsys: Capture) -> None:
    send.tell([hook(webhook=f"{place}/{SECRET}?key=dummyQuery")], FACTS)
    assert Receiver.taken == [(f"/{SECRET}?key=dummyQuery", asdict(FACTS))]
    assert capsys.readouterr() == ("", "")


def test_slack_and_teams_take_their_own_forms(place: str) -> None:
    send.tell([hook(webhook=f"{place}/x", form=form) for form in ("slack", "teams")], FACTS)
    (_, slack), (_, teams) = Receiver.taken
    assert slack == {
        "text": "*songs · a &lt;b&gt;: refused in evaluate*\nReason: auc 0.8 &amp; less\n"
        "Metrics: auc 0.8123, f1 0.5\nGate: refused\nReport: /outputs/x/report.html\n"
        f"MLflow run: {'a' * 32}"
    }
    title, facts = teams["attachments"][0]["content"]["body"]
    assert title["text"] == "songs · a <b>: refused in evaluate"
    assert facts["facts"][0] == {"title": "Reason", "value": "auc 0.8 & less"}


@pytest.mark.parametrize(
    ("path", "timeout", "why"),
    [
        ("gone", 5, "the server answers 404 Not Found"),
        ("elsewhere", 5, "the server answers 302 Found"),
        ("slow", 0.2, r"(no answer within 0.2 seconds|ReadTimeout)"),
    ],
)
def test_a_webhook_that_fails_is_one_line(
    place: str, path: str, timeout: float, why: str, capsys: Capture
) -> None:
    send.tell([hook(webhook=f"{place}/{path}/{SECRET}", timeout=timeout)], FACTS)
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(rf"notify\[0\] \(webhook\) is not sent: {why}\n", err)
    assert "/other" not in [path for path, _ in Receiver.taken]


def test_nobody_listens(capsys: Capture) -> None:
    send.tell([hook(webhook=f"http://127.0.0.1:9/{SECRET}")], FACTS)
    assert capsys.readouterr().err == "notify[0] (webhook) is not sent: ConnectionError\n"


def test_only_those_who_wait_for_it_are_told(place: str) -> None:
    hooks = [hook(webhook=f"{place}/{when}", when=[when]) for when in ("end", "failure", "refused")]
    send.tell([*hooks, hook(webhook="")], FACTS)
    assert [path for path, _ in Receiver.taken] == ["/end", "/refused"]


def mail(known: MailServer, **values: Any) -> Hook:
    plain = {"host": "localhost", "port": known.port, "security": "none"}
    who = {"sender": "pipeline@example.org", "to": ["a@example.org", "b@example.org"]}
    return hook(email=plain | who | values)


def test_a_mail(capsys: Capture) -> None:
    with mail_server(MailServer()) as known:
        send.tell([mail(known)], FACTS)
    (text,) = known.mails
    message = email.message_from_string(text, policy=email.policy.default)
    assert message["subject"] == "songs · a <b>: refused in evaluate"
    assert message["from"] == "pipeline@example.org"
    assert message["to"] == "a@example.org, b@example.org"
    assert message.get_content().splitlines()[0] == "Reason: auc 0.8 & less"
    assert known.said.count("RCPT") == 2
    assert capsys.readouterr() == ("", "")


def test_a_mail_over_tls_with_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    context, certificate = self_signed(tmp_path)
    login = {"user": "me", "password": "dummyPassword1", "security": "starttls"}
    with mail_server(MailServer("dummyPassword1", context)) as known:
        send.tell([mail(known, **login)], FACTS)  # nobody has vouched for the certificate
        assert "certificate verify failed" in capsys.readouterr().err
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        send.tell([mail(known, **login)], FACTS)
        assert len(known.mails) == 1
        assert known.said.index("STARTTLS") < known.said.index("AUTH")
        send.tell([mail(known, **login | {"password": "dummyPassword2"})], FACTS)
    err = capsys.readouterr().err
    assert err.startswith("notify[0] (email) is not sent: ")
    assert "535" in err
    assert len(err.splitlines()) == 1


def test_a_command_finds_the_facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    send.tell([hook(command=["tee", "told.json"])], FACTS)
    assert json.loads((tmp_path / "told.json").read_text()) == asdict(FACTS)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["no-such-program"], "No such file or directory"),
        ([sys.executable, "-c", "import sys; sys.exit('it has\\nno key: hunter2secret')"],
         f"{sys.executable} ends with status 1: no key: hunter2secret"),
        ([sys.executable, "-c", "import time; time.sleep(60)"], "it takes more than 0.3 seconds"),
    ],
)  # fmt: skip
def test_a_command_that_fails_is_one_line(words: list[str], why: str, capsys: Capture) -> None:
    send.tell([hook(command=words, timeout=0.3 if "more than" in why else 30)], FACTS)
    assert capsys.readouterr().err == f"notify[0] (command) is not sent: {why}\n"


def test_a_plain_form_is_the_facts() -> None:
    assert messages.payload("json", FACTS) == asdict(FACTS)
