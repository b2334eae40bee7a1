"""The lineage of a run as a picture: its steps from top to bottom, what they made and read."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from pipeline.judging.pictures import canvas
from pipeline.judging.pictures.canvas import ACCENT, INK, MUTED, PALE, Picture, clipped, write

STEP, ARTIFACT, LANE, EDGE = 306.0, 232.0, 13.0, 3.0  # pixels: widths; the margin
LEAST, BETWEEN, PILL, APART = 78.0, 22.0, 26.0, 34.0  # heights; from one artifact to the next
SHORT = 50  # characters of a reason
MARKS = {"finished": "ran", "cached": "cached", "failed": "failed"}


@dataclass(frozen=True)
class Node:
    """A step of the lineage: its name, what became of it and why, and artifact references."""

    name: str
    status: str  # finished · cached · failed
    why: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """Where everything is, in pixels from below and from the left."""

    width: float
    height: float
    steps: dict[str, tuple[float, float]]  # step → its lower and upper edge
    artifacts: dict[str, float]  # artifact → its middle
    lanes: dict[str, float]  # artifact that is read → where the line to its readers runs

    @property
    def right(self) -> float:
        """The left edge of the artifacts."""
        return self.width - EDGE - ARTIFACT


def outside(nodes: Sequence[Node]) -> list[str]:
    """Return what the steps read that no step before them made, in order."""
    made: set[str] = set()
    names: dict[str, None] = {}
    for node in nodes:
        names |= dict.fromkeys(name for name in node.inputs if name not in made)
        made |= set(node.outputs)
    return list(names)


def layout(nodes: Sequence[Node]) -> Layout:
    """Place the steps in order from above, artifacts beside them, those from outside on top."""
    external = outside(nodes)
    tall = [max(LEAST, APART * len(node.outputs) + 8) for node in nodes]
    height = EDGE + APART * len(external) + sum(tall) + BETWEEN * len(nodes)
    artifacts = {name: height - EDGE - APART * (n + 0.5) for n, name in enumerate(external)}
    steps, upper = {}, height - EDGE - APART * len(external) - (BETWEEN / 2 if external else 0)
    for node, own in zip(nodes, tall, strict=True):
        steps[node.name] = (upper - own, upper)
        middle = upper - own / 2 + APART * (len(node.outputs) - 1) / 2
        artifacts |= {name: middle - APART * n for n, name in enumerate(node.outputs)}
        upper -= own + BETWEEN
    read = [name for name in artifacts if any(name in node.inputs for node in nodes)]
    lanes = {name: EDGE + STEP + LANE * (len(read) - n + 1) for n, name in enumerate(read)}
    width = EDGE + STEP + LANE * (len(read) + 3) + ARTIFACT + EDGE
    return Layout(width, height, steps, artifacts, lanes)


def lineage(nodes: Sequence[Node], caption: str) -> Picture:
    """Draw the steps on the left, the artifacts on the right, and who reads what.

    Args:
        nodes: the steps, in the order in which they ran; at least one.
        caption: what it shows.
    """
    plan = layout(nodes)
    axes = canvas.canvas(plan.width, plan.height)
    for node in nodes:
        _step(axes, node, plan)
    external = set(outside(nodes))
    for artifact in plan.artifacts:
        _artifact(axes, artifact, plan, artifact in external)
    return canvas.picture(axes, "lineage", "Steps and artifacts", caption)


def _step(axes: Axes, node: Node, plan: Layout) -> None:
    lower, upper = plan.steps[node.name]
    ran, failed = node.status != "cached", node.status == "failed"
    _box(axes, (EDGE, lower), (STEP, upper - lower), INK if failed else ACCENT if ran else MUTED,
         "-" if ran else (0, (4, 3)), 2.6 if failed else 1.4)  # fmt: skip
    middle = (lower + upper) / 2
    write(axes, EDGE + 14, middle + 13, node.name, size=14, weight="bold")
    color, weight = (INK, "bold") if failed else (ACCENT if ran else MUTED, "normal")
    mark = MARKS.get(node.status, node.status)
    write(axes, EDGE + STEP - 14, middle + 13, mark, ha="right", color=color, weight=weight)
    write(axes, EDGE + 14, middle - 12, clipped(node.why, SHORT), color=MUTED, size=canvas.SMALL)
    for made in node.outputs:
        y = plan.artifacts[made]
        axes.plot([EDGE + STEP, plan.right], [y, y], color=INK, lw=1.2)
    for n, read in enumerate(node.inputs):
        _read(axes, read, upper - 9 - 9 * n, plan)


def _read(axes: Axes, artifact: str, entry: float, plan: Layout) -> None:
    """From the artifact to its lane, down, and into the step that reads it."""
    lane, start, edge = plan.lanes[artifact], plan.artifacts[artifact], EDGE + STEP
    axes.plot([plan.right, lane, lane, edge + 6], [start, start, entry, entry], color=MUTED,
              lw=1.2, solid_joinstyle="round", zorder=1)  # fmt: skip
    axes.plot([lane], [start], "o", ms=4, color=INK)
    axes.plot([edge + 4], [entry], "<", ms=6, color=INK)


def _artifact(axes: Axes, name: str, plan: Layout, external: bool) -> None:
    middle = plan.artifacts[name]
    style = (0, (4, 3)) if external else "-"
    _box(axes, (plan.right, middle - PILL / 2), (ARTIFACT, PILL), INK, style, 1)
    text = f"{name} (from before)" if external else name
    write(axes, plan.right + 12, middle, clipped(text, 33))


def _box(
    axes: Axes,
    corner: tuple[float, float],
    size: tuple[float, float],
    edge: str,
    style: str | tuple[int, tuple[int, int]],
    line: float,
) -> None:
    shape = "round,pad=0,rounding_size=5"
    axes.add_patch(FancyBboxPatch(corner, *size, boxstyle=shape, fc=PALE, ec=edge, lw=line,
                                  ls=style, zorder=2))  # fmt: skip
