"""The two forms for pictures from the web."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import Catalog, open_catalog
from core.dataset.url_list import keep_list
from core.jobs import wait_for
from core.workspace import Workspace, open_workspace
from tests.builders import picture
from tests.picture_web import serve


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOPLOSS_OPEN_HOSTS", "127.0.0.1")
    return open_workspace(tmp_path / "home", "bears")


@pytest.fixture
def stored(workspace: Workspace):
    opened = open_catalog(workspace)
    yield opened
    opened.close()


def url_list() -> None:
    from ui import state
    from ui.dataset.urls import show_url_list
    from ui.messages import errors_shown

    with errors_shown(), state.owned_catalog():
        show_url_list(state.catalog(), False)


def search() -> None:
    from ui import state
    from ui.dataset.urls import show_search
    from ui.messages import errors_shown

    with errors_shown(), state.owned_catalog():
        show_search(state.catalog(), False)


def shown(form) -> AppTest:
    app = AppTest.from_function(form, default_timeout=30).run()
    assert not app.exception
    return app


def text_of(app: AppTest) -> str:
    return " ".join(element.value for element in app.error).replace("\\", "")


def test_pasted_addresses_become_pictures(workspace: Workspace, stored: Catalog) -> None:
    with serve() as web:
        address = web.at("/1.jpg", picture())
        app = shown(url_list)
        app.text_input(key="url_label").input("brown bear")
        app.text_area(key="url_text").input(f"{address}\nfile:///etc/passwd")
        app.button(key="import_urls").click().run()
        assert wait_for(workspace, stored, 1, 60).state == "done"
    (image,) = stored.images.all()
    assert (image.label, image.url) == ("brown bear", address)
    assert stored.images.imports()[0].source == "2 addresses"
    assert stored.images.imports()[0].skipped == 1


def test_a_file_names_its_own_classes(workspace: Workspace, stored: Catalog) -> None:
    with serve() as web:
        table = f"url,label\n{web.at('/1.jpg', picture())},cat\n"
        app = shown(url_list)
        app.file_uploader(key="url_file").upload("pets.csv", table.encode(), "text/csv").run()
        app.button(key="import_urls").click().run()
        assert wait_for(workspace, stored, 1, 60).state == "done"
    assert [image.label for image in stored.images.all()] == ["cat"]
    assert stored.images.imports()[0].source == "pets.csv"


@pytest.mark.parametrize(
    ("text", "file", "sentence"),
    [
        ("", None, "no address in the list"),
        ("https://example.org/1.jpg", None, "No class is given"),
        ("https://example.org/1.jpg", b"url,label\nx,y", "addresses and a file"),
    ],
)
def test_what_cannot_start_is_said_at_once(workspace, stored, text, file, sentence) -> None:
    app = shown(url_list)
    app.text_area(key="url_text").input(text).run()
    if file:
        app.file_uploader(key="url_file").upload("a.csv", file, "text/csv").run()
    app.button(key="import_urls").click().run()
    assert sentence in text_of(app)
    assert stored.jobs.latest("import") is None


def test_a_list_that_was_stopped_can_go_on(workspace: Workspace, stored: Catalog) -> None:
    with serve() as web:
        list_name = keep_list(workspace, web.at("/1.jpg", picture()).encode())
        args = {"way": "urls", "list": list_name, "label": "bear", "name": "my <b>list"}
        stored.jobs.end(stored.jobs.create("import", args).id, "stopped")
        assert not [button for button in shown(url_list).button if button.key == "go_on_urls"]
        (workspace.downloads / "1.bin").write_bytes(b"of another address")
        app = shown(url_list)
        assert app.markdown[0].value == r"Not finished: **my \<b\>list** · 1 downloaded"
        app.button(key="go_on_urls").click().run()
        assert wait_for(workspace, stored, 2, 60).state == "done"
    assert len(stored.images.all()) == 1


def test_a_search_needs_a_class(workspace: Workspace, stored: Catalog) -> None:
    app = shown(search)
    app.button(key="import_search").click().run()
    assert "No class is named" in text_of(app)
    assert stored.jobs.latest("import") is None


def test_a_search_without_a_network_ends_in_a_sentence(
    workspace: Workspace, stored: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DDGS_PROXY", "http://127.0.0.1:1")  # where nobody answers
    app = shown(search)
    app.text_area(key="search_labels").input("bear\ncat").run()
    app.text_input(key="search_words").input(" photo ").run()
    app.number_input(key="search_count").set_value(20).run()
    app.button(key="import_search").click().run()
    wanted = {"way": "search", "labels": ["bear", "cat"], "words": "photo", "count": 20}
    assert stored.jobs.get(1).args == wanted
    ended = wait_for(workspace, stored, 1, 60)
    assert ended.state == "failed"
    assert ended.message.startswith("The image search brought nothing")
