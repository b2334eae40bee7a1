"""Take the README's picture of a report: its top, and beside it the curves in dark mode.

python assets/draw_report.py FOLDER    of a run in outputs/ that has a report.html

A browser is needed: `uv run playwright install chromium`, or chromium or google-chrome.
"""

import io
import shutil
import sys
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT, GAP = 860, 1180, 24  # pixels
COLORS = 128
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def picture(
    browser: Browser, report: Path, scheme: Literal["light", "dark"], at: str
) -> Image.Image:
    """Return what one sees of a report, from an element on."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
    page.goto(report.resolve().as_uri())
    page.locator(at).first.evaluate("element => element.scrollIntoView()")
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    page.close()
    return shot


def draw(report: Path) -> bytes:
    """Return the PNG of a report."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        found = own if Path(own).exists() else next(filter(None, map(shutil.which, NAMES)), None)
        if found is None:
            sys.exit("error: no browser; uv run playwright install chromium")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        shots = [picture(browser, report, "light", "header"),
                 picture(browser, report, "dark", "figure:has(svg) >> nth=1")]  # fmt: skip
        browser.close()
    sheet = Image.new("RGB", (2 * WIDTH + GAP, HEIGHT), "#9a9a96")
    for number, shot in enumerate(shots):
        sheet.paste(shot, (number * (WIDTH + GAP), 0))
    target = io.BytesIO()
    sheet.quantize(COLORS, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()


def main() -> None:
    """Write the picture beside this program."""
    if len(sys.argv) != 2 or not (report := Path(sys.argv[1], "report.html")).exists():
        sys.exit("error: give the folder of a run that has a report.html")
    (HERE / "report.png").write_bytes(draw(report))


if __name__ == "__main__":
    main()
