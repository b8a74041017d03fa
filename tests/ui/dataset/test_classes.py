"""The classes on the page: each change by its form, with a way back."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.context import Context
from core.jobs import lock_of
from tests.app import open_page
from tests.builders import a_scored_workspace
from tests.ui.dataset.sections import open_section


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    return a_scored_workspace(tmp_path / "home", {"ant": 8, "bee *x*": 8})


def shown(app: AppTest) -> str:
    assert not app.exception
    return " ".join(m.value for m in app.markdown).replace("\\", "")


def test_classes_are_added_renamed_merged_and_deleted(insects: Context) -> None:
    classes = insects.catalog.images.classes
    app = open_section("Classes")
    app.text_input(key="class_new").input("wasp")
    app.button(key="class_add_do").click().run()
    assert classes() == ["ant", "bee *x*", "wasp"] and "Added wasp." in shown(app)
    app.selectbox(key="class_rename_old").set_value("ant")
    app.text_input(key="class_rename_new").input("emmet")
    app.button(key="class_rename_do").click().run()
    assert classes() == ["bee *x*", "emmet", "wasp"]
    app.selectbox(key="class_merge_old").set_value("bee *x*")
    app.selectbox(key="class_merge_into").set_value("emmet")
    app.button(key="class_merge_do").click().run()
    assert classes() == ["emmet", "wasp"]
    assert "Merged bee *x* into emmet: 8 pictures." in shown(app)
    app.button(key="class_undo").click().run()
    assert classes() == ["bee *x*", "emmet", "wasp"]
    app.selectbox(key="class_delete_name").set_value("emmet")
    app.button(key="class_delete_do").click().run()
    assert classes() == ["bee *x*", "wasp"]
    app.button(key="class_undo").click().run()
    assert classes() == ["bee *x*", "emmet", "wasp"] and "class_undo" not in [
        button.key for button in app.button
    ]


def test_a_name_that_is_taken_is_explained(insects: Context) -> None:
    app = open_section("Classes")
    app.selectbox(key="class_rename_old").set_value("ant")
    app.text_input(key="class_rename_new").input("bee *x*")
    app.button(key="class_rename_do").click().run()
    assert "Merge the two classes instead" in app.error[0].value
    app.run()
    assert not app.error
    app.button(key="class_merge_do").click().run()
    assert "Choose both classes" in " ".join(w.value for w in app.warning)


def test_imbalance_is_said_in_the_words_of_the_course(insects: Context) -> None:
    app = open_section("Classes")
    assert not app.info
    for image in insects.catalog.images.all(sides=["train"]):
        if image.label == "ant":
            insects.catalog.journal.relabel(image.id, "bee *x*")
    ant = next(i for i in insects.catalog.images.all(sides=["train"]))
    insects.catalog.journal.relabel(ant.id, "ant")
    app.run()
    assert "Usually that needs nothing" in app.info[0].value
    assert "oversampling" in app.info[0].value


def test_review_history_runs_and_exports_go_on_after_a_rename(insects: Context) -> None:
    catalog = insects.catalog
    image = next(i for i in catalog.images.all() if i.label == "ant")
    catalog.journal.relabel(image.id, "bee *x*")
    review = open_page("review")
    review.selectbox(key="review_label").set_value("ant").run()
    catalog.classes.rename("ant", "emmet")
    review.run()
    assert not review.exception and not review.error
    assert "emmet" in review.selectbox(key="review_label").options
    assert "ant" not in review.selectbox(key="review_label").options
    review.segmented_control(key="review_view").set_value("History").run()
    assert not review.exception
    assert "ant is called emmet" in review.button(key="history_undo").label
    review.button(key="history_undo").click().run()
    assert "ant" in catalog.images.classes()
    review.button(key="history_redo").click().run()
    review.button(key="history_undo").click().run()
    assert "ant → bee" in review.button(key="history_undo").label.replace("\\", "")
    review.button(key="history_undo").click().run()
    assert catalog.images.get(image.id).label == "ant"
    for name in ("runs", "export", "training", "home"):
        app = open_page(name)
        assert not app.exception and not app.error


def test_a_form_that_was_drawn_before_an_import_began_changes_nothing(insects: Context) -> None:
    app = open_section("Classes")
    app.selectbox(key="class_rename_old").set_value("ant")
    app.text_input(key="class_rename_new").input("emmet")
    job = insects.catalog.jobs.create("import", {})
    with lock_of(insects.workspace, job.id):
        app.button(key="class_rename_do").click().run()
        assert "is going on" in app.error[0].value
    assert insects.catalog.images.classes() == ["ant", "bee *x*"]


def test_a_class_that_was_renamed_in_another_tab_is_not_mistaken_for_another(insects) -> None:
    app = open_section("Classes")
    app.selectbox(key="class_rename_old").set_value("ant")
    app.text_input(key="class_rename_new").input("wasp")
    insects.catalog.classes.rename("ant", "emmet")
    app.button(key="class_rename_do").click().run()
    assert not app.exception
    assert insects.catalog.images.classes() == ["bee *x*", "emmet"]
