"""Takes the README's pictures from the real app: `make screenshots`.

Starts the studio on an empty workspace, loads the sample, trains, exports and serves, as a person
would, and photographs each page on the way.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from core.dataset.sample import NAME  # noqa: E402
from core.workspace import Workspace  # noqa: E402
from tests.browser import ARGUMENTS, chromium, served_classifier, studio  # noqa: E402

PATIENT_MS = 300_000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        home = Path(folder) / "home"
        with studio(home) as url:
            bundle = walk(page, url, Workspace(home / NAME))
        with served_classifier(bundle, home) as url:
            page.goto(url)
            picture = sorted((bundle / "examples").glob("*.jpg"))[5]
            page.locator("input[type=file]").first.set_input_files(picture)
            page.locator("#answer h2").wait_for()
            shoot(page, "served")
        browser.close()


def walk(page: Page, url: str, workspace: Workspace) -> Path:
    """Take each page of the studio; the bundle that was exported."""
    bring_pictures(page, url)
    train(page, url)
    look_at_the_model(page, url)
    page.goto(f"{url}/linear_regression")
    page.get_by_role("button", name="Play (space)").click()
    shoot(page, "playground")
    page.goto(f"{url}/export")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_text("Read back and asked").first.wait_for(timeout=PATIENT_MS)
    shoot(page, "export")
    return next(workspace.exports.glob("[!.]*"))


def bring_pictures(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Load the sample").click()
    page.get_by_text("1,393 pictures in 14 classes").wait_for(timeout=PATIENT_MS)
    shoot(page, "home")
    page.goto(f"{url}/dataset")
    page.get_by_text("Click one to see more").wait_for()
    shoot(page, "dataset")


def train(page: Page, url: str) -> None:
    """The quick model, then a minute of fine-tuning."""
    page.goto(f"{url}/training")
    page.get_by_role("button", name="Train the quick model").click()
    page.get_by_text("quick 1 · completed").wait_for(timeout=PATIENT_MS)
    page.get_by_role("radio", name="10 min").click()
    page.get_by_role("button", name="Fine-tune", exact=True).click()
    page.get_by_text("fine-tune 2 · running").wait_for(timeout=PATIENT_MS)
    page.wait_for_timeout(60_000)
    shoot(page, "training")
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("fine-tune 2 · stopped").wait_for(timeout=PATIENT_MS)


def look_at_the_model(page: Page, url: str) -> None:
    page.goto(f"{url}/review")
    page.locator(".tile").first.wait_for()
    shoot(page, "review")
    page.goto(f"{url}/try_it")
    page.locator(".camera:enabled").wait_for(timeout=PATIENT_MS)
    page.locator(".samples .tiles button").nth(2).click()
    page.locator(".alike figure").first.wait_for()
    shoot(page, "try_it")
    page.goto(f"{url}/runs")
    shoot(page, "runs")
    page.goto(f"{url}/show")
    page.frame_locator("iframe").get_by_role("heading").first.wait_for()
    shoot(page, "show")
    page.goto(f"{url}/interpretation")
    page.get_by_text("Click a cell").wait_for()
    shoot(page, "interpretation")


def shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(2500)  # pictures and plots fade in
    page.screenshot(path=ROOT / "docs" / f"{name}.png")
    print(f"docs/{name}.png")


if __name__ == "__main__":
    main()
