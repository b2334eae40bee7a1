"""Execute docs/python.ipynb in this process, and write it with what its cells print.

python assets/run_notebook.py            in its place
python assets/run_notebook.py OUT.ipynb  elsewhere

The cells are executed one after the other, as a kernel does; there is none in the environment.
"""

import ast
import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "docs" / "python.ipynb"


def executed(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook with the output of its cells; what one raises is raised."""
    names: dict[str, Any] = {"__name__": "__main__"}
    number = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            number += 1
            cell["execution_count"] = number
            cell["outputs"] = list(outputs("".join(cell["source"]), names, number))
    return notebook


def outputs(source: str, names: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """Execute a cell; return what it prints, and the value of its last line if that is one."""
    tree, value = ast.parse(source), None
    last = tree.body[-1]
    with redirect_stdout(io.StringIO()) as printed:
        if isinstance(last, ast.Expr):
            tree.body.pop()
        exec(compile(tree, "<cell>", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    found: list[dict[str, Any]] = []
    if text := printed.getvalue():
        found.append({"name": "stdout", "output_type": "stream", "text": lines(text)})
    if value is not None:
        found.append({
            "data": {"text/plain": lines(repr(value))}, "execution_count": number,
            "metadata": {}, "output_type": "execute_result",
        })  # fmt: skip
    return found


def lines(text: str) -> list[str]:
    """Return a text as notebooks hold it."""
    return text.splitlines(keepends=True)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else NOTEBOOK
    made = executed(json.loads(NOTEBOOK.read_text(encoding="utf-8")))
    target.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
