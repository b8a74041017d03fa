"""The history panel, driven by its keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import Catalog
from core.context import Context
from tests.builders import a_record, a_scored_workspace
from ui.review.history import ROWS


def panel() -> None:
    from ui import state
    from ui.messages import errors_shown
    from ui.review.history import show_history

    with errors_shown(), state.owned_catalog():
        show_history(state.workspace(), state.catalog())


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path))
    return a_scored_workspace(tmp_path, {"ant": 3, "b*e*e": 3})


@pytest.fixture
def catalog(insects: Context) -> Catalog:
    return insects.catalog


@pytest.fixture
def ants(catalog: Catalog) -> list[str]:
    return [image.id for image in catalog.images.all() if image.label == "ant"]


def opened() -> AppTest:
    return AppTest.from_function(panel, default_timeout=30).run()


def rows(app: AppTest) -> list[str]:
    assert not app.exception and not app.error
    return [element.proto.body for element in app.get("html")]


def test_an_empty_history_says_what_will_be_there(insects: Context) -> None:
    app = opened()
    assert rows(app) == [] and not app.button
    assert "Nothing was changed yet" in app.markdown[0].value


def test_a_change_is_told_with_its_picture_and_file(catalog: Catalog, ants: list[str]) -> None:
    catalog.journal.relabel(ants[0], "b*e*e")
    (row,) = rows(opened())
    image = catalog.images.get(ants[0])
    assert "ant → b*e*e" in row and image.source_path in row and "just now" in row
    assert f'src="picture/insects/{image.id}.jpg"' in row


def test_names_are_shown_as_they_are(insects: Context, ants: list[str]) -> None:
    """A class is anything that a folder can be called; it is no HTML and no format."""
    name = "<img src=x onerror=alert(1)> {file}"
    insects.catalog.images.add("a test", [a_record(99, name)], [], 0)
    insects.catalog.journal.relabel(ants[0], name)
    (row,) = rows(opened())
    assert "&lt;img src=x onerror=alert(1)&gt; {file}" in row
    assert row.count("<img") == 1


def test_undo_and_redo_say_what_they_take_back(catalog: Catalog, ants: list[str]) -> None:
    catalog.journal.relabel(ants, "b*e*e")
    app = opened()
    assert app.button(key="history_undo").label == r"Undo\: ant → b\*e\*e, 3 pictures"
    assert app.button(key="history_redo").disabled
    app.button(key="history_undo").click().run()
    assert {catalog.images.get(i).label for i in ants} == {"ant"}
    assert app.button(key="history_redo").label == r"Redo\: ant → b\*e\*e, 3 pictures"
    assert app.button(key="history_undo").disabled
    app.button(key="history_redo").click().run()
    assert {catalog.images.get(i).label for i in ants} == {"b*e*e"}
    assert len(rows(app)) == 9


def test_undo_does_what_its_button_said_or_nothing(catalog: Catalog, ants: list[str]) -> None:
    catalog.journal.keep(ants[0])
    app = opened()
    catalog.journal.quarantine(ants[1])  # in another tab
    app.button(key="history_undo").click().run()
    assert "changed meanwhile" in app.error[0].value
    assert catalog.journal.count() == 2
    assert app.button(key="history_undo").label == r"Undo\: deleted"
    app.button(key="history_undo").click().run()
    assert not app.error
    assert catalog.images.quarantined_count() == 0


def test_one_picture_of_a_step_is_reverted(catalog: Catalog, ants: list[str]) -> None:
    edits = catalog.journal.quarantine(ants)
    app = opened()
    app.button(key=f"history_revert_{edits[1].id}").click().run()
    assert catalog.images.get(ants[1]).status == "in use"
    assert catalog.images.quarantined_count() == 2
    assert "reverted: deleted" in rows(app)[0]
    assert f"history_revert_{edits[1].id}" not in [button.key for button in app.button]


def test_a_revert_that_no_longer_fits_is_explained(catalog: Catalog, ants: list[str]) -> None:
    (edit,) = catalog.journal.relabel(ants[0], "b*e*e")
    app = opened()
    catalog.journal.quarantine(ants[0])  # in another tab
    app.button(key=f"history_revert_{edit.id}").click().run()
    assert "changed again" in app.error[0].value
    assert catalog.images.get(ants[0]).label == "b*e*e"
    assert not app.run().error


def test_the_filters_narrow_it_down(catalog: Catalog, ants: list[str]) -> None:
    catalog.journal.relabel(ants[0], "b*e*e")
    catalog.journal.quarantine(ants[1])
    app = opened()
    assert app.caption[0].value == "2 changes, newest first · in force: 1 relabelled, 1 deleted"
    app.selectbox(key="history_kind").set_value("quarantine").run()
    assert ["deleted" in row for row in rows(app)] == [True]
    app.selectbox(key="history_kind").set_value(None)
    app.selectbox(key="history_label").set_value("b*e*e").run()
    assert ["ant → b*e*e" in row for row in rows(app)] == [True]
    app.text_input(key="history_text").input("no such file").run()
    assert rows(app) == []
    assert app.caption[0].value == "No change fits this choice."


def test_there_are_pages_and_a_filter_begins_at_the_first(
    catalog: Catalog, ants: list[str]
) -> None:
    for _ in range(ROWS + 5):
        catalog.journal.keep(ants[0])
    catalog.journal.relabel(ants[1], "b*e*e")
    app = opened()
    assert len(rows(app)) == ROWS and "ant → b*e*e" in rows(app)[0]
    app.session_state["history_page"] = 2
    assert len(rows(app.run())) == 6
    app.selectbox(key="history_kind").set_value("keep").run()
    assert len(rows(app)) == ROWS
    assert app.session_state["history_page"] == 1
