"""From what the user typed to Hydra overrides, and from Hydra's errors to one clear line."""

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    ConfigTypeError,
    InterpolationKeyError,
    InterpolationToMissingValueError,
    OmegaConfBaseException,
)
from yaml import YAMLError

from pipeline.config import loader, yaml_text
from pipeline.config.loader import check_part
from pipeline.config.schema import Config
from pipeline.errors import InputError, did_you_mean
from pipeline.files import unusable

CONFIG_ERRORS = (OmegaConfBaseException, HydraException, YAMLError)
STEPS = "main.steps"
ANY_KEY = "++"  # Hydra's prefix: change the value, or add it


def from_argv(argv: list[str]) -> list[str]:
    """Translate the command line into Hydra's own.

    MLproject's command is ``main.py --steps=S --hydra-options=O`` followed by ``--key value`` for
    every other ``-P key=value``; anything else is Hydra's own syntax already. On every route
    ``main.steps=a,b`` is a list, not a sweep, and Hydra takes any key: the loader judges it, as it
    judges one in a file.

    Raises:
        InputError: ``hydra_options`` holds something else than ``key=value``.
    """
    if not argv or not argv[0].startswith("--steps="):
        return [_taken(_steps_as_list(token)) for token in argv]
    steps, options, extra = argv[0], argv[1], argv[2:]
    pairs = [f"{key[2:]}={value}" for key, value in zip(extra[::2], extra[1::2], strict=True)]
    if steps := steps.removeprefix("--steps="):
        pairs.append(f"{STEPS}={steps}")
    pairs += _split(options.removeprefix("--hydra-options="))
    return [_taken(_steps_as_list(_quoted(pair))) for pair in pairs]


def as_typed(overrides: Iterable[str]) -> list[str]:
    """Return Hydra's overrides of the config without what from_argv adds to them."""
    return [token.removeprefix(ANY_KEY) for token in overrides]


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


def explain(error: Exception, conf: Path) -> InputError:
    """Turn a Hydra or OmegaConf error into one line that names the key and what is allowed.

    Args:
        error: what Hydra, OmegaConf, YAML or the system raised.
        conf: the folder of the config groups.
    """
    if isinstance(error, InputError | OSError):
        return unusable(error) if isinstance(error, OSError) else error
    if isinstance(error, MissingConfigException) and error.options:
        group, _, option = str(error.missing_cfg_file).rpartition("/")
        known = did_you_mean(option, error.options)
        return InputError(f"{group}={option}: there is no conf/{group}/{option}.yaml; {known}")
    if isinstance(error, OverrideParseException):
        key, _, value = error.override.removeprefix(ANY_KEY).partition("=")
        return InputError(f"cannot read '{key}={value}'; put the value in quotes: {key}='...'")
    before = error.__cause__ or error.__context__
    wrapped = isinstance(error, HydraException) and isinstance(before, OmegaConfBaseException)
    cause = before if wrapped else error
    if isinstance(cause, ConfigTypeError):  # a list and a mapping cannot be merged
        return _explain_kinds(str(error), conf)
    if isinstance(cause, InterpolationToMissingValueError):
        return loader.missing(str(cause).partition("Missing mandatory value: ")[2].split()[0])
    if isinstance(cause, OmegaConfBaseException) and cause.full_key:
        return InputError(_explain_key(cause))
    return InputError(" ".join(str(error).split()))


def _explain_kinds(problem: str, conf: Path) -> InputError:
    """Say in the loader's words where a list or a mapping stands that must not."""
    try:
        if override := re.match(r"Error merging override (.*)", problem, re.DOTALL):
            read = OverridesParser.create().parse_override(override[1])
            check_part(Config, _nested(read.key_or_group.split("."), read.value()), "")
        elif file := re.match(r"In '(.*?)'", problem):
            path = conf / f"{file[1]}.yaml"
            path = path if path.exists() else conf.parent / path.name
            is_global = "@package _global_" in path.read_text(encoding="utf-8")
            groups = [] if is_global else file[1].split("/")[:-1]
            values = loader.load(dict[str, Any], yaml_text.read(path), file[1])
            plain = {key: v for key, v in values.items() if key not in ("defaults", "hydra")}
            check_part(Config, _nested(groups, plain), "")
    except InputError as error:
        return error
    return InputError(" ".join(problem.split()))


def _nested(keys: Sequence[str], value: object) -> object:
    return {keys[0]: _nested(keys[1:], value)} if keys else value


def _explain_key(error: OmegaConfBaseException) -> str:
    key, problem = error.full_key, str(error).splitlines()[0]
    if isinstance(error, InterpolationKeyError):
        return f"{key}: {problem}; correct the name between ${{ and }}"
    if not isinstance(error, ConfigKeyError | ConfigAttributeError):
        return f"{key}: {problem}"
    known = [str(k) for k in error.parent_node] if error.parent_node is not None else []
    return f"unknown key {key}: {did_you_mean(str(key).rpartition('.')[2], known)}"
