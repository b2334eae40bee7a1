"""From what the user typed to Hydra overrides, and from Hydra's errors to one clear line."""

import shlex
from dataclasses import fields, is_dataclass

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    InterpolationKeyError,
    OmegaConfBaseException,
)
from yaml import YAMLError

from pipeline.errors import InputError, did_you_mean

CONFIG_ERRORS = (OmegaConfBaseException, HydraException, YAMLError)
STEPS = "main.steps"


def from_argv(argv: list[str]) -> list[str]:
    """Translate the command line into Hydra's own.

    MLproject's command is ``main.py --steps=S --hydra-options=O`` followed by ``--key value`` for
    every other ``-P key=value``; anything else is Hydra's own syntax already. On every route
    ``main.steps=a,b`` is a list, not a sweep.

    Raises:
        InputError: ``hydra_options`` holds something else than ``key=value``.
    """
    if not argv or not argv[0].startswith("--steps="):
        return [_steps_as_list(token) for token in argv]
    steps, options, extra = argv[0], argv[1], argv[2:]
    pairs = [f"{key[2:]}={value}" for key, value in zip(extra[::2], extra[1::2], strict=True)]
    if steps := steps.removeprefix("--steps="):
        pairs.append(f"{STEPS}={steps}")
    pairs += _split(options.removeprefix("--hydra-options="))
    return [_steps_as_list(_quoted(pair)) for pair in pairs]


def _split(options: str) -> list[str]:
    try:
        tokens = shlex.split(options)
    except ValueError as error:
        raise InputError(f"hydra_options={options!r}: {error}; close the quotation") from None
    for token in tokens:
        if token.startswith("-") or ("=" not in token and not token.startswith("~")):
            raise InputError(
                f"hydra_options: {token!r} is not a Hydra override; give key=value, "
                'e.g. hydra_options="data.test_size=0.2 model=hist_gradient_boosting"'
            )
    return tokens


def _steps_as_list(token: str) -> str:
    key, equals, value = token.partition("=")
    if key.lstrip("+") != STEPS or not equals or value[:1] in ("[", "'", '"'):
        return token
    return f"{STEPS}={_quote(value)}"


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


def explain(error: Exception) -> InputError:
    """Turn a Hydra or OmegaConf error into one line that names the key and what is allowed."""
    if isinstance(error, MissingConfigException) and error.options:
        group, _, option = str(error.missing_cfg_file).rpartition("/")
        known = did_you_mean(option, error.options)
        return InputError(f"{group}={option}: there is no conf/{group}/{option}.yaml; {known}")
    if isinstance(error, OverrideParseException):
        key = error.override.partition("=")[0]
        return InputError(f"cannot read {error.override!r}; put the value in quotes: {key}='...'")
    cause = error.__cause__ if isinstance(error.__cause__, OmegaConfBaseException) else error
    if isinstance(cause, OmegaConfBaseException) and cause.full_key:
        return InputError(_explain_key(cause))
    return InputError(" ".join(str(error).split()))


def _explain_key(error: OmegaConfBaseException) -> str:
    key, problem = error.full_key, str(error).splitlines()[0]
    if isinstance(error, InterpolationKeyError):
        return f"{key}: {problem}; correct the name between ${{ and }}"
    parent, _, name = str(key).rpartition(".")
    if not isinstance(error, ConfigKeyError | ConfigAttributeError):
        hint = "; to choose steps write main.steps=..." if key == "steps" else ""
        return f"{key}: {problem}{hint}"
    if is_dataclass(error.object_type):
        known = [f.name for f in fields(error.object_type)]
        return f"unknown key {key!r}: {did_you_mean(name, known)}"
    known = [str(k) for k in error.parent_node] if error.parent_node is not None else []
    return f"unknown key {key!r}: {did_you_mean(name, known)}; to add it write +{parent}.{name}=..."
