"""From what the user typed to Hydra overrides, without the secrets in it."""

import re
import shlex
from collections.abc import Iterable

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from pipeline.errors import InputError
from pipeline.text import masking

CONFIG_ERRORS = (OmegaConfBaseException, HydraException, YAMLError)
STEPS = "main.steps"
TEXTS = (STEPS, "main.run", "main.filter", "main.sort")  # texts, whatever is in them; no sweeps
SWEEP = ("-m", "--multirun")  # Hydra's options for a run with each of several values
OURS = ("--steps=", "--hydra-options=")  # the options of MLproject's command
ANY_KEY = "++"  # Hydra's prefix: change the value, or add it


def from_argv(argv: list[str]) -> list[str]:
    """Translate the command line into Hydra's own.

    MLproject's command is ``main.py --steps=S --hydra-options=O`` followed by ``--key value`` for
    every other ``-P key=value``; anything else is Hydra's own syntax already. On every route
    ``main.steps=a,b`` is a list, not a sweep; so is ``main.run=A,B`` without ``-m``. With ``-m``
    in ``hydra_options`` the commas there make sweeps. Hydra takes any key: the loader judges it, as
    it judges one in a file.

    Raises:
        InputError: ``hydra_options`` holds something else than ``key=value``.
    """
    if not (argv and argv[0].startswith(OURS[0]) and "".join(argv[1:2]).startswith(OURS[1])):
        texts = TEXTS[:1] if {*SWEEP} & set(argv) else TEXTS
        return [_override(_address(_no_option(token)), texts) for token in argv]
    steps, options, extra = argv[0], argv[1], argv[2:]
    if len(extra) % 2:
        raise InputError(f"{extra[-1]} has no value; give -P key=value")
    pairs = [f"{key[2:]}={value}" for key, value in zip(extra[::2], extra[1::2], strict=True)]
    if steps := steps.removeprefix(OURS[0]):
        pairs.append(f"{STEPS}={steps}")
    given = _split(options.removeprefix(OURS[1]))
    if not {*SWEEP} & set(given):
        return [_override(_quoted(pair)) for pair in [*pairs, *given]]
    several = [_override(_address(word), TEXTS[:1]) for word in given if word not in SWEEP]
    return [SWEEP[0], *(_override(_quoted(pair)) for pair in pairs), *several]


def as_typed(overrides: Iterable[str]) -> list[str]:
    """Return Hydra's overrides of the config without what from_argv adds to them."""
    return [token.removeprefix(ANY_KEY) for token in overrides]


def _override(token: str, texts: tuple[str, ...] = TEXTS) -> str:
    """Return the override that Hydra is given: none of the secrets in it leaves this process."""
    if re.fullmatch(r"\+*([\w/@-]*=(null|true|false|[-\d.]+)|=.*)", token, re.DOTALL):
        raise InputError(
            f"{token}: a group takes the name of one of its files, such as data=songs; leave it "
            "out if there is to be none"
        )
    return masking.hidden_override(_taken(_as_text(token, texts)))


def _no_option(token: str) -> str:
    """Refuse an option whose name is that of a key."""
    option = re.fullmatch(r"--([\w.]+)=(.*)", token, re.DOTALL)
    key = STEPS if option and option[1] == "steps" else option and option[1]
    if option and key and "." in key:
        raise InputError(f"{token} is no option; write {shlex.quote(f'{key}={option[2]}')}")
    return token


def _address(token: str) -> str:
    """Quote a URL with a query: a shell has eaten the quotes that Hydra asks for."""
    _, equals, value = token.partition("=")
    is_one = re.match(r"[\w+.-]+://", value) and not re.search(r",[\w+.-]+://", value)
    return _quoted(token) if equals and is_one else token


def _taken(token: str) -> str:
    """Let Hydra take a key of the config that it does not hold; groups have no dot."""
    key = token.partition("=")[0].lstrip("+")
    config_key = re.fullmatch(r"(?!hydra\.)\w+(\.[^/@~]+)+", key)
    return ANY_KEY + token.lstrip("+") if config_key and "=" in token else token


def _split(options: str) -> list[str]:
    try:
        tokens = shlex.split(options)
    except ValueError as error:
        raise InputError(f"hydra_options={options!r}: {error}; close the quotation") from None
    for token in tokens:
        if token in SWEEP:
            continue
        if token.startswith("-") or ("=" not in token and not token.startswith("~")):
            raise InputError(
                f"hydra_options: {token!r} is not a Hydra override; give key=value, "
                'e.g. hydra_options="data.test_size=0.2 model=hist_gradient_boosting"'
            )
    return tokens


def _as_text(token: str, texts: tuple[str, ...]) -> str:
    """Quote the value of a key of `texts`, which is no list and no number to Hydra."""
    key, equals, value = token.partition("=")
    name = key.lstrip("+")
    is_plain = value[:1] not in ("[", "'", '"') and value != "null"
    return f"{name}={_quote(value)}" if equals and name in texts and is_plain else token


def _quoted(token: str) -> str:
    """Quote the value where Hydra's grammar would not read it as the text that it is."""
    key, equals, value = token.partition("=")
    if not equals or not value:
        return token
    try:
        override = OverridesParser.create().parse_override(token)
    except HydraException:
        return f"{key}={_quote(value)}"
    read = override.value()
    as_text = override.is_sweep_override() or (isinstance(read, str) and read != value)
    already_quoted = value[0] in "'\"" and value[-1] == value[0] and len(value) > 1
    return f"{key}={_quote(value)}" if as_text and not already_quoted else token


def _quote(value: str) -> str:
    return str(QuotedString(text=value, quote=Quote.single).with_quotes())


def quoted(key: str, value: str) -> str:
    """Return the override that gives a key this text, empty if there can be none."""
    bare = value.strip("'\"")
    override = f"{key}={_quote(bare)}"
    try:
        OverridesParser.create().parse_override(override)
    except HydraException:
        return ""
    return override
