"""A folder to fetch into, and how a refusal looks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from get_data import fetch
from pipeline.config.preprocess import Download
from pipeline.errors import InputError
from pipeline.text.masking import masked_text

Refused = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


@pytest.fixture
def refused(folder: Path) -> Refused:
    """Check that a URL is refused in one line with it and the words, and no file is left."""
    return lambda url, *words, **more: _refused(folder, url, words, **more)


def _refused(
    folder: Path, url: str, words: tuple[str, ...], sha256: str | None = None,
    limits: Download = fetch.DEFAULTS,
) -> str:  # fmt: skip
    with pytest.raises(InputError) as caught:
        fetch.fetch(url, folder, folder.parent, sha256, limits)
    said = str(caught.value)
    assert "\n" not in said
    for word in (f"file_url {masked_text(url)}: ", *words):
        assert word in said
    assert list(folder.iterdir()) == []
    return said
