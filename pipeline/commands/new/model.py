"""main.action=new_model: a classifier of one's own, which the whole pipeline can use at once."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from pipeline.commands.new import scaffold
from pipeline.config import root_config


def make(root: Path, name: str | None) -> str:
    """Make a package with an estimator, its test and its config; return what to do next.

    Raises:
        InputError: the name cannot be taken; nothing was written.
    """
    steps: Any = OmegaConf.to_container(root_config.load(root).steps)
    name = scaffold.check_name(root, "model", name, dict.fromkeys(steps, "a step of this name"))
    title = "".join(part.capitalize() for part in name.split("_"))
    words = {"NAME": name, "CLASS": title, "TYPE": f"{name}.estimator.{title}"}
    package, tests, config = scaffold.make(root, "model", words, {})
    return (
        f"made the model {name}: {package}/, {tests}/, {config}\n"
        f"it is a forest to be replaced; write your own in {package}/estimator.py\n"
        f"next: python main.py model={name}, and pytest {tests}; the package travels with every "
        "exported model, so it imports only itself and what is installed"
    )
