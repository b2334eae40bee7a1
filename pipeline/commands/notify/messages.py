"""The facts of a run in the forms in which they are sent."""

from collections.abc import Sequence
from dataclasses import asdict
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TypeAlias

from pipeline.commands.notify.facts import Facts

Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"


def payload(form: str, facts: Facts) -> Json:
    """Return what a webhook is sent: the plain facts, or what Slack or Teams take."""
    if form == "slack":  # Mattermost, Rocket.Chat and Google Chat take it as well
        lines = [f"*{_slack(facts.title)}*", *(f"{n}: {_slack(t)}" for n, t in facts.rows())]
        return {"text": "\n".join(lines)}
    if form == "teams":
        return {"type": "message", "attachments": [_card(facts)]}
    return asdict(facts)


def mail(sender: str, receivers: Sequence[str], facts: Facts) -> EmailMessage:
    """Return the facts as an e-mail."""
    message = EmailMessage()
    message["Subject"] = facts.title
    message["From"], message["To"] = sender, ", ".join(receivers)
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="localhost")
    message.set_content("\n".join(f"{name}: {text}" for name, text in facts.rows()) + "\n")
    return message


def _slack(text: str) -> str:
    """Return a text such that Slack takes nothing in it for its markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _card(facts: Facts) -> Json:
    """Return an adaptive card, as a workflow of Teams posts it."""
    shown: list[Json] = [{"title": name, "value": text} for name, text in facts.rows()]
    title: Json = {"type": "TextBlock", "text": facts.title, "weight": "bolder", "wrap": True}
    return {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "content": {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": [title, {"type": "FactSet", "facts": shown}],
        },
    }
