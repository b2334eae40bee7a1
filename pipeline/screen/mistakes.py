"""From the errors of Hydra and OmegaConf to one line that says what to type instead."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    ConfigTypeError,
    InterpolationKeyError,
    InterpolationToMissingValueError,
    OmegaConfBaseException,
)

from pipeline import paths
from pipeline.config import loader, root_config, yaml_text
from pipeline.config.loader import check_part
from pipeline.config.overrides import ANY_KEY, CONFIG_ERRORS, STEPS, quoted
from pipeline.config.schema import ACTIONS, Config
from pipeline.errors import InputError, did_you_mean, near
from pipeline.screen import failures


def last_line(error: BaseException) -> str:
    """Return what is shown of whatever has ended the program."""
    if isinstance(error, CONFIG_ERRORS):
        error = explain(error, paths.ROOT / "conf")
    return f"error: {failures.describe(error, 'main')}"


def explain(error: Exception, conf: Path) -> InputError:
    """Turn a Hydra or OmegaConf error into one line that names the key and what is allowed.

    Args:
        error: what Hydra, OmegaConf or YAML raised.
        conf: the folder of the config groups.
    """
    if isinstance(error, MissingConfigException) and error.options:
        group, _, option = str(error.missing_cfg_file).rpartition("/")
        known = did_you_mean(option, error.options)
        return InputError(f"{group}={option}: there is no conf/{group}/{option}.yaml; {known}")
    if isinstance(error, OverrideParseException):
        return InputError(_unreadable(error.override.removeprefix(ANY_KEY), conf))
    before = error.__cause__ or error.__context__
    wrapped = isinstance(error, HydraException) and isinstance(before, OmegaConfBaseException)
    cause = before if wrapped else error
    if isinstance(cause, ConfigTypeError):  # a list and a mapping cannot be merged
        return _explain_kinds(str(error), conf)
    if isinstance(cause, InterpolationToMissingValueError):
        return loader.missing(str(cause).partition("Missing mandatory value: ")[2].split()[0])
    if isinstance(cause, OmegaConfBaseException) and cause.full_key:
        return InputError(_explain_key(cause, conf))
    return InputError(_other(" ".join(str(error).split()), conf))


def _unreadable(token: str, conf: Path) -> str:
    """Say what to type instead of what Hydra's grammar does not take."""
    key, equals, value = token.partition("=")
    if equals and (fitting := quoted(key, value)):
        return f"cannot read {token}; if it is meant as text, type {in_shell(fitting)}"
    if equals or not token.strip():
        return f"{token!r} names no key; give key=value, such as data.test_size=0.2"
    steps = [path.parent.name for path in conf.parent.glob("*/MLproject")]
    for meant, words in (("main.action", ACTIONS), (STEPS, [*steps, "all"])):
        if near(token, words):
            nearest = near(token, words).split("'")[1]
            return f"{token!r} has no value; did you mean {meant}={nearest}?"
    return f"{token!r} has no value; give key=value, such as data.test_size=0.2"


def in_shell(word: str) -> str:
    """Return what to type in a shell for a word that holds quotes."""
    return shlex.quote(word) if set(word) & set('"$`\\!') else f'"{word}"'


def _other(problem: str, conf: Path) -> str:
    """Say in our words what Hydra says in its own."""
    if gone := re.match(r"Could not delete from config. '(.*?)' does not exist", problem):
        return f"~{gone[1]}: there is no such key: {_nearest_key(gone[1], conf)}"
    if several := re.match(r"Ambiguous value for argument '\+*(.*?)=(.*?)' 1\.", problem):
        key, value = several[1], several[2]
        as_list, as_text = in_shell(f"{key}=[{value}]"), in_shell(quoted(key, value))
        return (
            f"{key}={value} may be a list, {as_list}, a text, {as_text}, or a sweep, -m {key}=..."
        )
    if twice := re.match(r"Multiple values for (\S+?)\.", problem):
        return f"{twice[1]} has two values; give one, as {twice[1]}=..., without a +"
    if package := re.match(
        r"Could not override '(.*?)'. Did you mean to override (\S+?)\?", problem
    ):
        return f"unknown key {package[1]}: did you mean {package[2]}=...?"
    if there := re.match(r"Could not append to config. An item is already at '(.*?)'", problem):
        return f"+{there[1]}: it is there already; leave out the +"
    return problem


def _nearest_key(key: str, conf: Path) -> str:
    """Return the nearest key beside one that is not there, and all of them."""
    defaults: dict[str, object] = dict(loader.defaults(Config))
    here = cast(dict[str, object], OmegaConf.to_container(root_config.load(conf.parent)))
    known = defaults | {name: value for name, value in here.items() if name != "hydra"}
    for name, default in defaults.items():
        if isinstance(value := known[name], dict) and isinstance(default, dict):
            known[name] = default | value
    *parents, last = key.split(".")
    node: object = known
    for parent in parents:
        node = node.get(parent) if isinstance(node, dict) else None
    return (
        did_you_mean(last, [str(name) for name in node])
        if isinstance(node, dict) and node
        else (f"{'.'.join(parents)} has none")
    )


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
            values = loader.load(dict[str, object], yaml_text.read(path), file[1])
            plain = {key: v for key, v in values.items() if key not in ("defaults", "hydra")}
            check_part(Config, _nested(groups, plain), "")
    except InputError as error:
        return error
    return InputError(" ".join(problem.split()))


def _nested(keys: Sequence[str], value: object) -> object:
    return {keys[0]: _nested(keys[1:], value)} if keys else value


def _explain_key(error: OmegaConfBaseException, conf: Path) -> str:
    key, problem = str(error.full_key), str(error).splitlines()[0]
    if variable := re.search(r"Environment variable '(.*?)' not found", problem):
        return f"{key}: the environment has no variable {variable[1]}; export {variable[1]}=..."
    if isinstance(error, InterpolationKeyError):
        return f"{key}: {problem}; correct the name between ${{ and }}"
    if not isinstance(error, ConfigKeyError | ConfigAttributeError):
        return f"{key}: {problem}"
    if "." not in key and (group := _nearest_group(key, conf)):
        return f"unknown key {key}: did you mean {group}=...?"
    known = [str(k) for k in error.parent_node] if error.parent_node is not None else []
    if "." not in key:
        known = [name for name in known if name != "hydra"]
    return f"unknown key {key}: {did_you_mean(key.rpartition('.')[2], known)}"


def _nearest_group(name: str, conf: Path) -> str:
    """Return the group of conf/ inside another one whose own name is meant, empty if none is."""
    folders = sorted({path.parent.relative_to(conf) for path in conf.glob("**/*.yaml")} - {Path()})
    ours = [folder for folder in folders if folder.parts[0] != "hydra"]
    inner = {folder.name: str(folder) for folder in ours if len(folder.parts) > 1}
    whole = {str(folder): str(folder) for folder in ours}
    words = inner | (whole if "/" in name else {})
    hint = near(name, words)
    return words[hint.split("'")[1]] if hint else ""
