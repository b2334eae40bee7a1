"""Two executions compared: identical, equal in content, or what differs and by how much."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.replay import compare
from pipeline.replay.compare import DIFFERS, EQUAL, IDENTICAL, Comparison

SAME = "the same content in other bytes"


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "old", "new", "verdict", "detail"),
    [
        ("a.bin", b"\0\xff", b"\0\xff", IDENTICAL, ""),
        ("a.bin", b"abc", b"x" * 1234, DIFFERS, "3 bytes → 1,234, other content"),
        ("a.txt", b"a: 1", b"a:  1", DIFFERS, "4 bytes → 5, other content"),
        ("a.json", b'{"a": 1, "b": [2]}', b'{"b":[2],"a":1}\n', EQUAL, SAME),
        ("a.json", b'{"a": NaN}', b'{"a":NaN}', EQUAL, SAME),
        ("a.json", b'{"a": {"b": 1}}', b'{"a": {"b": 2}}', DIFFERS, "a.b: 1 → 2"),
        ("a.json", b'{"a": [1, 2]}', b'{"a": [2, 1]}', DIFFERS, "a[0]: 1 → 2"),
        ("a.json", b'{"a": "1"}', b'{"a": 1, "b": 2}', DIFFERS, "a: 1 → 1"),
        ("a.json", b'{"a": 1}', b'{"a": 1, "b": 2}', DIFFERS, "b: None → 2"),
        ("a.json", b"[1]", b"[2]", DIFFERS, "[0]: 1 → 2"),
        ("a.json", b"[1]", b"[1", DIFFERS, "other bytes"),
        ("a.json", b"[1]", b"\xff", DIFFERS, "other bytes"),
        ("a.yaml", b"a: {b: 1}", b"a:\n  b: 1 # why\n", EQUAL, SAME),
        ("a.yaml", b"a: 1", b"a: 2", DIFFERS, "a: 1 → 2"),
        ("a.yaml", b"a: 1", b"a: [", DIFFERS, "other bytes"),
        ("MLmodel", b"a: 1\nb: 2", b"{b: 2, a: 1}", EQUAL, SAME),
        ("MLmodel", b"a: " + b"x" * 99, b"a: 1", DIFFERS, f"a: {'x' * 60} → 1"),
    ],
)
def test_files(
    name: str, old: bytes, new: bytes, verdict: str, detail: str, tmp_path: Path
) -> None:
    pair = put(tmp_path / "old" / name, old), put(tmp_path / "new" / name, new)
    assert compare.files(*pair) == (verdict, detail)
    inside = f"{name}: {detail}" if detail else ""
    assert compare.files(tmp_path / "old", tmp_path / "new") == (verdict, inside)


ONLY = "only one of the two has it"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": "1", "d/b": "2"}, {"a": "1", "d/b": "2"}, (IDENTICAL, "")),
        ({"a": "1", "b.bin": "2"}, {"a": "1 ", "b.bin": "2"}, (EQUAL, f"a: {SAME}")),
        ({"a": "1", "d/b": "2"}, {"a": "1"}, (DIFFERS, f"d/b: {ONLY}")),
        ({"a": "1"}, {"a": "1", "b": ""}, (DIFFERS, f"b: {ONLY}")),
        ({"a": "1", "b": "2"}, {"a": "3", "b": "2 "},
         (DIFFERS, f"a: content: 1 → 3; b: {SAME}")),
    ],
)  # fmt: skip
def test_folders(
    old: dict[str, str], new: dict[str, str], found: tuple[str, str], tmp_path: Path
) -> None:
    for side, files in (("old", old), ("new", new)):
        for name, text in files.items():
            put(tmp_path / side / name, text.encode())
    assert compare.files(tmp_path / "old", tmp_path / "new") == found


PICTURE, TABLE = {"a.png": "1"}, {"t": [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]}


@pytest.mark.parametrize(
    ("kind", "old", "new", "what", "verdict", "detail"),
    [
        ("metrics", {"f1": 0.5}, {"f1": 0.5}, "metric f1", IDENTICAL, ""),
        ("metrics", {"f1": 0.5}, {"f1": 0.25}, "metric f1", DIFFERS, "0.5 → 0.25, by -0.25"),
        ("metrics", {"f1": 0.5}, {}, "metric f1", DIFFERS, "only one of the two runs has it"),
        ("metrics", {}, {"f1": 0.0}, "metric f1", DIFFERS, "only one of the two runs has it"),
        ("tables", TABLE, TABLE, "table t", IDENTICAL, ""),
        ("tables", TABLE, {"t": TABLE["t"][:1]}, "table t", DIFFERS, "2 rows → 1"),
        ("tables", TABLE, {"t": [TABLE["t"][0], {"x": 2, "y": "c"}]}, "table t", DIFFERS,
         "row 1, y: b → c"),
        ("pictures", PICTURE, PICTURE, "picture a.png", IDENTICAL, ""),
        ("pictures", PICTURE, {"a.png": "2"}, "picture a.png", DIFFERS, "other bytes"),
    ],
)  # fmt: skip
def test_compare_records(
    kind: str, old: Any, new: Any, what: str, verdict: str, detail: str
) -> None:
    empty: dict[str, Any] = {"step": "split", "metrics": {}, "tables": {}, "pictures": {}}
    found = list(compare.compare_records(empty | {kind: old}, empty | {kind: new}))
    assert found == [Comparison("split", what, verdict, detail)]


def test_a_finding_is_one_line() -> None:
    assert str(Comparison("s", "metric a", EQUAL, "why")) == "equal     s: metric a (why)"
    assert str(Comparison("s", "metric a", DIFFERS)) == "differs   s: metric a"
