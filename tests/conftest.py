"""A browser tab, a settings, a workspace, a catalog and a context on a folder that goes away.

What is dear is made once: a browser and a studio for each process of a session, a trained workspace
and its bundle for all of them.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.catalog import Catalog, open_catalog
from core.context import Context
from core.jobs import WORKER_ENVIRONMENT
from core.settings import Settings
from core.workspace import Workspace, open_workspace, workspace_names
from tests.browser import ARGUMENTS, chromium, studio
from tests.builders import a_context, run_import, tints

# As in the studio's workers: threads that wait let others work. Read when torch is first imported.
os.environ.update(WORKER_ENVIRONMENT)
# Two processes share the cores: small networks learn in half the time where one thread has all.
os.environ.setdefault("OMP_NUM_THREADS", "1")

hypothesis.settings.register_profile("quick", deadline=None, max_examples=50)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

Opened = Callable[[str], str]
"""Opens a workspace of the shared home, by name: the address at which the next tab sees it."""
CACHE, TRAINED = ".cache", "trained"
COLOURS = {
    "red": "red",
    'grün/"leaf"': "green",
    "blue": "blue",
    "../yellow": "yellow",
    "日本": "magenta",
    "a <b>bold</b> 'one'": "cyan",
}
"""Label -> colour of the trained workspace: more than five classes, with names of all kinds."""


@dataclass(frozen=True)
class Tabs:
    """A running Chromium, and the loop in which Playwright waits for it."""

    browser: Browser
    loop: asyncio.AbstractEventLoop

    @contextmanager
    def used(self) -> Iterator[Browser]:
        """Playwright's loop never ends in this thread: others only run while it is hidden."""
        asyncio._set_running_loop(self.loop)
        try:
            yield self.browser
        finally:
            asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def tabs() -> Iterator[Tabs]:
    """The headless Chromium of this process."""
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        shared = Tabs(browser, asyncio.get_running_loop())
        asyncio._set_running_loop(None)
        yield shared
        asyncio._set_running_loop(shared.loop)
        browser.close()
    asyncio._set_running_loop(None)


@pytest.fixture
def page(tabs: Tabs) -> Iterator[Page]:
    """A tab that knows of no other; it may use the camera, which shows a moving pattern."""
    with tabs.used() as browser:
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, permissions=["camera"]
        )
        context.set_default_timeout(60_000)
        yield context.new_page()
        context.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a studio that is driven without a browser has its workspaces; there are none yet."""
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


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
def of_all_processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the processes of this test session share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """The folder, whole: made by the process that asks first, while the others wait."""
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            unfinished = folder.with_name(f"{folder.name}-unfinished")
            make(unfinished)
            unfinished.rename(folder)
    return folder


@pytest.fixture(scope="session")
def compiled(of_all_processes: Path) -> Path:
    """A home in which nothing but the backbone was compiled. Only to be copied."""

    def make(home: Path) -> None:
        from core.models.embedder import Embedder

        Embedder("tf_efficientnet_lite0", home / CACHE)

    return made_once(of_all_processes / "compiled", make)


@pytest.fixture(scope="session")
def shared_home(compiled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a compiled backbone; for workspaces of one's own, by name."""
    return shutil.copytree(compiled, tmp_path_factory.mktemp("shared") / "home")


@pytest.fixture(scope="session")
def opened(shared_home: Path) -> Iterator[Opened]:
    """The one studio of this process."""
    with studio(shared_home) as address:

        def open_next(name: str) -> str:
            open_workspace(shared_home, name)
            (shared_home / ".last").write_text(name, encoding="utf-8")
            return address

        yield open_next


@pytest.fixture
def empty_studio(opened: Opened) -> str:
    """The address of a studio with an empty workspace: for pages that store nothing."""
    return opened("empty")


@pytest.fixture
def compiled_home(compiled: Path, tmp_path: Path) -> Path:
    """A home of one's own with a compiled backbone."""
    return shutil.copytree(compiled, tmp_path / "home")


@pytest.fixture
def fresh(shared_home: Path) -> Iterator[Context]:
    """An empty workspace that shares the compiled backbone."""
    workspace = open_workspace(shared_home, f"fresh {len(workspace_names(shared_home))}")
    context = a_context(workspace, open_catalog(workspace))
    yield context
    context.catalog.close()


@pytest.fixture(scope="session")
def exported_home(compiled: Path, of_all_processes: Path) -> Path:
    """A home with a trained workspace and the bundle of its run. Only to be copied."""

    def make(home: Path) -> None:
        shutil.copytree(compiled, home)
        workspace = open_workspace(home, TRAINED)
        context = a_context(workspace, open_catalog(workspace))
        train_and_export(context)
        context.catalog.close()

    return made_once(of_all_processes / "exported", make)


def train_and_export(context: Context) -> None:
    """Six colours, one finished quick run, as run 1, and its bundle."""
    from core.bundle.writing import export_bundle
    from core.training.quick import train_quick

    run_import(context, (tints(COLOURS), []))
    for event in train_quick(context):
        if event.kind not in ("progressed", "run_started"):
            context.catalog.runs.record(1, event)
    list(export_bundle(context, 1))


@pytest.fixture(scope="session")
def trained(exported_home: Path, shared_home: Path) -> Iterator[Context]:
    """A workspace of six colours with one finished quick run, as run 1. Only to be read."""
    shutil.copytree(exported_home / TRAINED, shared_home / TRAINED)
    workspace = open_workspace(shared_home, TRAINED)
    context = a_context(workspace, open_catalog(workspace))
    yield context
    context.catalog.close()


@pytest.fixture(scope="session")
def bundle(trained: Context) -> Path:
    """The exported bundle of that run. Only to be read."""
    return trained.workspace.exports / "1-quick-1"


@pytest.fixture
def trained_copy(exported_home: Path, tmp_path: Path) -> Iterator[Context]:
    """The trained workspace and its bundle in a home of one's own, to be changed."""
    home = shutil.copytree(exported_home, tmp_path / "trained-home")
    workspace = open_workspace(home, TRAINED)
    context = a_context(workspace, open_catalog(workspace))
    yield context
    context.catalog.close()
