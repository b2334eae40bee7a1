"""The page in a browser: a desk, a phone, dark, printed, by keyboard, for a screen reader."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from pipeline.report import page as report
from pipeline.report.report_data import ReportData
from tests.fakes import evaluation as fake
from tests.fakes.recorded import EVIL, full, manifest, refused_table, step, whole

pytestmark = pytest.mark.browser
PAGES = {"full": full(classes=30), "bare": ReportData(manifest([step("prepare", error=EVIL * 9)]))}
KINDS = {
    "good": replace(full(classes=3, rows=90), gate=fake.gate()),
    "refused": full(classes=3, rows=90),
    "refused table": refused_table(),
    "failed": ReportData(manifest([step("prepare", status="failed", error=EVIL)])),
    "cached": ReportData(manifest([s | {"status": "cached"} for s in whole()["steps"]])),
    "unfinished": ReportData(manifest([])),
}
CARD = report.pages(KINDS["refused"])["model_card.html"]
PHONE, MOBILE, DESK = 320, 390, 1280  # pixels
LUMINANCE = """([selector, name]) => {
  const style = getComputedStyle(document.querySelector(selector));
  return style[name].match(/[0-9.]+/g).slice(0, 3).map(Number);
}"""


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    for name, data in PAGES.items():
        (folder / f"{name}.html").write_text(report.render(data), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in PAGES}


@pytest.fixture(params=list(PAGES))
def opened(browser: Browser, files: dict[str, Path], request: Any) -> Iterator[Page]:
    """A page of a run that has all, and of one that has next to nothing; it is quiet throughout."""
    page = browser.new_page(viewport={"width": DESK, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda asked: said.append(asked.url) if asked.url != address else None)
    address = files[request.param].as_uri()
    page.goto(address)
    yield page
    page.close()
    assert said == [], "no console message, no dialog, no request but for the file"


def test_sections_are_landmarks_with_names_and_headings_are_in_order(opened: Page) -> None:
    names = opened.locator("nav a").all_inner_texts()
    assert set(names) <= set(report.SECTIONS.values())
    for name in names:
        assert opened.get_by_role("region", name=name, exact=True).count() == 1
        assert opened.get_by_role("heading", name=name, exact=True, level=2).is_visible()
    levels = opened.eval_on_selector_all("h1,h2,h3,h4", "all => all.map(h => +h.tagName[1])")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert opened.locator("html").get_attribute("lang") == "en"
    for role in ("banner", "navigation", "main", "contentinfo"):
        assert opened.get_by_role(role).count() == 1  # type: ignore[arg-type]


def test_every_link_leads_somewhere_on_the_page(opened: Page) -> None:
    for link in opened.locator("nav a, section a").all():
        link.click()
        target = str(link.get_attribute("href"))
        assert opened.url.endswith(target)
        assert opened.locator(target).is_visible()


def test_pictures_and_tables_have_names(opened: Page) -> None:
    pictures = opened.locator("svg")
    assert pictures.count() == opened.get_by_role("img").count()
    for label in pictures.evaluate_all("all => all.map(p => p.getAttribute('aria-label'))"):
        assert re.search(r"\w{3}.*\.$", label, re.DOTALL), label
    bare = "all => all.filter(t => !t.caption?.textContent || !t.querySelector('th[scope=row]'))"
    assert opened.locator("table").evaluate_all(f"all => ({bare})(all).length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_rules_for_accessibility_hold(opened: Page, scheme: Any) -> None:
    opened.emulate_media(color_scheme=scheme)
    assert violations(opened) == []


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_of_report_says_how_it_ended_and_is_accessible(
    browser: Browser, kind: str
) -> None:
    page = browser.new_page(viewport={"width": MOBILE, "height": 800})
    page.set_content(report.render(KINDS[kind]))
    word = {"refused table": "Refused", "cached": "Good"}.get(kind, kind.capitalize())
    assert page.title().startswith(f"{word}: run aaaaaaaa")
    assert word in page.locator("body").inner_text().splitlines()[:3][-2]
    assert violations(page) == []
    page.close()


def test_the_card_of_a_model_is_accessible(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": MOBILE, "height": 800})
    page.set_content(CARD)
    assert page.evaluate("document.documentElement.scrollWidth") <= MOBILE
    assert violations(page) == []
    page.close()


def violations(page: Page) -> list[tuple[str, str]]:
    """Return the rules of axe that the page breaks, each with the first element."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


def test_texts_of_pictures_are_legible_on_a_phone_and_what_scrolls_says_so(opened: Page) -> None:
    opened.set_viewport_size({"width": MOBILE, "height": 800})
    smallest = """all => Math.min(99, ...all.map(t => parseFloat(getComputedStyle(t).fontSize)
      * t.ownerSVGElement.clientWidth / t.ownerSVGElement.viewBox.baseVal.width))"""
    assert opened.locator("svg text").evaluate_all(smallest) >= 11
    said = """all => all.filter(x => x.offsetParent && (x.scrollWidth > x.clientWidth)
      != (getComputedStyle(x, '::before').visibility == 'visible')).length"""
    assert opened.locator(".scroll").evaluate_all(said) == 0
    for scrolled in opened.locator("main :not(details) > .scroll:has(table)").all():
        scrolled.evaluate("x => x.scrollLeft = 9999")
        seen = "x => x.getBoundingClientRect().left >= 0"
        assert scrolled.locator("caption span").evaluate(seen)
        assert scrolled.locator("tbody th").first.evaluate(seen)


def luminance(color: list[float]) -> float:
    """Return the relative luminance of an sRGB colour (WCAG 2.2)."""
    parts = [c / 255 for c in color]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_the_ground(opened: Page, scheme: Any) -> None:
    opened.emulate_media(color_scheme=scheme)
    ground = luminance(opened.evaluate(LUMINANCE, ["html", "backgroundColor"]))
    assert (ground < 0.05) == (scheme == "dark")
    texts = {"p": "color", "nav a": "color", "footer": "color", "svg text": "fill", "th": "color"}
    for selector, name in texts.items():
        if opened.locator(selector).count():
            text = luminance(opened.evaluate(LUMINANCE, [selector, name]))
            contrast = (max(text, ground) + 0.05) / (min(text, ground) + 0.05)
            assert contrast >= 4.5, selector


@pytest.mark.parametrize("width", [PHONE, 480, DESK])
def test_the_page_never_scrolls_sideways_and_what_is_wide_scrolls_in_itself(
    opened: Page, width: int
) -> None:
    opened.set_viewport_size({"width": width, "height": 700})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    lost = """all => all.filter(x => x.getBoundingClientRect().right > innerWidth + 1
                                  && !x.closest('.scroll')).length"""
    assert opened.locator("main *").evaluate_all(lost) == 0
    wide = "all => all.filter(x => x.scrollWidth > x.clientWidth && x.tabIndex != 0).length"
    assert opened.locator(".scroll").evaluate_all(wide) == 0


def test_the_keyboard_reaches_everything_and_its_place_is_seen(opened: Page) -> None:
    opened.keyboard.press("Tab")
    skip = opened.get_by_role("link", name="Skip to the report")
    assert skip.evaluate("x => x === document.activeElement && x.getBoundingClientRect().left >= 0")
    opened.keyboard.press("Enter")
    assert opened.evaluate("document.activeElement.id") == "report"
    wanted = opened.locator("main a, main summary, main :not(details) > .scroll").count()
    for _ in range(wanted):
        opened.keyboard.press("Tab")
        inside = "document.activeElement.closest('main') !== null"
        assert opened.evaluate(inside)
        style = "getComputedStyle(document.activeElement).outlineStyle"
        assert opened.evaluate(style) == "solid"
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.closest('main')") is None, "no trap"


def test_printed_it_is_light_and_without_what_is_for_the_screen(opened: Page) -> None:
    opened.emulate_media(media="print", color_scheme="dark")
    assert luminance(opened.evaluate(LUMINANCE, ["html", "backgroundColor"])) == 1.0
    assert luminance(opened.evaluate(LUMINANCE, ["p", "color"])) < 0.1
    assert not opened.get_by_role("navigation").is_visible()
    opened.set_viewport_size({"width": 688, "height": 1000})  # A4 without its margins
    assert opened.evaluate("document.documentElement.scrollWidth") <= 688
    assert opened.pdf(prefer_css_page_size=True).startswith(b"%PDF")
