"""The Export page, and what a public demo shows of the studio."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import open_catalog
from core.context import Context
from core.jobs import wait_for
from core.visitors import NAME
from core.workspace import Workspace, open_workspace, workspace_names
from tests.app import open_page
from tests.builders import a_scored_workspace
from tests.web_bundle import a_bundle

ROOT = Path(__file__).parent.parent.parent
TOKEN = "hf_" + "secret" * 5


@pytest.fixture
def exported(home) -> Context:
    context = a_scored_workspace(home, {"ant": 8, "bee": 8})
    a_bundle(context.workspace.exports / "quick-1")
    return context


def text_of(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.info, *app.error, *app.success, *app.code]
    return "\n".join(str(element.value) for element in elements)


def keys_of(app: AppTest) -> set[str]:
    return {button.key for button in app.button}


def test_the_figures_of_a_bundle_are_shown(exported):
    app = open_page("export")
    assert not app.exception and not app.error
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Accuracy on validation pictures"] == "91.7 %" and figures["Right"] == "11 of 12"
    assert figures["95 % interval"] == "64.6 – 98.5 %"
    assert "it was less accurate" in text_of(app)
    assert "than 1.500; at least 99%" in text_of(app)


def test_the_page_reads_no_figures_out_of_a_card(exported):
    """A bundle of format 2 has them in sentences only, whatever these are."""
    folder = exported.workspace.exports / "quick-1"
    shutil.rmtree(folder)
    shutil.copytree(ROOT / "tests" / "core" / "serving" / "bundle_of_format_2", folder)
    app = open_page("export")
    assert not app.exception and not app.error and not app.metric
    assert "figures of this bundle are in its model card" in text_of(app)


def test_damaged_figures_leave_the_page_whole(exported):
    (exported.workspace.exports / "quick-1" / "figures.json").write_text("[")
    app = open_page("export")
    assert not app.exception and not app.metric
    assert "figures.json of this bundle is damaged" in text_of(app)


def test_a_card_that_was_emptied_leaves_the_page_whole(exported):
    folder = exported.workspace.exports / "quick-1"
    (folder / "README.md").write_text("")
    (folder / "recorded.json").write_text("[")
    app = open_page("export")
    assert not app.exception and not app.error and app.metric[0].value == "91.7 %"


def test_the_command_serves_this_bundle(exported):
    app = open_page("export")
    app.segmented_control(key="part").set_value("Serve it here").run()
    bundle = exported.workspace.exports / "quick-1"
    assert any(f"gradio_app.py {bundle}" in code.value for code in app.code)


def test_a_space_is_written_by_a_job_and_can_then_be_had(exported):
    app = open_page("export")
    app.segmented_control(key="part").set_value("Put it on the web").run()
    assert {"write_static", "write_gradio", "write_docker"} <= keys_of(app)
    assert "try_space" not in keys_of(app)
    app.button(key="write_gradio").click().run()
    wait_for(exported.workspace, exported.catalog, 1, 60)
    app.run()
    assert not app.error and "try_space" in keys_of(app)
    assert app.button(key="write_gradio").label == "Write it again"


def test_a_name_that_cannot_be_is_said_and_the_token_is_forgotten(exported):
    app = open_page("export")
    app.segmented_control(key="part").set_value("Put it on the web").run()
    app.text_input(key="push_repository").set_value("../x")
    app.text_input(key="push_token_0").set_value(TOKEN)
    app.button(key="push").click().run()
    assert "no name of a repository" in app.error[0].value
    assert "push_token_0" not in app.session_state
    assert app.session_state["push_tokens"] == 1  # the next run has another, empty field
    assert exported.catalog.jobs.latest("push") is None


class TestPublicDemo:
    @pytest.fixture
    def demo(self, exported, home, monkeypatch) -> Path:
        monkeypatch.setenv("TOPLOSS_DEMO", "1")
        return home

    def test_a_visitor_has_a_workspace_of_their_own(self, demo):
        first, second = open_page("home"), open_page("home")
        names = [app.session_state["workspace"] for app in (first, second)]
        assert all(NAME.fullmatch(name) for name in names) and names[0] != names[1]
        first.run()
        assert first.session_state["workspace"] == names[0]
        assert len(workspace_names(demo)) == 3

    @pytest.mark.parametrize("page", ["home", "dataset", "export", "training", "review"])
    def test_nothing_of_the_server_is_shown(self, page, demo):
        app = open_page(page)
        assert not app.exception and not app.error
        assert "Workspace" not in [box.label for box in app.selectbox]
        assert "workspace_create" not in keys_of(app)
        shown = text_of(app) + str([element.help for element in app.selectbox])
        assert str(demo) not in shown and "insects" not in shown

    def test_pictures_come_from_the_browser_only(self, demo):
        app = open_page("dataset")
        assert list(app.segmented_control(key="way_in").options) == ["Upload", "More ways"]
        app.segmented_control(key="way_in").set_value("More ways").run()
        assert list(app.segmented_control(key="way_in_more").options) == ["Camera", "Sample"]

    def test_a_bundle_can_be_downloaded_but_not_pushed(self, demo):
        app = open_page("export")
        name = app.session_state["workspace"]
        own = Context(Workspace(demo / name), open_catalog(open_workspace(demo, name)), None)
        a_scored_workspace(demo, {"ant": 8, "bee": 8}, name)
        a_bundle(own.workspace.exports / "quick-1")
        app.run()
        for part in ("Serve it here", "Put it on the web"):
            app.segmented_control(key="part").set_value(part).run()
            assert not app.exception and not app.error
            assert str(demo) not in text_of(app)
        assert not keys_of(app) & {"push", "try_space"}
        assert not [box for box in app.text_input if re.match("push", box.key or "")]
