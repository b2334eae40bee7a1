"""The documentation as a site: every Markdown file of the repository that people read, as it is.

The source folder is the repository, so that README, the steps' READMEs and docs/ are pages that
link to each other here as they do on GitHub. `make docs` builds it, without network; a link that
leads nowhere stops the build.
"""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
# Caption → pages, in reading order. A page of docs/ that is in none of them stands in the last.
CONTENTS = {
    "Use it": [
        "quick-start",
        "commands",
        "configuration",
        "steps",
        "your-data",
        "reading",
        "preparation",
        "results",
        "python",
    ],
    "Trust it": ["caching", "verify", "report", "compare", "sweeps", "data-checks", "splits"],
    "Models": ["models", "regression", "search", "gate", "serving"],
    "Run it for real": [
        "tracking",
        "operations",
        "monitoring",
        "notify",
        "costs",
        "troubleshooting",
    ],
    "Change it": ["your-step", "upgrading", "architecture", "picking-up"],
}

project = "Reproducible ML pipeline"
html_title = project
root_doc = "README"
extensions = ["myst_parser"]
STEPS = list(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["steps"])
STEPS += sorted({path.parent.name for path in ROOT.glob("*/MLproject")} - set(STEPS))  # one's own
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "assets/README.md"]
include_patterns += ["docs/*.md", *(f"{step}/README.md" for step in STEPS)]
# What runs make, and hidden folders, are not even looked through.
exclude_patterns = [
    ".*", "*/.*", "**/_build", "artifacts", "mlruns", "multirun", "outputs", "wandb", "tests",
]  # fmt: skip
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_theme_options = {
    "navbar_center": [],
    "navbar_persistent": ["search-button-field"],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
    "show_prev_next": True,
}
html_sidebars = {"**": ["contents.html"]}
html_static_path = ["_static"]
html_css_files = ["site.css"]
templates_path = ["_templates"]
html_extra_path = ["_static/index.html"]  # the site begins at README.html
html_copy_source = False
html_show_sourcelink = False


def toctree(pages: list[str], caption: str = "") -> str:
    """Return a table of contents that is not shown on the page itself."""
    options = ":hidden:\n" + (f":caption: {caption}\n" if caption else "")
    return f"\n```{{toctree}}\n{options}\n" + "\n".join(pages) + "\n```\n"


def contents() -> str:
    """Return the table of contents of the whole site."""
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    other = sorted(pages - {name for names in CONTENTS.values() for name in names})
    listed = {caption: [f"/docs/{name}" for name in names] for caption, names in CONTENTS.items()}
    listed["Change it"] += [*(f"/docs/{name}" for name in other), "CONTRIBUTING", "CHANGELOG"]
    listed["Change it"].append("assets/README")
    return "".join(toctree(names, caption) for caption, names in listed.items())


def add_contents(_: Any, page: str, source: list[str]) -> None:
    """Append the tables of contents, which GitHub does not need."""
    if page == root_doc:
        source[0] += contents()
    if page == "docs/steps":
        source[0] += toctree([f"/{step}/README" for step in STEPS])


def setup(app: Any) -> None:
    """Register with Sphinx."""
    app.connect("source-read", add_contents)
