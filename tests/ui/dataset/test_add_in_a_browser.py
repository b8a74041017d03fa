"""What only a browser can send: a whole folder, and photos of a (made-up) camera."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from core.catalog import open_catalog
from core.workspace import open_workspace
from tests.browser import studio
from tests.builders import image_folder, pictures_of

pytestmark = pytest.mark.slow


def test_a_folder_is_sent_with_its_paths_and_photos_are_stored_as_they_are_taken(page, tmp_path):
    folder = image_folder(tmp_path / "pets", pictures_of({"cat": 3, "dog": 3}))
    workspace = open_workspace(tmp_path / "home", "pets")
    catalog = open_catalog(workspace)
    with studio(tmp_path / "home") as url:
        page.goto(f"{url}/dataset")
        page.get_by_text("Upload", exact=True).click()
        page.get_by_text("Whole folder", exact=True).click()
        page.locator("input[webkitdirectory]").set_input_files(str(folder))
        page.get_by_role("button", name="Import the folder").click()
        expect(page.get_by_text("pets · 6 new")).to_be_visible()
        assert {image.label for image in catalog.images.all()} == {"cat", "dog"}
        page.get_by_text("Add pictures", exact=True).click()
        page.get_by_text("More ways", exact=True).click()
        page.get_by_label("Class", exact=True).fill("pattern")
        page.get_by_label("Class", exact=True).press("Enter")
        for number in (1, 2):
            take_photo(page, number, catalog)
            expect(page.get_by_text("stored in this burst")).to_contain_text(f"{number} picture")
            assert len(catalog.images.all()) == 6 + number
        page.get_by_role("button", name="Undo last").click()
        expect(page.get_by_text("stored in this burst")).to_contain_text("1 picture")
    assert len(catalog.images.all()) == 7
    assert list(workspace.uploads.iterdir()) == []
    catalog.close()


def take_photo(page, number: int, catalog) -> None:
    """Press the button until a picture is stored: before the camera has one, it does nothing."""
    for _ in range(8):
        page.wait_for_function("document.querySelector('video')?.videoWidth > 0")
        page.get_by_role("button", name="Take Photo").click()
        for _ in range(20):
            if len(catalog.images.all()) == 6 + number:
                return
            page.wait_for_timeout(200)
