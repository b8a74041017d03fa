"""A browser tab, a settings, a workspace, a catalog and a context on a folder that goes away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from core.catalog import Catalog, open_catalog
from core.context import Context
from core.jobs import WORKER_ENVIRONMENT
from core.settings import Settings
from core.workspace import Workspace, open_workspace, workspace_names
from tests.browser import ARGUMENTS, chromium
from tests.builders import a_context, run_import, tints

# As in the studio's workers: threads that wait let others work. Read when torch is first imported.
os.environ.update(WORKER_ENVIRONMENT)

COLOURS = {
    "red": "red",
    'grün/"leaf"': "green",
    "blue": "blue",
    "../yellow": "yellow",
    "日本": "magenta",
    "a <b>bold</b> 'one'": "cyan",
}
"""Label -> colour of the trained workspace: more than five classes, with names of all kinds."""


@pytest.fixture
def page() -> Iterator[Page]:
    """A tab of a headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(30_000)
        expect.set_options(timeout=30_000)
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


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose compiled backbone is made once; for workspaces of one's own, by name."""
    return tmp_path_factory.mktemp("shared") / "home"


@pytest.fixture
def fresh(shared_home: Path) -> Iterator[Context]:
    """An empty workspace that shares the compiled backbone."""
    workspace = open_workspace(shared_home, f"fresh {len(workspace_names(shared_home))}")
    context = a_context(workspace, open_catalog(workspace))
    yield context
    context.catalog.close()


@pytest.fixture(scope="session")
def trained(shared_home: Path) -> Iterator[Context]:
    """A workspace of six colours with one finished quick run, as run 1. Only to be read."""
    from core.training.quick import train_quick

    workspace = open_workspace(shared_home, "trained")
    context = a_context(workspace, open_catalog(workspace))
    run_import(context, (tints(COLOURS), []))
    for event in train_quick(context):
        if event.kind not in ("progressed", "run_started"):
            context.catalog.runs.record(1, event)
    yield context
    context.catalog.close()


@pytest.fixture(scope="session")
def bundle(trained: Context) -> Path:
    """The exported bundle of that run. Only to be read."""
    from core.export.bundle import export_bundle

    list(export_bundle(trained, 1))
    return trained.workspace.exports / "1-quick-1"
