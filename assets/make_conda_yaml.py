"""Write conda.yaml into the root and into every step folder, pinned from uv.lock.

    uv run python assets/make_conda_yaml.py            write them
    uv run python assets/make_conda_yaml.py --check    only say which differ (exit status 1)

The files are identical, so that one environment serves all steps, and hold only python, pip and a
pip section: MLflow builds the same environment from them with conda, uv or virtualenv.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = "3.11"  # the oldest that pyproject.toml allows
HEADER = (
    "# Written by assets/make_conda_yaml.py from uv.lock: change pyproject.toml, not this file.\n"
)


def content() -> str:
    """Return the text of conda.yaml: the locked versions of what a run needs.

    Raises:
        subprocess.CalledProcessError: uv.lock does not fit pyproject.toml; run ``uv lock``.
    """
    uv = os.environ.get("UV", "uv")  # `uv run` says where it is
    export = [uv, "export", "--locked", "--no-dev", "--no-hashes", "--no-annotate", "--no-header"]
    done = subprocess.run(export, cwd=ROOT, check=True, capture_output=True, text=True)
    pins = "".join(f"      - {line}\n" for line in done.stdout.splitlines() if line.strip())
    return (
        f"{HEADER}name: reproducible_ml_pipeline\nchannels:\n  - conda-forge\ndependencies:\n"
        f"  - python={PYTHON}\n  - pip\n  - pip:\n{pins}"
    )


def places() -> list[Path]:
    """Return every conda.yaml: one beside each MLproject."""
    projects = [ROOT / "MLproject", *sorted(ROOT.glob("*/MLproject"))]
    return [project.with_name("conda.yaml") for project in projects]


def drifted() -> list[Path]:
    """Return the files that are missing or not as uv.lock wants them."""
    wanted = content()
    return [p for p in places() if not p.exists() or p.read_text(encoding="utf-8") != wanted]


def main() -> None:
    """Write the files, or with ``--check`` only compare them."""
    if "--check" in sys.argv[1:]:
        if paths := drifted():
            names = ", ".join(str(p.relative_to(ROOT)) for p in paths)
            sys.exit(f"error: {names} differ from uv.lock; run python assets/make_conda_yaml.py")
        return
    text = content()
    for path in places():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
