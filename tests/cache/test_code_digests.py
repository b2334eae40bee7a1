"""What counts as a step's code: meaning rather than bytes, and all that its imports run."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cache import code_digests


def consists_of(files: Mapping[str, str | bytes]) -> tuple[dict[str, str], set[str]]:
    """Write the files into a new folder and return what its folder `step` consists of."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return code_digests.of_step(Path(folder, "step"), Path(folder))


def digest(source: str) -> str:
    return consists_of({"step/run.py": source})[0]["step/run.py"]


SOURCE = '''"""Doc."""
import os
@os.register
class A(B):
    """Doc."""
    x: int = 1
    def f(self, a=(1, 2)):
        """Doc."""
        return "text" + a[0]
    async def g(self):
        """Doc."""
        await self.f()
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Doc."""\n', "'other'\n"),
        ('"""Doc."""', '"""Doc.\n\n  More."""'),
        ('"""Doc."""\n', '"""Doc."""  # why\n\n'),
        ("import os\n", "# coding: utf-8\n\nimport os;\n"),
        ('"text"', "'text'"),
        ('"text"', '("te"\n "xt")'),
        ("a=(1, 2)", "a = (\n  0x1,\n  2,\n)"),
        ("    ", "  "),
        ("\n", "\r\n"),
    ],
)
def test_words_and_formatting_do_not_count(old: str, new: str) -> None:
    assert SOURCE.replace(old, new) != SOURCE
    assert digest(SOURCE.replace(old, new)) == digest(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *(("int = 1", f"int = {other}") for other in ("2", "1.0", "True", "'1'", "-1")),
        ("x: int", "x: float"),
        ("x: int = 1", "x: int = 1; '''Doc.'''"),  # a text, but nobody's docstring
        ("(B)", ""),
        ("@os.register\n", ""),
        ("def f", "def h"),
        ("(1, 2)", "[1, 2]"),
        ('"text"', '"Text"'),
        ('"text"', 'f"text"'),
        ('"text" + a[0]', 'a[0] + "text"'),
        ("await ", ""),
        ("import os", "import os as os"),
    ],
)
def test_everything_else_counts(old: str, new: str) -> None:
    assert SOURCE.replace(old, new) != SOURCE
    assert digest(SOURCE.replace(old, new)) != digest(SOURCE)


PLAIN = ["import os", "class A:", "    def f(self):", "        x = 1", "async def g():", "    pass"]
WORDS = st.text(st.characters(exclude_categories=["C", "Z"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WORDS, st.text()), min_size=len(PLAIN), max_size=len(PLAIN)), st.text())
def test_comments_and_docstrings_never_count(words: list[tuple[str, str]], top: str) -> None:
    lines = ["#", "#", repr(top)]
    for line, (comment, docstring) in zip(PLAIN, words, strict=True):
        lines += [f"{line}  # {comment}", f"# {comment}"]
        if line.endswith(":"):
            lines.append(" " * (4 + len(line) - len(line.lstrip())) + repr(docstring))
    assert digest("\n".join(lines)) == digest("\n".join(PLAIN))


LITERALS = st.one_of(st.sampled_from([0, 1, False, True, 0.0, 1.0, "", "1", b"1", None]), st.text())


@settings(max_examples=60, deadline=None)
@given(LITERALS, LITERALS)
def test_constants_count(one: object, other: object) -> None:
    assert (digest(f"x = {one!r}") == digest(f"x = {other!r}")) == (repr(one) == repr(other))


def test_other_files_of_the_step_count_by_their_bytes() -> None:
    kept = {"step/a.json": b"{}", "step/deep/q.sql": b"\xff", "step/readme.txt": b"", "step/x": b""}
    ignored = ["README.md", "MLproject", "conda.yaml", ".hidden", ".cache/x.py", "deep/README.md"]
    ignored += ["__pycache__/run.pyc", "deep/__pycache__/x.py"]
    found, foreign = consists_of(kept | {f"step/{name}": b"x = 1" for name in ignored})
    assert found == {name: hashlib.sha256(content).hexdigest() for name, content in kept.items()}
    assert foreign == set()


def test_linked_files_of_the_step_count_and_results_do_not(tmp_path: Path) -> None:
    for name in ("step", "results"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.py").write_text("x = 1")
    links = {"d": "results", "f.py": "results/x.py", "broken.py": "absent", "mlruns": "results",
             "mlflow.db": "results/x.py", "words.txt": "results/x.py"}  # fmt: skip
    for name, target in links.items():
        (tmp_path / "step" / name).symlink_to(tmp_path / target)
    found = code_digests.of_step(tmp_path / "step", tmp_path)[0]
    assert sorted(found) == ["step/f.py", "step/words.txt", "step/x.py"]


@pytest.mark.parametrize(
    "call", ["importlib.import_module('lib.deep')", "import_module('lib.deep')",
             "__import__('lib.deep')"]
)  # fmt: skip
def test_a_module_that_is_named_in_a_call_counts(call: str) -> None:
    files = {"step/run.py": f"x = {call}", "lib/__init__.py": "", "lib/deep.py": "y = 1"}
    assert sorted(consists_of(files)[0]) == ["lib/__init__.py", "lib/deep.py", "step/run.py"]


@pytest.mark.parametrize("name", ["elsewhere_lib.py", "elsewhere_lib/sub/part.py"])
def test_a_module_that_is_neither_here_nor_installed_counts(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One on PYTHONPATH, or of an editable install: no version tells what is in it."""
    outside = tmp_path / "outside" / name
    outside.parent.mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path / "outside")
    (tmp_path / "step").mkdir()
    (tmp_path / "step" / "run.py").write_text("x = 1")
    found = []
    for text in ("y = 1", "y = 2"):
        outside.write_text(text)
        classes = ["elsewhere_lib.sub.part.Mine"]
        found.append(code_digests.of_step(tmp_path / "step", tmp_path, classes)[0])
    assert sorted(found[0]) == [name, "step/run.py"]
    assert found[0][name] != found[1][name]


@pytest.mark.parametrize("name", ["step/run.py", "step/deep/x.py", "lib.py"])
@pytest.mark.parametrize("content", ["def", "x = (", "\tx\n  y", b"x = '\xff'", b"x\0"])
def test_what_does_not_parse_is_refused(name: str, content: str | bytes) -> None:
    with pytest.raises(SyntaxError):
        consists_of({"step/run.py": "import lib", name: content})


def test_a_change_is_seen_by_the_same_process(tmp_path: Path) -> None:
    path = tmp_path / "run.py"
    found = []
    for seconds, text in enumerate(["x = 1", "x = 2", "x = 1"]):
        path.write_text(text)
        os.utime(path, (seconds, seconds))
        found.append(code_digests.of_step(tmp_path, tmp_path)[0]["run.py"])
    assert found[0] == found[2] != found[1]
