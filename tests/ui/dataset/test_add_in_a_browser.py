"""What only a browser can send: a whole folder, and photos of a (made-up) camera."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from core.catalog import open_catalog
from core.workspace import open_workspace
from tests.browser import ARGUMENTS, chromium, studio
from tests.builders import image_folder, pictures_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture
def tab() -> Iterator[Page]:
    """A tab that may use a camera, which shows a moving pattern."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, *CAMERA])
        context = browser.new_context(permissions=["camera"])
        context.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        yield context.new_page()
        browser.close()


def test_a_folder_is_sent_with_its_paths_and_photos_are_stored_as_they_are_taken(tab, tmp_path):
    folder = image_folder(tmp_path / "pets", pictures_of({"cat": 3, "dog": 3}))
    workspace = open_workspace(tmp_path / "home", "pets")
    catalog = open_catalog(workspace)
    with studio(tmp_path / "home") as url:
        tab.goto(f"{url}/dataset")
        tab.get_by_text("Upload", exact=True).click()
        tab.get_by_text("Whole folder", exact=True).click()
        tab.locator("input[webkitdirectory]").set_input_files(str(folder))
        tab.get_by_role("button", name="Import the folder").click()
        expect(tab.get_by_text("pets · 6 new")).to_be_visible()
        assert {image.label for image in catalog.images.all()} == {"cat", "dog"}
        tab.get_by_text("Add pictures", exact=True).click()
        tab.get_by_text("More ways", exact=True).click()
        tab.get_by_label("Class", exact=True).fill("pattern")
        tab.get_by_label("Class", exact=True).press("Enter")
        for number in (1, 2):
            take_photo(tab, number, catalog)
            expect(tab.get_by_text("stored in this burst")).to_contain_text(f"{number} picture")
            assert len(catalog.images.all()) == 6 + number
        tab.get_by_role("button", name="Undo last").click()
        expect(tab.get_by_text("stored in this burst")).to_contain_text("1 picture")
    assert len(catalog.images.all()) == 7
    assert list(workspace.uploads.iterdir()) == []
    catalog.close()


def take_photo(tab, number: int, catalog) -> None:
    """Press the button until a picture is stored: before the camera has one, it does nothing."""
    for _ in range(8):
        tab.wait_for_timeout(1500)
        tab.get_by_role("button", name="Take Photo").click()
        for _ in range(20):
            if len(catalog.images.all()) == 6 + number:
                return
            tab.wait_for_timeout(200)
