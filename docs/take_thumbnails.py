"""Takes the pictures of the lessons for the index of the playgrounds, light and dark.

`python docs/take_thumbnails.py`, after a lesson has changed its looks.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image, ImageOps  # noqa: E402
from playwright.sync_api import ViewportSize, sync_playwright  # noqa: E402

from core.appearance import BACKGROUND  # noqa: E402
from core.playground import LESSONS  # noqa: E402
from tests.browser import ARGUMENTS, chromium, studio  # noqa: E402
from ui.playground.thumbnails import FOLDER  # noqa: E402

VIEW: ViewportSize = {"width": 820, "height": 1000}  # narrow, so letters are large beside lines
SIZE = (480, 300)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        with studio(Path(folder) / "home") as url:
            for theme in ("light", "dark"):
                page = browser.new_page(viewport=VIEW, color_scheme=theme)  # type: ignore[arg-type]
                for lesson in LESSONS:
                    page.goto(f"{url}/{lesson.id}")
                    play = page.get_by_role("button", name="Play (space)")
                    play.click()
                    page.wait_for_timeout(4000)  # something has happened by then
                    seen = page.locator(".near canvas, .near table").first.screenshot()
                    store(seen, FOLDER / f"{lesson.id}-{theme}.webp", getattr(BACKGROUND, theme))
                page.close()
        browser.close()


def store(seen: bytes, file: Path, ground: str) -> None:
    """The whole picture in a frame of the page's colour."""
    whole = ImageOps.contain(Image.open(io.BytesIO(seen)).convert("RGB"), SIZE)
    ImageOps.pad(whole, SIZE, color=ground).save(file, quality=80)


if __name__ == "__main__":
    main()
