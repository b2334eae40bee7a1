"""What the user types becomes the Hydra override that means it."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.config.overrides import as_typed, from_argv
from pipeline.errors import InputError


def mlproject(*pairs: str, steps: str = "", options: str = "") -> list[str]:
    """The command line as MLproject's command and MLflow make it."""
    words = [word for pair in pairs for word in (f"--{pair.split('=')[0]}", pair.split("=", 1)[1])]
    return from_argv([f"--steps={steps}", f"--hydra-options={options}", *words])


def test_hydras_own_form_stays_except_for_steps() -> None:
    argv = ["-m", "data.test_size=0.1,0.2", "--cfg", "job", "main.steps=a,b", "main.steps=[a,b]"]
    plain, taken = from_argv(argv)[2:4], from_argv(argv)[1]
    assert (taken, plain) == ("++data.test_size=0.1,0.2", ["--cfg", "job"])
    assert from_argv(argv)[4:] == ["++main.steps='a,b'", "++main.steps=[a,b]"]
    assert as_typed(from_argv(argv))[1] == argv[1]


def test_several_runs_are_a_text_and_with_m_a_sweep() -> None:
    assert from_argv(["main.run=12e4,latest"]) == ["++main.run='12e4,latest'"]
    assert mlproject("main.run=a,b") == ["++main.run='a,b'"]
    assert from_argv(["-m", "main.run=a,b"]) == ["-m", "++main.run=a,b"]
    assert from_argv(["main.filter=status=finished,f1>0.5", "main.sort=-f1"]) == [
        "++main.filter='status=finished,f1>0.5'", "++main.sort='-f1'",
    ]  # fmt: skip
    assert from_argv(["main.filter=null", "main.run='x'"]) == [
        "++main.filter=null", "++main.run='x'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "token",
    ["data=songs", "data/segregate=group", "+experiment=quick", "~data.reference", "-m",
     "hydra.run.dir=x", "model@a.b=c", "+hydra.x.y=1"],
)  # fmt: skip
def test_what_is_no_key_of_the_config_stays(token: str) -> None:
    assert from_argv([token]) == [token]


def test_a_sweep_of_mlflow_run() -> None:
    words = mlproject("data.name=a,b", options="-m model.x=1,2 main.steps=segregate,evaluate")
    assert words == [
        "-m",
        "++data.name='a,b'",
        "++model.x=1,2",
        "++main.steps='segregate,evaluate'",
    ]


def test_all_routes_say_the_same() -> None:
    expected = ["++data.test_size=0.2", "++main.steps='a,b'"]
    assert sorted(mlproject("data.test_size=0.2", steps="a,b")) == expected
    assert sorted(mlproject("data.test_size=0.2", "main.steps=a,b")) == expected
    assert sorted(mlproject(options="data.test_size=0.2 main.steps=a,b")) == expected
    assert sorted(from_argv(["data.test_size=0.2", "main.steps=a,b"])) == expected


def test_nothing_given_changes_nothing() -> None:
    assert mlproject() == []


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("0.2", 0.2),
        ("3", 3),
        ("null", None),
        ("true", True),
        ("[1,2]", [1, 2]),
        ("{a: 1}", {"a": 1}),
    ],
)
def test_plain_values_keep_their_type(value: str, read: object) -> None:
    (token,) = mlproject(f"data.x={value}")
    assert OverridesParser.create().parse_override(token).value() == read


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
@settings(deadline=None, max_examples=300)
def test_any_text_arrives(value: str) -> None:
    assume("${" not in value and not value.startswith(("'", '"')))
    (token,) = mlproject(f"data.x={value}")
    read = OverridesParser.create().parse_override(token).value()
    text = getattr(read, "text", read)
    assume(isinstance(text, str))  # a number, a list: as Hydra reads it
    assert text == value


@pytest.mark.parametrize("options", ["--cfg data.x=1", "segregate", "data.x='open"])
def test_hydra_options_that_are_none(options: str) -> None:
    with pytest.raises(InputError, match="hydra_options") as caught:
        mlproject(options=options)
    assert "\n" not in str(caught.value)
