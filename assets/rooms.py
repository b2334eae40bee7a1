"""The rooms of the code, what each is for and which it imports: read from the code itself."""

import importlib
import inspect
from pathlib import Path

import grimp
import yaml

ROOT = Path(__file__).resolve().parents[1]
STEPS, GROUND = "the steps", "ground"
PURPOSE = {
    STEPS: "What happens to the data, one folder each",
    GROUND: "Used by all: the error that a person reads; where things are; what a run is told",
}

Edges = dict[str, set[str]]


def room(module: str) -> str:
    """Return the room of a module: a package of pipeline/, its ground, or the steps."""
    package, _, rest = module.partition(".")
    if package != "pipeline":
        return STEPS
    name = rest.partition(".")[0]
    return name if (ROOT / "pipeline" / name).is_dir() and name else GROUND


def imports() -> Edges:
    """Return room → the rooms that it imports, in the order of their names."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    graph = grimp.build_graph("pipeline", *config["steps"], cache_dir=None)
    edges: Edges = {name: set() for name in sorted(map(room, graph.modules))}
    for module in graph.modules:
        for target in graph.find_modules_directly_imported_by(module):
            edges[room(module)] |= {room(target)} - {room(module)}
    return edges


def purpose(name: str) -> str:
    """Return the first sentence of a room's docstring, without what follows a colon."""
    if name in PURPOSE:
        return PURPOSE[name]
    text = inspect.getdoc(importlib.import_module(f"pipeline.{name}")) or ""
    return text.partition("\n\n")[0].partition(". ")[0].rstrip(".").replace("\n", " ")


def levels(edges: Edges) -> dict[str, int]:
    """Return room → its height: 0 where nothing is imported, else one above all that is."""
    heights: dict[str, int] = {}
    while len(heights) < len(edges):
        ready = [r for r in edges if r not in heights and edges[r] <= heights.keys()]
        if not ready:
            raise ValueError(f"rooms import each other: {sorted(edges.keys() - heights.keys())}")
        heights |= {r: 1 + max((heights[t] for t in edges[r]), default=-1) for r in ready}
    return heights


def ordered(edges: Edges) -> list[str]:
    """Return the rooms from the top to the ground."""
    heights = levels(edges)
    return sorted(edges, key=lambda name: (-heights[name], name))


def table(edges: Edges) -> str:
    """Return the rooms as a Markdown table; the ground, which all may import, is left out."""
    lines = ["| room | for | imports |", "|---|---|---|"]
    order = ordered(edges)
    for name in order:
        below = ", ".join(r for r in order if r in edges[name] and r != GROUND) or "–"
        lines.append(f"| {name} | {purpose(name)} | {below} |")
    return "\n".join(lines) + "\n"


def reduced(edges: Edges) -> Edges:
    """Leave out an edge where a longer way leads to the same room."""

    def reach(name: str) -> set[str]:
        return edges[name].union(*map(reach, edges[name]))

    return {
        name: {t for t in targets if not any(t in reach(o) for o in targets - {t})}
        for name, targets in edges.items()
    }
