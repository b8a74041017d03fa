"""The real studio in a real browser: deep links, quick marks, a killed server."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.catalog import Catalog
from tests.browser import ROOT, studio
from tests.builders import a_scored_workspace
from tests.conftest import Opened

pytestmark = pytest.mark.slow
TITLES = {
    "dataset": "Dataset",
    "training": "Training",
    "review": "Review",
    "runs": "Runs",
    "export": "Export",
}


@pytest.fixture(scope="module")
def by_address(shared_home: Path) -> str:
    """The name of a scored workspace."""
    return a_scored_workspace(shared_home, {"ant": 4, "bee": 4}, "by address").workspace.name


@pytest.fixture
def pages(by_address: str, opened: Opened) -> str:
    """The address of a studio over it."""
    return opened(by_address)


@pytest.mark.parametrize("name", TITLES)
def test_a_page_opens_by_its_url_as_the_first_request(page: Page, pages: str, name: str) -> None:
    external = []
    page.on("request", lambda request: external.append(request.url))
    page.goto(f"{pages}/{name}")
    expect(page.get_by_role("heading", name=TITLES[name], exact=True)).to_be_visible()
    expect(page.get_by_role("combobox", name="Workspace")).to_be_visible()
    page.wait_for_load_state("networkidle")
    elsewhere = [u for u in external if not u.startswith((pages, "data:", "blob:"))]
    assert not elsewhere


def test_two_hundred_quick_marks_are_stored_in_order(
    page: Page, opened: Opened, shared_home: Path
) -> None:
    context = a_scored_workspace(shared_home, {"ant": 14, "bee": 14}, "quick marks")
    page.goto(f"{opened('quick marks')}/review")
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(28)
    tiles.nth(0).click()
    for k in range(200):
        page.keyboard.press("kpu"[k % 3])
    wait_for_edits(page, context.catalog, 200)
    kinds = [edit.kind for edit in context.catalog.journal.history(300)][::-1]
    assert kinds == [("keep", "relabel", "undo")[k % 3] for k in range(200)]


def test_a_killed_server_loses_at_most_the_mark_in_flight(page: Page, tmp_path: Path) -> None:
    context = a_scored_workspace(tmp_path / "home", {"ant": 14, "bee": 14})
    with studio(tmp_path / "home") as url:
        page.goto(f"{url}/review")
        tiles = page.locator(".tile")
        expect(tiles).to_have_count(28)
        tiles.nth(0).click()
        for _ in range(10):
            page.keyboard.press("k")
            page.wait_for_timeout(60)
        subprocess.run(["pkill", "-KILL", "-f", f"server.port {url.rsplit(':')[-1]}"], check=True)
    stored = context.catalog.journal.count()
    assert 9 <= stored <= 10
    with studio(tmp_path / "home") as url:
        page.goto(f"{url}/review")
        expect(page.locator(".tile")).to_have_count(28 - stored)


def test_marks_made_while_the_studio_is_away_are_stored_once_when_it_is_back(
    page: Page, tmp_path: Path
) -> None:
    context = a_scored_workspace(tmp_path / "home", {"ant": 14, "bee": 14})
    with studio(tmp_path / "home") as url:
        page.goto(f"{url}/review")
        expect(page.locator(".tile")).to_have_count(28)
        page.locator(".tile").nth(0).click()
        page.keyboard.press("k")
        wait_for_edits(page, context.catalog, 1)
    for _ in range(5):
        page.keyboard.press("k")
    unanswered = re.compile("[56] marks are not stored yet")  # of the first the answer may be lost
    expect(page.get_by_text(unanswered)).to_be_visible()
    with studio(tmp_path / "home", port=int(url.rsplit(":")[-1])):
        wait_for_edits(page, context.catalog, 6)
        expect(page.get_by_text("5 of 27 on this page reviewed")).to_be_visible()
        page.keyboard.press("d")  # what was sent again comes before it, and is not stored again
        wait_for_edits(page, context.catalog, 7)
    kinds = [edit.kind for edit in context.catalog.journal.history()]
    assert kinds == ["quarantine", *["keep"] * 6]


def test_a_label_is_chosen_on_a_phone(page: Page, opened: Opened, shared_home: Path) -> None:
    context = a_scored_workspace(shared_home, {"ant": 4, "bee": 4}, "phone")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{opened('phone')}/review")
    tile = page.locator(".tile").first
    image_id = tile.get_attribute("data-id")
    before = context.catalog.images.get(image_id).label
    other = {"ant": "bee", "bee": "ant"}[before]
    tile.get_by_label("Label").select_option(other)
    wait_for_edits(page, context.catalog, 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert context.catalog.images.get(image_id).label == other


def wait_for_edits(page: Page, catalog: Catalog, count: int) -> None:
    for _ in range(600):
        if catalog.journal.count() >= count:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{catalog.journal.count()} of {count} edits were stored")


def test_it_listens_on_this_machine_only() -> None:
    config = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert 'address = "127.0.0.1"' in config
