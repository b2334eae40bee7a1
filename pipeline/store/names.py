"""The forms of the names that a person gives: one home of what is allowed, and of the words for it.

An MLproject says which form a parameter has, the config's classes say it of their keys. Both are
checked before any work, by main.py and by a step that is started alone.
"""

import re
from collections.abc import Callable, Mapping

from pipeline.errors import InputError
from pipeline.store.versions import LIKE_A_NUMBER, NAME, is_reference, parse_reference

Rule = tuple[Callable[[str], bool], str]  # whether a text has the form; what is allowed, in words
PROJECT = "main.project_name, or WANDB_PROJECT where it is set,"
TABLES = (".csv", ".parquet")
OUTPUTS: Mapping[str, tuple[str, ...]] = {  # form → what a value names, with the table's format
    "artifact": ("{}",),
    "table": ("{}",),
    "artifact_root": ("{}_train.{format}", "{}_test.{format}", "{}_certificate.json"),
}
WRITTEN = "; an alias or a version is named only where an artifact is read"
LETTERS = "at most 128 letters, digits, dots, dashes and underscores"
OWN_TYPES = re.compile(r"(job|code|run_table)$|wandb-")  # W&B's
NOT_IN_PROJECTS = frozenset("/\\#?%:")  # W&B's addresses and, of these, MLflow's registry


def check(form: str, text: str, key: str) -> str:
    """Return a text that has a form; InputError names the key and says what is allowed."""
    fits, allowed = FORMS[form]
    if not fits(text):
        raise InputError(f"{key} must be {allowed}, got {text!r}")
    return text


def _is_name(text: str) -> bool:
    return bool(NAME.fullmatch(text))


def _is_table(text: str) -> bool:
    return _is_name(text) and text.endswith(TABLES)


def _is_root(text: str) -> bool:
    return all(_is_name(form.format(text, format="parquet")) for form in OUTPUTS["artifact_root"])


def _is_type(text: str) -> bool:
    return _is_line(text) and not set(":/") & set(text) and not OWN_TYPES.match(text)


def _is_line(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= 128


def _is_project(text: str) -> bool:
    return _is_line(text) and not NOT_IN_PROJECTS & set(text) and text not in (".", "..")


def _is_registered(text: str) -> bool:
    return _is_project(text) and "'" not in text  # in MLflow's filters it ends the name


def _is_lasting(text: str) -> bool:
    """Whether an alias stays where somebody puts it: it is no number, and not the newest."""
    alias = parse_reference(text)[1] if is_reference(text) else "latest"
    return alias.lower() != "latest" and not LIKE_A_NUMBER.fullmatch(alias)


def _is_champion(text: str) -> bool:
    return _is_lasting(text) and "." not in parse_reference(text)[1]  # MLflow's aliases have none


def _is_place(text: str) -> bool:
    return bool(text.strip()) and text.isprintable()


def _is_readable(text: str) -> bool:
    return is_reference(text) or _is_name(text)


FORMS: Mapping[str, Rule] = {
    "reference": (_is_readable, f"NAME:ALIAS or NAME:vN, NAME and ALIAS of {LETTERS}"),
    "artifact": (_is_name, f"a name of {LETTERS}{WRITTEN}"),
    "looked_up": (_is_name, f"a name of {LETTERS}, without an alias or a version"),
    "table": (_is_table, f"a name of {LETTERS} that ends in .csv or .parquet{WRITTEN}"),
    "artifact_root": (_is_root, f"the beginning of names of {LETTERS}, as data"),
    "artifact_type": (
        _is_type, "at most 128 characters without / and :, none of W&B's own job, code, run_table, "
        "wandb-...",
    ),
    "format": (lambda text: f".{text}" in TABLES, "csv or parquet"),
    "project": (_is_project, "at most 128 printable characters, none of / \\ # ? % :"),
    "registered_model": (
        _is_registered, "at most 128 printable characters, none of ' / \\ # ? % :",
    ),
    "experiment": (
        lambda text: _is_line(text) and len(text) <= 100, "at most 100 printable characters",
    ),
    "champion": (
        _is_champion, "NAME:ALIAS with an alias that stays, as model_export:champion",
    ),
    "place": (_is_place, "a folder, or s3://bucket/prefix, gs://..., az://..."),
}  # fmt: skip
