"""No secret reaches the page, and what is none stays as it is."""

from typing import Any

import pytest

from pipeline.text import masking
from pipeline.text.masking import masked

LONG = "Zm9vYmFyZm9vYmFyZm9vYmFy"


@pytest.mark.parametrize(
    "value",
    [
        "https://user:hunter2@host/t.csv",
        "s3://hunter2@bucket/t.csv",
        "data.file_url='https://host/t.csv?token=hunter2'",
        "https://host/t.csv?page=2&X-Amz-Signature=hunter2#x",
        "https://host/t.csv?sig=hunter2",
        "cannot read https://u:hunter2@h/a and https://u:hunter2@h/b",
        "data.password=hunter2",
        "AWS_SECRET_ACCESS_KEY: hunter2",
        {"password": "hunter2"},
        {"api_key": "hunter2", "x": [{"deep": ("https://h/?auth=hunter2",)}]},
        {"https://u:hunter2@h/": 1},
    ],
)
def test_a_secret_is_masked_wherever_it_stands(value: Any) -> None:
    assert "hunter2" not in str(masked(value))
    assert "***" in str(masked(value))


def test_a_long_value_of_a_query_is_taken_for_a_key() -> None:
    assert masked(f"https://host/t.csv?x={LONG}&page=2") == "https://host/t.csv?x=***&page=2"


@pytest.mark.parametrize(
    "value",
    [
        "https://host/t.csv?version=3",
        "assets/songs_sample.parquet",
        f"https://mlflow.example/#/experiments/1/runs/{'7997fc5f' * 4}",
        {"key": "0 to 11", "token_pattern": r"\w+", "n": 3, "none": None, "yes": True},
        ["R&B", "C++", "who@where"],
        1.5,
        None,
    ],
)
def test_what_is_no_secret_stays(value: Any) -> None:
    assert masked(value) == value


ADDRESSES = [
    "https://alice:pa:ss@host:8080/t.csv?token=abc&format=csv#x",
    "https://host/t.csv?X-Amz-Signature=a%2Fb&versionId=3",
    "postgresql://me:p#a/b@host:5432/base?sslmode=require",
    "s3://key:secret/with@slash@bucket/prefix",
    "https://host/t.csv?bare",
    "https://host/t.csv#access_token=abc&x=1",
    "https://host/#/experiments/1?token=abc",
    "[https://u:p@host/a.csv, https://u:q@host/b.csv]",
    "https://u:p@host/a.csv,https://u:q@host/a.csv",
    {"hook": "see https://host/?key=abc", "n": [1, None, "x"], "api_key": "hunter2"},
]


@pytest.mark.parametrize("value", ADDRESSES)
def test_what_is_hidden_is_there_again_where_it_is_used(value: Any) -> None:
    hidden = masking.hidden(value)
    assert hidden != value
    assert masking.hidden(hidden) == hidden
    assert masking.revealed(hidden) == value


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://hooks.slack.com/services/T0/B0/hunter2", "https://hooks.slack.com/***"),
        ("https://a.webhook.office.com/webhookb2/hunter2@x/y", "https://a.webhook.office.com/***"),
        ("https://discord.com/api/webhooks/12/hunter2", "https://discord.com/api/webhooks/***"),
        ("https://u:p@chat.example:8065/hooks/hunter2?x=1", "https://***@chat.example:8065/hooks/***?x=***"),
        ("https://hooks.slack.com/", "https://hooks.slack.com/"),
        ("https://example.org/about-webhooks", "https://example.org/about-webhooks"),
    ],
)  # fmt: skip
def test_the_path_of_a_webhook_is_a_secret(address: str, shown: str) -> None:
    assert masking.masked_text(address) == masked(shown) == shown
    assert masking.revealed(masking.hidden(address)) == address


def test_addresses_that_look_the_same_are_told_apart() -> None:
    one, other = (masking.hidden(f"https://a.example/t?key={n}") for n in ("first", "second"))
    assert (one, other) == ("https://a.example/t?key=***", "https://a.example/t?key=***2")
    assert masking.revealed([one, other]) == [
        "https://a.example/t?key=first", "https://a.example/t?key=second"
    ]  # fmt: skip


def test_a_secret_is_known_in_whatever_text() -> None:
    masking.hidden("https://b.example/t?key=dummy%2Fsecret")
    for said in ("dummy%2Fsecret", "dummy/secret"):
        assert masking.masked_text(f"no route for {said}") == "no route for ***"
    assert masking.masked_text("url: /t?key=short (3 tries)") == "url: /t?key=*** (3 tries)"


@pytest.mark.parametrize(
    "value",
    ["https://host:8080/a@b/t.csv", "https://host/t.csv#top", "https://host/t.csv?version=3",
     "file:///a?b=c#d", "sklearn:wine", "a@b", "https://host/t.csv?"],
)  # fmt: skip
def test_an_address_without_a_secret_stays(value: str) -> None:
    assert masking.hidden(value) == value
    assert not masking.lacks_secret(value)


@pytest.mark.parametrize(
    "value", ["https://***@x.example/t", "https://x.example/t?key=***2", "***secret"]
)
def test_a_mask_that_stands_for_nothing_here(value: str) -> None:
    assert masking.lacks_secret(value)
    assert masking.revealed(value) == value


@pytest.mark.parametrize(
    ("token", "hidden"),
    [
        (
            "data.file_url='https://c.example/?key=abc'",
            "data.file_url='https://c.example/?key=***'",
        ),
        ("steps.own.api_key=hunter2", "steps.own.api_key='***api_key'"),
        ("steps.own.max_tokens=5", "steps.own.max_tokens=5"),
        ("steps.own.token=${oc.env:TOKEN}", "steps.own.token=${oc.env:TOKEN}"),
        ("data.target=genre", "data.target=genre"),
        ("notify=[{webhook: https://x.example/hunter}]", "notify=[{webhook: ***webhook}]"),
        (
            'notify=[{form: x, webhook: "https://y/a,b"}]',
            'notify=[{form: x, webhook: "***webhook"}]',
        ),
        ("notify=[{webhook: ${oc.env:HOOK}}]", "notify=[{webhook: ${oc.env:HOOK}}]"),
        ("notify=[{webhook: ***webhook}]", "notify=[{webhook: ***webhook}]"),
    ],
)
def test_an_override(token: str, hidden: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_known", {})  # a second secret of a name has another mask
    assert masking.hidden_override(token) == hidden
