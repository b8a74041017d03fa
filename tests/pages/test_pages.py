"""Every page on an empty, a small and a broken workspace, and what its buttons do."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import Catalog, open_catalog
from core.context import Context
from core.jobs import wait_for
from core.workspace import Workspace, open_workspace
from tests.app import open_page
from tests.builders import a_scored_workspace, image_folder, pictures_of

PAGES = (
    "home",
    "dataset",
    "training",
    "review",
    "interpretation",
    "anatomy",
    "runs",
    "export",
    "guide",
    "glossary",
    "architectures",
    "learning_curve",
    "try_it",
)


@pytest.fixture
def insects(home: Path) -> Context:
    return a_scored_workspace(home, {"ant": 8, "bee": 8})


def messages(app: AppTest) -> str:
    return " ".join(element.value for element in app.error)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_on_an_empty_workspace(home: Path, name: str) -> None:
    app = open_page(name)
    assert not app.exception and not app.error
    assert app.title[0].value


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_on_a_small_workspace(insects: Context, name: str) -> None:
    app = open_page(name)
    assert not app.exception and not app.error
    assert app.title[0].value


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_so_when_the_catalog_is_damaged(home: Path, name: str) -> None:
    workspace = open_workspace(home, "insects")
    workspace.catalog_file.write_bytes(b"this is no database" * 100)
    app = open_page(name)
    assert not app.exception
    assert "cannot be read" in messages(app)
    assert "Workspace" in [box.label for box in app.selectbox]  # the way out


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_when_the_files_of_the_workspace_are_gone(insects: Context, name: str) -> None:
    for folder in ("originals", "copies"):
        (insects.workspace.folder / folder).rename(insects.workspace.folder / f"lost-{folder}")
    assert not open_page(name).exception


def test_importing_a_folder(home: Path, tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "in", pictures_of({"cat": 6, "dog": 6}))
    app = open_page("dataset")
    app.text_input(key="folder").input(f'"{folder}"').run()
    app.button(key="import_folder").click().run()
    workspace, catalog = only_workspace(home)
    assert wait_for(workspace, catalog, 1, 60).state == "done"
    app.run()
    assert [m.value for m in app.metric][:2] == ["12", "2"]


def test_a_folder_that_is_not_there_is_said_plainly(home: Path) -> None:
    app = open_page("dataset")
    app.text_input(key="folder").input("/no/such/folder").run()
    app.button(key="import_folder").click().run()
    workspace, catalog = only_workspace(home)
    wait_for(workspace, catalog, 1, 60)
    assert "There is no folder" in messages(app.run()).replace("\\", "")


def test_uploading_a_zip_that_is_none(home: Path) -> None:
    app = open_page("dataset")
    app.segmented_control(key="way_in").set_value("Upload").run()
    app.segmented_control(key="upload_kind").set_value("Zip or tar").run()
    app.file_uploader(key="zip").upload("pictures.zip", b"PK, or not", "application/zip").run()
    app.button(key="import_zip").click().run()
    workspace, catalog = only_workspace(home)
    assert wait_for(workspace, catalog, 1, 60).state == "failed"
    assert "not a zip" in messages(app.run()).replace("\\", "")
    assert not list(workspace.uploads.iterdir())


def test_marks_are_stored_once_however_often_they_arrive(insects: Context) -> None:
    app = open_page("review")
    worst = app.session_state["review_queue"]
    marks = [
        {"cid": "browser", "seq": 1, "op": "relabel", "ids": [worst[0]], "label": "bee"},
        {"cid": "browser", "seq": 2, "op": "delete", "ids": [worst[1]]},
        {"cid": "browser", "seq": 3, "op": "keep", "ids": [worst[2]]},
    ]
    for sent in (marks[:1], marks[:2], marks, marks):
        app.session_state["review_grid"] = {"ops": sent}
        app.run()
    assert not app.exception and not app.error
    kinds = [edit.kind for edit in insects.catalog.journal.history()]
    assert kinds == ["keep", "quarantine", "relabel"]
    assert insects.catalog.images.get(worst[0]).label == "bee"
    assert insects.catalog.images.get(worst[1]).status == "quarantined"


def test_marks_survive_another_filter_and_another_page(insects: Context) -> None:
    app = open_page("review")
    first = app.session_state["review_queue"][0]
    app.session_state["review_grid"] = {
        "ops": [{"cid": "browser", "seq": 1, "op": "delete", "ids": [first]}]
    }
    app.run()
    app.segmented_control(key="review_show").set_value("deleted").run()
    assert app.session_state["review_queue"] == [first]
    app.switch_page("../pages/dataset.py").run()
    app.switch_page("../pages/review.py").run()
    assert insects.catalog.images.get(first).status == "quarantined"
    assert insects.catalog.journal.count() == 1


def test_a_mark_that_no_longer_fits_is_explained_and_the_others_are_stored(
    insects: Context,
) -> None:
    app = open_page("review")
    first, second = app.session_state["review_queue"][:2]
    app.session_state["review_grid"] = {
        "ops": [
            {"cid": "b", "seq": 1, "op": "relabel", "ids": [first], "label": "wasp"},
            {"cid": "b", "seq": 2, "op": "keep", "ids": [second]},
        ]
    }
    app.run()
    assert "no class" in app.toast[0].value
    assert insects.catalog.images.get(second).reviewed


def test_a_new_workspace_is_opened_and_remembered(insects: Context, home: Path) -> None:
    app = open_page("home")
    app.text_input(key="workspace_name").input("Birds")
    app.button(key="workspace_create").click().run()
    assert not app.exception and not app.error
    assert (home / "Birds").is_dir()
    assert open_page("home").session_state["workspace"] == "Birds"


def test_a_workspace_name_that_leads_elsewhere_is_refused(home: Path) -> None:
    app = open_page("home")
    app.text_input(key="workspace_name").input("../elsewhere")
    app.button(key="workspace_create").click().run()
    assert "cannot be the name" in messages(app)
    assert not (home.parent / "elsewhere").exists()


def only_workspace(home: Path) -> tuple[Workspace, Catalog]:
    (name,) = [p.name for p in home.iterdir() if p.is_dir()]
    workspace = open_workspace(home, name)
    return workspace, open_catalog(workspace)


def test_the_next_page_shows_other_pictures(home: Path) -> None:
    a_scored_workspace(home, {"ant": 20, "bee": 20})
    app = open_page("review")
    app.segmented_control(key="review_size").set_value(24).run()
    assert app.button(key="review_previous").disabled
    app.button(key="review_next").click().run()
    assert app.session_state["review_page"] == 1
    assert app.button(key="review_next").disabled  # 24 and then 16
    assert not app.button(key="review_previous").disabled


def test_models_stay_when_every_validation_image_is_deleted(insects: Context) -> None:
    for image in insects.catalog.images.all(sides=["valid"]):
        insects.catalog.journal.quarantine(image.id)
    runs = open_page("runs")
    assert "Restore one" in runs.warning[0].value
    export = open_page("export")
    assert "no validation images left" in export.selectbox(key="export_run").options[0]


def test_a_folder_without_pictures_is_explained(home: Path, tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "in", {"notes/a.txt": b"no picture", "notes/b.txt": b"none"})
    app = open_page("dataset")
    app.text_input(key="folder").input(str(folder)).run()
    app.button(key="import_folder").click().run()
    workspace, catalog = only_workspace(home)
    wait_for(workspace, catalog, 1, 60)
    app.run()
    assert "2 skipped" in app.expander[0].label
    assert "not a picture" in app.dataframe[0].value["why it was skipped"][0]


def test_importing_without_a_folder_says_what_to_do(home: Path) -> None:
    app = open_page("dataset")
    app.button(key="import_folder").click().run()
    assert "No folder is named" in messages(app)
