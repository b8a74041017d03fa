"""A browser tab, a settings, a workspace, a catalog and a context on a folder that goes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from core.catalog import Catalog, open_catalog
from core.context import Context
from core.settings import Settings
from core.workspace import Workspace, open_workspace
from tests.browser import ARGUMENTS, chromium
from tests.builders import a_context


@pytest.fixture
def page() -> Iterator[Page]:
    """A tab of a headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(30_000)
        yield page
        browser.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def workspace(settings: Settings) -> Workspace:
    return open_workspace(settings.home, "fruits")


@pytest.fixture
def catalog(workspace: Workspace) -> Iterator[Catalog]:
    opened = open_catalog(workspace)
    yield opened
    opened.close()


@pytest.fixture
def context(workspace: Workspace, catalog: Catalog, settings: Settings) -> Context:
    return a_context(workspace, catalog, settings)
