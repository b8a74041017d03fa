"""The sidebar as it is seen: whole on a laptop, and out of the way on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Tabs

pytestmark = pytest.mark.slow
PHONE = {
    "viewport": {"width": 412, "height": 839},
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/130.0.0.0 Mobile Safari/537.36",
    "is_mobile": True,
    "has_touch": True,
}


def test_it_is_seen_whole_and_begins_with_the_workspace(page: Page, empty_studio: str) -> None:
    page.goto(empty_studio)
    bar = page.get_by_test_id("stSidebar")
    last = bar.get_by_role("link", name="Glossary")
    expect(last).to_be_visible()
    box, first = last.bounding_box(), bar.get_by_role("link", name="Home").bounding_box()
    choice = bar.get_by_test_id("stSelectbox").bounding_box()
    assert choice["y"] + choice["height"] <= first["y"]
    assert box["y"] + box["height"] < 900 - 60  # room for what goes on


def test_on_a_phone_it_makes_way_for_the_page(tabs: Tabs, empty_studio: str) -> None:
    with tabs.used() as browser:
        context = browser.new_context(**PHONE)
        page = context.new_page()
        page.goto(empty_studio)
        expect(page.get_by_role("heading", name="TopLoss")).to_be_visible()
        page.get_by_test_id("stExpandSidebarButton").click()
        bar = page.get_by_test_id("stSidebar")
        bar.get_by_role("link", name="Training").click()
        expect(page.get_by_role("heading", name="Training")).to_be_visible()
        expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()
        context.close()
