"""Draw the pictures of the README from config.yaml and the MLproject files.

python assets/draw_pipeline.py            write them beside this program
python assets/draw_pipeline.py --check    only say which are out of date (exit status 1)
"""

import io
import sys
from pathlib import Path
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path[0] = str(HERE.parent)

from pipeline.config import wiring

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#444444")  # Okabe, Ito
INK, PALE = "#1a1a1a", "#f3f6fa"
WIDTH, ROW, DPI = 9.0, 1.05, 200  # inches, inches, dots an inch
STEP_X, STEP_W, PILL_X, PILL_W = 0.15, 3.75, 6.05, 2.7


def _canvas(height: float) -> Axes:
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, height))
    axes.axis("off")
    return axes


def _box(axes: Axes, corner: tuple[float, float], size: tuple[float, float], edge: str) -> None:
    style = "round,pad=0,rounding_size=0.1"
    axes.add_patch(FancyBboxPatch(corner, *size, boxstyle=style, fc=PALE, ec=edge, lw=1.5))


def _arrow(axes: Axes, points: list[tuple[float, float]], color: str) -> None:
    """Draw a line through the points, with a head at its end."""
    xs, ys = zip(*points, strict=True)
    axes.plot(xs[:-1], ys[:-1], color=color, lw=1.6, solid_joinstyle="round")
    head = {"arrowstyle": "-|>", "color": color, "lw": 1.6, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", points[-1], points[-2], arrowprops=head)


def _png(axes: Axes) -> bytes:
    target = io.BytesIO()
    assert isinstance(axes.figure, Figure)
    axes.figure.savefig(target, format="png", metadata={"Software": None})
    return target.getvalue()


def draw_pipeline(steps: list[wiring.Step]) -> bytes:
    """Return a PNG of the steps in order, and of the artifacts that they make and read.

    An artifact that no step makes stands in a row of its own above, marked as coming from outside.
    """
    outside = wiring.external(steps)
    height = ROW * (len(steps) + bool(outside)) + 0.2
    axes = _canvas(height)
    middles = {s.name: height - 0.1 - ROW * (n + bool(outside) + 0.5) for n, s in enumerate(steps)}
    for number, step in enumerate(steps, 1):
        _draw_step(axes, number, step, middles[step.name])
    made = [(name, step.name) for step in steps for name in step.makes]
    for number, (name, maker) in enumerate([*[(n, "") for n in outside], *made]):
        color = COLORS[number % len(COLORS)]
        siblings = next((s.makes for s in steps if s.name == maker), tuple(outside))
        middle = middles.get(maker, height - 0.1 - ROW / 2)
        apart = (
            0.44 if len(siblings) < 3 else 0.72 / len(siblings)
        )  # many stay above where the step reads
        up = 0.1 if len(siblings) > 2 else 0
        y = middle + up + apart * ((len(siblings) - 1) / 2 - siblings.index(name))
        label = name if maker else f"{name} (from outside)"
        _draw_artifact(axes, label, y, 0.82 * apart, color)
        if maker:
            _arrow(axes, [(STEP_X + STEP_W, y), (PILL_X, y)], color)
        lane = PILL_X - 0.25 - 0.24 * number
        readers = [middles[s.name] for s in steps if name in s.reads]
        for reader in readers:
            _draw_read(axes, name, steps, (lane, y), reader, color)
    return _png(axes)


def _draw_step(axes: Axes, number: int, step: wiring.Step, middle: float) -> None:
    _box(axes, (STEP_X, middle - 0.42), (STEP_W, 0.84), INK)
    axes.text(STEP_X + 0.15, middle + 0.2, f"{number}  {step.name}", size=12, weight="bold",
              color=INK, va="center")  # fmt: skip
    axes.text(STEP_X + 0.15, middle - 0.15, fill(step.help, 54), size=8.5, color=INK, va="center")


def _draw_artifact(axes: Axes, name: str, y: float, height: float, color: str) -> None:
    _box(axes, (PILL_X, y - height / 2), (PILL_W, height), color)
    axes.text(PILL_X + PILL_W / 2, y, name, size=10, color=INK, ha="center", va="center")


def _draw_read(
    axes: Axes,
    name: str,
    steps: list[wiring.Step],
    start: tuple[float, float],
    reader: float,
    color: str,
) -> None:
    """From the artifact down its lane and into the step that reads it, below what leaves there."""
    read_here = next(s.reads for s in steps if name in s.reads)
    y = reader - 0.3 + 0.14 * (read_here.index(name) if len(read_here) > 1 else 0)
    lane, top = start
    axes.plot([lane], [top], marker="o", ms=5, color=color)
    _arrow(axes, [(lane, top), (lane, y), (STEP_X + STEP_W, y)], color)


def draw_flow(steps: list[wiring.Step]) -> bytes:
    """Return a PNG of what happens in one run, from the command to where results land."""
    names = "  →  ".join(step.name for step in steps)
    rows = [
        ("You", "mlflow run .    ·    python main.py", "any config key can be given"),
        (
            "Config",
            "config.yaml + conf/",
            "Hydra composes it, pipeline/config/schema.py checks it whole",
        ),
        (
            "Cache",
            "hit or run, and why",
            "parameters, inputs, code, packages: as at an earlier time?",
        ),
        ("main.py", "one MLflow parent run", "each step a child: mlflow.run(folder, parameters)"),
        ("Steps", fill(names, 70), "each run.py: read by reference, one pure function, record"),
    ]
    height = 1.1 * (len(rows) + 1) + 0.3
    axes = _canvas(height)
    for number, (title, first, second) in enumerate(rows):
        middle = height - 0.15 - 1.1 * (number + 0.5)
        _box(axes, (0.15, middle - 0.4), (WIDTH - 0.3, 0.8), COLORS[number])
        axes.text(0.35, middle, title, size=13, weight="bold", color=COLORS[number], va="center")
        axes.text(1.75, middle + 0.15, first, size=10.5, color=INK, va="center", weight="bold")
        axes.text(1.75, middle - 0.22, second, size=9.5, color=INK, va="center")
        if number + 1 < len(rows):
            _arrow(axes, [(WIDTH / 2, middle - 0.4), (WIDTH / 2, middle - 0.7)], INK)
    _draw_places(axes)
    return _png(axes)


def _draw_places(axes: Axes) -> None:
    places = [
        ("artifacts/", "versions by content"),
        ("wandb/", "one run a step, offline"),
        ("mlflow.db, mlruns/", "metrics, pictures, tables"),
        ("outputs/", "manifest and records"),
        ("ml_pipeline.log", "every line"),
    ]
    width = (WIDTH - 0.3 - 0.12 * (len(places) - 1)) / len(places)
    for number, (name, holds) in enumerate(places):
        x = 0.15 + number * (width + 0.12)
        _box(axes, (x, 0.12), (width, 0.72), INK)
        axes.text(x + width / 2, 0.58, name, size=10, weight="bold", ha="center", color=INK)
        axes.text(x + width / 2, 0.3, holds, size=8.5, ha="center", color=INK)
        _arrow(axes, [(x + width / 2, 1.4), (x + width / 2, 0.84)], INK)


def pictures() -> dict[Path, bytes]:
    """Return the content that each picture should have."""
    steps = wiring.read(HERE.parent)
    drawn = {"Reproducible_Pipeline.png": draw_pipeline(steps), "run_flow.png": draw_flow(steps)}
    return {HERE / name: content for name, content in drawn.items()}


def main() -> None:
    """Write the pictures, or with ``--check`` only compare them."""
    for path, content in pictures().items():
        if "--check" not in sys.argv[1:]:
            path.write_bytes(content)
        elif not path.exists() or path.read_bytes() != content:
            sys.exit(f"error: {path.name} is out of date; run python assets/draw_pipeline.py")


if __name__ == "__main__":
    main()
