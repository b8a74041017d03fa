"""A run of a page, a fragment or a callback leaves no catalog open, however it ends."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import RerunData
from streamlit.testing.v1 import AppTest, local_script_runner

from core.catalog.lookalikes import NearPair
from core.workspace import open_workspace
from tests.browser import ROOT
from tests.builders import a_scored_workspace
from tests.pages.test_pages import PAGES, open_page
from ui import state

FOLDER = Path("/proc/self/fd")
RUNS = 30
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="needs /proc")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose workspace has pictures, look-alikes and a job that goes on; nobody holds it."""
    home = tmp_path / "home"
    monkeypatch.setenv("TOPLOSS_HOME", str(home))
    catalog = a_scored_workspace(home, {"ant": 8, "bee": 8}).catalog
    first, second = (image.id for image in catalog.images.all()[:2])
    catalog.lookalikes.replace_pairs([NearPair(first, second, 0.9)], "features")
    catalog.close()
    return home


def open_files(home: Path) -> int:
    """How many file descriptors of this process lead to a catalog of that home."""
    paths = [link.readlink() for link in FOLDER.iterdir() if link.is_symlink()]
    return sum(path.is_relative_to(home) and "catalog" in path.name for path in paths)


def poll(app: AppTest, monkeypatch: pytest.MonkeyPatch, times: int = 1) -> int:
    """Let the fragments of a page be drawn without it, as the browser asks for; how many."""
    ids = list(app._fragment_storage._fragments)  # AppTest has no door for it
    with monkeypatch.context() as patched:
        patched.setattr(
            local_script_runner, "RerunData", lambda **kw: RerunData(fragment_id_queue=ids, **kw)
        )
        for _ in range(times):
            app.run()
            assert not app.error and not app.exception
    return len(ids)


@pytest.mark.parametrize("name", PAGES)
def test_runs_of_a_page_and_of_its_fragments_hold_no_catalog(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    app = open_page(name)
    for _ in range(RUNS if name == "dataset" else 2):
        app.run()
    assert not app.error and not app.exception
    assert open_files(home) == 0
    poll(app, monkeypatch)
    assert open_files(home) == 0


def test_work_that_is_polled_holds_no_catalog(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("training")
    assert poll(app, monkeypatch, RUNS) >= 1
    assert open_files(home) == 0


VIEWS = ("Labels", "Look-alikes", "History")


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_drawn_alone_has_a_catalog_that_is_open(
    home: Path, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    app = open_page("review")
    app.segmented_control(key="review_view").set_value(view).run()
    assert poll(app, monkeypatch, 2) >= 1
    assert open_files(home) == 0


def a_page(how: str) -> None:
    import streamlit as st

    from ui import state
    from ui.messages import callback, errors_shown, fragment

    @callback
    def act() -> None:
        st.session_state["acted"] = state.catalog().journal.count()
        if how == "callback":
            raise ValueError("no such thing")

    def end() -> None:
        state.catalog().journal.count()
        if how == "error":
            raise ValueError("no such thing")
        if how == "stop":
            st.stop()
        if how == "rerun" and "again" not in st.session_state:
            st.session_state["again"] = True
            st.rerun()

    with errors_shown(), state.owned_catalog():
        assert state.catalog() is state.catalog()
        st.button("Act", key="act", on_click=act)
        fragment(end)()
        end()


@pytest.mark.parametrize("how", ["well", "error", "stop", "rerun", "callback"])
def test_however_a_run_ends_its_catalog_is_closed(home: Path, how: str) -> None:
    app = AppTest.from_function(a_page, default_timeout=30, args=(how,)).run()
    app.button(key="act").click().run()
    assert app.session_state["acted"] == 0
    assert not app.exception
    assert bool(app.error) == (how in ("error", "callback"))
    assert open_files(home) == 0


def test_no_catalog_is_opened_that_nobody_closes(home: Path) -> None:
    with pytest.raises(AssertionError, match="callback"):
        state.catalog()
    with state.owned_catalog():
        opened = state.catalog()
        with state.owned_catalog():
            assert state.catalog() is opened
        assert open_files(home)
    assert open_files(home) == 0


def test_after_the_workspace_was_changed_the_catalog_is_that_of_the_new_one(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = iter(("insects", "insects", "other", "other"))
    monkeypatch.setattr(state, "workspace", lambda: open_workspace(home, next(names)))
    with state.owned_catalog():
        assert len(state.catalog().images.all()) == 16
        assert state.catalog().images.all() == []
    assert open_files(home) == 0


def modules() -> list[Path]:
    return [ROOT / "streamlit_app.py", *ROOT.glob("ui/**/*.py"), *ROOT.glob("pages/**/*.py")]


def _nodes(file: Path, *kinds: type[ast.AST]) -> list[Any]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def test_what_widgets_call_is_a_callback() -> None:
    called, callbacks = set(), set()
    for file in modules():
        for call in _nodes(file, ast.keyword):
            named = isinstance(call.value, ast.Name) and (call.arg or "").startswith("on_")
            called |= {call.value.id} if named else set()
        for function in _nodes(file, ast.FunctionDef):
            decorators = {ast.unparse(node) for node in function.decorator_list}
            callbacks |= {function.name} if "callback" in decorators else set()
    assert len(called) > 10
    parameters = {"act"}  # of functions that are handed callbacks
    assert called - callbacks - parameters == set()


def test_functions_of_a_page_are_handed_its_catalog() -> None:
    """Drawn again in a fragment they would find the page's own, which is closed."""
    for file in ROOT.glob("pages/**/*.py"):
        for function in _nodes(file, ast.FunctionDef, ast.Lambda):
            names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
            own = {argument.arg for argument in function.args.args}
            own |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
            assert "catalog" in own or "catalog" not in {node.id for node in names}, file.name


SECTIONS = {
    "show_ways_in", "show_gallery", "show_check", "show_classes", "show_split", "show_take_out",
    "show_upkeep", "show_skipped", "show_pairs", "show_flagged",  # of the Check section
    "show_jobs", "show_sidebar", "show_rate_finder", "show_expected_time", "show_schedule",
    "context", "_sample",  # of the workspace that it goes over to
}  # fmt: skip
"""Functions that ask although whoever calls them has the catalog: no more of them."""


def test_the_catalog_is_handed_on() -> None:
    """Only what Streamlit calls by itself asks for it: a page, a callback, a dialog, a fragment."""
    asking, called_by_streamlit = set(), set()
    for file in ROOT.glob("ui/**/*.py"):
        for call in _nodes(file, ast.Call):
            if ast.unparse(call.func) == "fragment" and call.args:
                called_by_streamlit.add(ast.unparse(call.args[0]))
        for function in _nodes(file, ast.FunctionDef):
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            if any(ast.unparse(call.func) in ("state.catalog", "catalog") for call in calls):
                asking.add(function.name)
            decorators = [ast.unparse(node) for node in function.decorator_list]
            if any(text.startswith(("callback", "dialog", "fragment")) for text in decorators):
                called_by_streamlit.add(function.name)
    assert asking - called_by_streamlit == SECTIONS


def test_only_two_doors_open_a_catalog() -> None:
    doors = {
        str(file.relative_to(ROOT))
        for file in modules()
        if any(ast.unparse(call.func) == "open_catalog" for call in _nodes(file, ast.Call))
    }
    assert doors == {"ui/state.py", "ui/routes.py"}
