"""The page of runs that were compared, in a browser: a desk, a phone, dark, printed."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from pipeline.comparison import page
from pipeline.comparison.compare import compare
from pipeline.judging.bootstrap import Bootstrap
from pipeline.store.artifacts import Store
from tests.comparison.recorded import judged, rows
from tests.fakes.recorded import EVIL

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of three runs, of which one cannot be paired."""
    folder = tmp_path_factory.mktemp("compare")
    store = Store(folder / "store")
    runs = [judged(store, folder, rows(150), n, k) for n, k in (("a", 1), ("b", 2), ("c", 1))]
    runs[1]["config"]["data"] |= {"note": EVIL * 9, "test_size": 0.2}
    runs[2]["config"]["data"]["target"] = "mood"
    made = compare(runs, str(folder / "store"), Bootstrap(50, 1))
    return page.write(made, "f1", folder).as_uri()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_it_is_accessible_and_never_scrolls_sideways(
    browser: Browser, address: str, width: int, scheme: Any
) -> None:
    opened = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("request", lambda asked: said.append(asked.url) if asked.url != address else None)
    opened.goto(address)
    found = Axe().run(opened)
    assert [(v["id"], v["nodes"][0]["html"]) for v in found.response["violations"]] == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    opened.emulate_media(media="print")
    opened.set_viewport_size({"width": 688, "height": 1000})  # A4 without its margins
    assert opened.evaluate("document.documentElement.scrollWidth") <= 688
    opened.close()
    assert said == []
