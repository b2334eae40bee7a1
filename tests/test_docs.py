"""README and docs/ do what they say: their commands are run, their output is compared.

A block ```bash is run as it stands, and must print what the ```text block below it shows. There,
`...` is anything; ids, times, seconds and version numbers may be others. It must fail where the
output shows an error. `<!-- not run: why -->` below a block leaves it out.

All pages are run in one clone in which README's first command has run, but for those that say
`<!-- in a fresh clone -->`.
"""

import json
import re
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, Project, copy_project

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
TOKEN = re.compile(
    r"^```(?P<language>\w*)\n(?P<body>.*?)^```$|^<!-- not run: (?P<reason>.+?) -->$",
    re.MULTILINE | re.DOTALL,
)
FRESH = "<!-- in a fresh clone -->"
LANGUAGES = {"bash", "text", "yaml", "python", "mermaid"}
OTHER_EACH_TIME = {
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|\b\d\d:\d\d:\d\d\b": "<time>",
    r"\bjust now\b|\b\d+ (?:second|minute|hour)s? ago\b": "<ago>",
    r"\b\d+(?:\.\d+)? s\b": "<seconds>",
    r"\b[0-9a-f]{8,64}\b": "<id>",
    r"(?<=[:-]v)\d+\b": "<number>",
}


@dataclass
class Example:
    """Commands, the output shown below them, and why they are not run (or "")."""

    command: str
    shown: str = ""
    reason: str = ""


def examples(text: str) -> list[Example]:
    """Return the examples of a page; output that no command stands above has the command ""."""
    listed: list[Example] = []
    end = 0
    for token in TOKEN.finditer(text):
        if token["reason"]:
            listed[-1].reason = token["reason"]
        elif token["language"] == "bash":
            listed.append(Example(token["body"]))
        elif token["language"] == "text":
            if not listed or listed[-1].shown or text[end : token.start()].strip():
                listed.append(Example(""))
            listed[-1].shown = token["body"]
        end = token.end()
    return listed


def normalised(output: str) -> str:
    """Replace what is other each time."""
    for pattern, word in OTHER_EACH_TIME.items():
        output = re.sub(pattern, word, output)
    return output


def fits(shown: str, output: str) -> bool:
    """Whether output has what is shown: whole lines, `...` is anything."""
    pattern = re.escape(normalised(shown.strip())).replace(re.escape("..."), "(?s:.*?)")
    return re.search(f"^{pattern}", normalised(output), re.MULTILINE) is not None


def installed(command: str) -> str:
    """Return the command without the installation: the tests have an environment."""
    return command.replace("pip install uv && ", "").replace("uv run ", "")


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def check(example: Example, project: Project) -> None:
    """Run an example and compare what it prints."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", installed(example.command).replace("5001", free_port())],
        cwd=project.root, env=project.variables | {"WANDB_MODE": "disabled"}, timeout=600,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    fails = re.search("^error:| ERROR ", example.shown, re.MULTILINE) is not None
    assert (done.returncode != 0) == fails, f"{example.command}\n{done.stdout}"
    assert fits(example.shown, done.stdout), f"{example.command}\n{done.stdout}"


def cloned(target: Path) -> Project:
    """Return a repository of its own, as somebody has it who has cloned this one."""
    project = copy_project(target)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "clone"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *identity, *words], cwd=target, check=True)
    return project


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A clone in which README's first command has run, and printed what README shows."""
    project = cloned(tmp_path_factory.mktemp("clone") / "repository")
    check(examples(README.read_text(encoding="utf-8"))[0], project)
    return project


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_print_what_the_page_shows(
    page: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    text = page.read_text(encoding="utf-8")
    run = [example for example in examples(text) if not example.reason]
    if not run:
        return
    fresh = FRESH in text
    project = cloned(tmp_path / "repository") if fresh else request.getfixturevalue("clone")
    for example in run[1:] if page == README else run:  # the fixture has run README's first
        check(example, project)


def cells(path: Path) -> list[tuple[str, object]]:
    """Return the code of a notebook with its outputs."""
    notebook = json.loads(normalised(path.read_text(encoding="utf-8")))
    return [("".join(c["source"]), c["outputs"]) for c in notebook["cells"] if "outputs" in c]


@pytest.mark.slow
def test_the_notebook_holds_what_its_cells_print(clone: Project) -> None:
    """In one process, one after the other: there is no Jupyter in the environment."""
    done = clone.run("python", "../assets/run_notebook.py", "../again.ipynb", cwd="docs",
                     WANDB_MODE="disabled")  # fmt: skip
    assert done.status == 0, done.out + done.err
    assert cells(clone.root / "again.ipynb") == cells(clone.root / "docs" / "python.ipynb")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_is_run_or_says_why_not(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    languages = {token["language"] for token in TOKEN.finditer(text) if token["body"] is not None}
    assert languages <= LANGUAGES
    for example in examples(text):
        assert example.command or example.reason, f"no command prints this:\n{example.shown}"


def test_a_page_that_promises_too_much_is_seen() -> None:
    text = "```bash\ntrue\n```\n```text\nsaid 5 in 0.1 s\n```\n"
    (example,) = examples(text)
    assert example == Example("true\n", "said 5 in 0.1 s\n")
    assert fits(example.shown, "before\nsaid 5 in 2.25 s\nafter")
    assert not fits(example.shown, "said 6 in 0.1 s")
    assert not fits(example.shown, "")
    assert fits("...\nrun 1974ea12, just now", "x\nrun abcdef0123456789, 2 minutes ago")
    apart = examples("```bash\na\n```\nwords\n```text\nb\n```\n<!-- not run: why -->\n")
    assert apart == [Example("a\n"), Example("", "b\n", "why")]
