"""What `notify` may say; its addresses are secrets."""

from typing import Any

import pytest

from pipeline.config.notify.hooks import check_hooks
from pipeline.errors import InputError
from pipeline.text.masking import masked_text, revealed
from tests.fakes.hooks import hooks


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"webhok": "https://x"}, "unknown key notify[0].webhok: did you mean 'webhook'? choose"),
        ({"when": ["end"]}, "notify[0] has nobody to tell; give one of webhook, email, command"),
        ({"webhook": "https://x.example", "command": ["a"]}, "notify[0] has webhook and command;"),
        ({"webhook": "hooks.example.org/x"}, "notify[0].webhook must be an address that begins"),
        ({"webhook": "https:///x"}, "notify[0].webhook must be an address that begins"),
        ({"command": ["a"], "when": ["ended"]},
         "notify[0].when must be a list with some of end, failure, refused, drift, got ['ended']"),
        ({"command": ["a"], "when": []}, "notify[0].when must be a list with some of end, failure"),
        ({"command": "a b"}, "notify[0].command must be a list or null, got 'a b'"),
        ({"command": []}, "notify[0].command must be a list of words, as [program, word]"),
        ({"email": {"sender": "a@b", "to": ["a@b"]}}, "notify[0].email.host is missing"),
        ({"email": {"host": "h", "sender": "a", "to": ["a@b"]}},
         "notify[0].email.sender must be an address as name@example.org, got 'a'"),
        ({"email": {"host": "h", "sender": "a@b", "to": ["a@b", "c"]}},
         "notify[0].email.to must be a list of addresses as name@example.org, got ['a@b', 'c']"),
        ({"webhook": "https://x", "form": "slak"}, "notify[0].form must be one of json, slack"),
        ({"command": ["a"], "timeout": 0}, "notify[0].timeout must be a number, greater than 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(values: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as refused:
        check_hooks(hooks([values]))
    assert str(refused.value).startswith(line)


def test_addresses_are_secrets_and_are_told_apart() -> None:
    places = ["https://one.example/dummy-one", "https://one.example/dummy-two"]
    one, two = hooks([{"webhook": place} for place in places])
    assert {one.webhook, two.webhook}.isdisjoint(places)
    assert [revealed(one.webhook), revealed(two.webhook)] == places
    assert masked_text(f"see {places[0]} x") == "see *** x"
