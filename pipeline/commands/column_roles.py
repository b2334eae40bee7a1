"""A first config of a dataset, guessed from its table: YAML text for a person to edit."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from pipeline.commands.infer.bounds import room
from pipeline.commands.infer.meanings import meaning_of, task_of
from pipeline.commands.infer.proposals import Proposal
from pipeline.config import yaml_text
from pipeline.tables.column_kinds import are_few, kind_of, plain, present, suggested_task

WORD = re.compile("[A-Za-z_][A-Za-z0-9_]*")
LONGEST = 200  # bytes of a text that is taken for a category
HEADER = """\
# Inferred by main.action=infer_checks from {url}: {rows:,} rows, {columns} columns.
# Read it before you trust it (docs/your-data.md says what to look at):
# - features is a guess: take out what will not be known when the model is used.
# - min, max and max_missing leave room beyond what was seen: set them to what may come.
# - allowed is what was seen; delete it where new values are welcome.
"""
NO_TARGET = "# Name the target, then uncomment the features (without it).\n"


class _OneLine(dict[str, object]):
    """A mapping that is written on one line."""


class _Dumper(yaml_text.Dumper):
    """Writes every text that is not a plain word in quotes, for people to see what is text."""


_Dumper.add_representer(
    str, lambda d, v: yaml_text.represent_text(d, v, None if WORD.fullmatch(v) else "'")
)
_Dumper.add_representer(
    _OneLine, lambda d, value: d.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)
)
_Dumper.add_representer(
    list, lambda d, value: d.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)
)


def config(
    table: pa.Table,
    settings: Mapping[str, object],
    target: str | None,
    reference: str | None = None,
    said: Sequence[str] = (),
    proposal: Proposal | None = None,
) -> str:
    """Return the text of a dataset's config whose checks this table passes.

    Args:
        table: as the checks are to see it.
        settings: what the config says of it besides: `file_url` and other keys of `data`.
        target: the column to predict, if it is known; else the features are comments.
        reference: the table that drift is measured against, as YAML of Hydra.
        said: how the file was read, where that is worth a look.
        proposal: what preprocess does to it.
    """
    proposal = proposal or Proposal()
    features, left_out, groups = _features(table, target, proposal)
    url, rows, columns = str(settings["file_url"]), table.num_rows, table.num_columns
    lines = [
        HEADER.format(url=url if url.isprintable() else repr(url), rows=rows, columns=columns),
        *_comments("Read so", said),
        _dump(_escaped(settings)),
        f"reference: {reference or 'null'}\n",
        *_prepared(proposal),
        "target: ???\n" if target is None else _dump({"target": _escaped(target)}),
        *_task(table, target),
        NO_TARGET if target is None else "",
        _dump({"features": _escaped(features)}, "# " if target is None else ""),
        *_comments("Left out", left_out),
        _dump({"group_by": _escaped(groups[:1])}) if groups else "",
        _dump({"checks": _checks(table, bool(groups))}),
    ]  # fmt: skip
    return "".join(lines)


def _task(table: pa.Table, target: str | None) -> Iterator[str]:
    """Yield the lines of what is to be predicted; classes are what is meant without a word."""
    if target is not None:
        yield from _comments("Task", [task_of(table[target])])
        if suggested_task(table[target]) == "regression":
            yield _dump({"task": "regression"})


def _prepared(proposal: Proposal) -> Iterator[str]:
    """Yield the lines of what becomes of the rows, with the reasons."""
    yield from _comments("Look at", proposal.said)
    for key in proposal.settings:
        yield from _comments("Rows", (f"{key}: {why}" for why in proposal.reasons.get(key, ())))
    if proposal.settings:
        yield _dump({"preprocess": _escaped(proposal.settings)})


def _comments(word: str, lines: Iterable[str]) -> list[str]:
    """Return lines of comments; each begins with the word."""
    return [f"# {word}: {line if line.isprintable() else repr(line)}\n" for line in lines]


def _dump(content: object, before: str = "") -> str:
    text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=96,
                     default_flow_style=False)  # fmt: skip
    return "".join(f"{before}{line}\n" for line in text.rstrip("\n").split("\n"))


def _escaped(value: object) -> object:
    """Return the value such that OmegaConf does not take ${...} in a text for a reference."""
    if isinstance(value, Mapping):
        return {key: _escaped(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_escaped(child) for child in value]
    if isinstance(value, str):
        return re.sub(r"(\\*)\$\{", lambda match: match[1] * 2 + r"\${", value)
    return value


def _checks(table: pa.Table, grouped: bool) -> dict[str, object]:
    """Return what to expect of all columns; infinite values, which would fail, are a warning.

    Of groups equal rows are those that are equal in all columns: one group has several targets.
    """
    endless = [f"finite {name}" for name in table.column_names if _is_endless(table[name])]
    columns = {name: _column(table[name]) for name in table.column_names}
    found: dict[str, object] = {"warn": _escaped(endless)} if endless else {}
    found |= {"labels": {"key": []}} if grouped else {}
    return found | {"columns": columns}


def _is_endless(column: pa.ChunkedArray) -> bool:
    values = plain(present(column))
    return pa.types.is_floating(values.type) and bool(pc.any(pc.is_inf(values)).as_py())


def _column(column: pa.ChunkedArray) -> dict[str, object]:
    """Return what to expect of a column: what is true of these values."""
    kind, values = kind_of(column.type), plain(present(column))
    has_type = kind not in ("nothing", "other")
    result = _OneLine(type=kind if has_type else "any")
    if kind in ("integer", "number") and len(values):
        bounds = dict(zip(("min", "max"), room(*pc.min_max(values).as_py().values()), strict=True))
        result.update({name: bound for name, bound in bounds.items() if math.isfinite(bound)})
    if kind == "text" and (texts := _few(values)) and "???" not in texts:  # means: not given
        result["allowed"] = _escaped(texts)
    if missing := len(column) - len(values):
        seen = missing / len(column)
        result["max_missing"] = min(math.ceil(seen * 150) / 100, 1.0)
    return result


def _few(values: pa.ChunkedArray) -> list[str]:
    """Return the values, sorted, if they are so few that they are categories."""
    distinct = values.unique()
    longest = pc.max(pc.binary_length(distinct)).as_py() or 0
    few = are_few(len(distinct), len(values)) and longest <= LONGEST
    return sorted(distinct.to_pylist()) if few else []


def _features(
    table: pa.Table, target: str | None, proposal: Proposal
) -> tuple[dict[str, object], list[str], list[str]]:
    """Guess the features: the config's `features`, what is none and why, and the groups."""
    columns: dict[str, list[str]] = {"numeric": [], "categorical": []}
    texts: dict[str, float] = {}
    left_out, groups = [], []
    joined = proposal.settings.get("text") or {}
    for name in (n for n in table.column_names if n not in (target, "???")):
        meaning = meaning_of(name, table[name])
        if name in joined.get("columns", ()):
            left_out.append(f"{name!r} (a part of {joined['name']})")
        elif meaning.role == "text":
            texts[name] = pc.mean(pc.utf8_length(plain(table[name]))).as_py()
        elif meaning.is_feature:
            columns[meaning.role].append(name)
        else:
            left_out.append(f"{name!r} ({meaning.why})")
            groups += [name] * (meaning.role == "group")
    text = max(texts, key=lambda name: texts[name], default=None)
    text = joined["name"] if joined and joined["name"] in texts else text
    left_out += [f"{name!r} (a second text)" for name in texts if name != text]
    return {**columns, "text": text}, left_out, groups
