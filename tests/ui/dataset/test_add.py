"""Adding pictures: what the person chooses reaches the import, previews tell what it will do."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import Catalog, open_catalog
from core.jobs import wait_for
from core.workspace import Workspace, open_workspace
from tests.builders import a_record, image_folder, image_zip, picture, pictures_of

PETS = {path.replace("/", "_"): data for path, data in pictures_of({"cat": 2, "dog": 2}).items()}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    return open_workspace(tmp_path / "home", "pets")


@pytest.fixture
def stored(workspace: Workspace):
    opened = open_catalog(workspace)
    yield opened
    opened.close()


def section() -> None:
    from ui import state
    from ui.dataset.add import show_ways_in
    from ui.messages import errors_shown

    with errors_shown(), state.owned_catalog():
        show_ways_in(False)


def opened(way: str = "", further: str = "") -> AppTest:
    app = AppTest.from_function(section, default_timeout=30).run()
    if way:
        app.segmented_control(key="way_in").set_value(way).run()
    if further:
        key = "way_in_more" if way == "More ways" else "upload_kind"
        app.segmented_control(key=key).set_value(further).run()
    assert not app.exception
    return app


def text_of(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error]
    return " ".join(part.value for part in parts).replace("\\", "")


def test_each_form_opens_on_an_empty_workspace(stored):
    app = opened()
    for way, key in (
        ("Upload", "upload_kind"),
        ("Web addresses", ""),
        ("More ways", "way_in_more"),
    ):
        app.segmented_control(key="way_in").set_value(way).run()
        for further in app.segmented_control(key=key).options if key else ():
            app.segmented_control(key=key).set_value(further).run()
            assert not app.exception, (way, further)
            assert not app.error, (way, further)


def test_the_classes_of_a_folder_are_told_before_the_import(stored, tmp_path):
    app = opened()
    assert "grizzly/001.jpg" in app.code[0].value
    files = {**pictures_of({"cat": 2, "dog": 1}), "loose.jpg": picture(), "notes.txt": b"x"}
    app.text_input(key="folder").input(str(image_folder(tmp_path / "in", files))).run()
    assert "2 labels** in 4 pictures looked at, 1 without one: cat (2), dog (1)" in text_of(app)
    assert not app.code
    app.text_input(key="folder").input("/no/such/folder").run()
    assert "There is no folder" in text_of(app)
    assert not app.exception


def test_a_table_that_lies_elsewhere_can_be_sent(workspace, stored, tmp_path):
    folder = image_folder(tmp_path / "in", PETS)
    app = opened()
    app.segmented_control(key="folder_rule").set_value("A table").run()
    app.text_input(key="folder").input(str(folder)).run()
    table = "\n".join(["name,kind", *(f"{path},a {path[:3]}" for path in PETS)]).encode()
    app.file_uploader(key="folder_table_sent").upload("labels.csv", table, "text/csv").run()
    assert "4 rows, 2 labels" in text_of(app)
    app.selectbox(key="folder_label_column").set_value("kind").run()
    app.button(key="import_folder").click().run()
    assert not app.exception and not app.error
    job = stored.jobs.latest("import")
    assert wait_for(workspace, stored, job.id, 60).state == "done"
    assert {image.label for image in stored.images.all()} == {"a cat", "a dog"}
    assert list(workspace.uploads.iterdir()) == []


def test_the_preview_of_a_pattern_follows_the_pattern(stored, tmp_path):
    app = opened()
    app.segmented_control(key="folder_rule").set_value("File names").run()
    assert "once the pictures are chosen" in text_of(app)
    app.text_input(key="folder").input(str(image_folder(tmp_path / "in", PETS))).run()
    assert "2 labels" in text_of(app)
    assert "cat (2), dog (2)" in text_of(app)
    assert set(app.dataframe[0].value["label"]) == {"cat", "dog"}
    app.text_input(key="folder_pattern").input(r"(c)at").run()
    assert "1 label" in text_of(app)
    assert "2 without one" in text_of(app)
    app.text_input(key="folder_pattern").input("(").run()
    assert "cannot be used" in text_of(app)
    app.text_input(key="folder").input("/no/such/folder").run()
    app.text_input(key="folder_pattern").input("(a)").run()
    assert "There is no folder" in text_of(app)
    assert not app.exception


def test_columns_of_a_table_are_guessed_and_may_be_changed(stored, tmp_path):
    rows = [f"{path},{path[:3]},{path[1]},train" for path in PETS]
    table = "\n".join(["name,class,letter,split", *rows]).encode()
    folder = image_folder(tmp_path / "in", {**PETS, "all.csv": table})
    app = opened()
    app.segmented_control(key="folder_rule").set_value("A table").run()
    app.text_input(key="folder").input(str(folder)).run()
    chosen = [app.selectbox(key=f"folder_{c}_column").value for c in ("file", "label", "split")]
    assert chosen == ["name", "class", "split"]
    assert "4 rows, 2 labels" in text_of(app)
    app.selectbox(key="folder_label_column").set_value("letter").run()
    assert set(app.dataframe[0].value["label"]) == {"a", "o"}
    app.selectbox(key="folder_split_column").set_value("None").run()
    assert "split" not in app.dataframe[0].value


def test_a_table_with_several_labels_is_refused_before_the_import(stored, tmp_path):
    table = b"file,label\ncat_000.jpg,cat|dog\n"
    folder = image_folder(tmp_path / "in", {**PETS, "all.csv": table})
    app = opened()
    app.segmented_control(key="folder_rule").set_value("A table").run()
    app.text_input(key="folder").input(str(folder)).run()
    assert "several labels" in text_of(app)


def test_an_archive_is_looked_into_before_it_is_sent(workspace, stored, tmp_path):
    data = image_zip(tmp_path / "a.zip", PETS).read_bytes()
    app = opened("Upload", "Zip or tar")
    app.file_uploader(key="zip").upload("pets.zip", data, "application/zip").run()
    app.segmented_control(key="zip_rule").set_value("File names").run()
    assert "cat (2), dog (2)" in text_of(app)
    app.checkbox(key="field_test").check().run()
    app.button(key="import_zip").click().run()
    job = stored.jobs.latest("import")
    assert wait_for(workspace, stored, job.id, 60).state == "done"
    assert {(i.label, i.side) for i in stored.images.all()} == {("cat", "test"), ("dog", "test")}
    assert list(workspace.uploads.iterdir()) == []
    app.run()
    assert not app.checkbox[0].value  # what was right for one import is not chosen for the next
    assert app.file_uploader[0].value is None


def test_a_table_alone_is_asked_for_its_columns(stored):
    table = b"picture,what\nhttps://example.org/1.jpg,cat\nhttps://example.org/2.jpg,dog\n"
    app = opened("Upload", "Zip or tar")
    app.file_uploader(key="zip").upload("pets.csv", table, "text/csv").run()
    assert "2 rows, 2 labels" in text_of(app)
    assert [app.selectbox(key=f"upload_{c}_column").value for c in ("file", "label")] == [
        "picture",
        "what",
    ]


def test_a_damaged_archive_is_said_at_once(stored):
    app = opened("Upload", "Zip or tar")
    app.file_uploader(key="zip").upload("pets.zip", b"nothing", "application/zip").run()
    app.segmented_control(key="zip_rule").set_value("File names").run()
    assert "not a zip" in text_of(app)
    assert not app.exception


def test_pictures_of_one_class_need_its_name(workspace, stored):
    app = opened("Upload", "Files of one class")
    for name, data in PETS.items():
        app.file_uploader(key="pictures").upload(name, data, "image/jpeg")
    app.run()
    app.button(key="import_pictures").click().run()
    assert "no class" in text_of(app)
    assert stored.jobs.latest("import") is None


def take(app: AppTest, seed: int) -> AppTest:
    app.camera_input[0].set_value(("photo.jpg", picture(seed=seed), "image/jpeg")).run()
    assert not app.exception
    return app


def images(catalog: Catalog) -> list[str]:
    return sorted(image.id for image in catalog.images.all())


def test_photos_of_a_burst_are_stored_one_by_one_and_the_last_can_be_undone(workspace, stored):
    app = opened("More ways", "Camera")
    assert not app.camera_input  # it needs a class first
    app.text_input(key="camera_label").input(" open  hand ").run()
    one = images(stored)
    take(app, 1)
    two = images(stored)
    take(app, 2)
    assert (len(one), len(two), len(images(stored))) == (0, 1, 2)
    assert "2 pictures** of **open hand" in text_of(app)
    (burst,) = {image.split_group for image in stored.images.all()}
    assert len({image.side for image in stored.images.all()}) == 1
    app.button(key="camera_undo").click().run()
    assert images(stored) == two
    assert stored.images.quarantined_count() == 1
    assert "1 picture** of" in text_of(app)
    app.button(key="camera_new").click().run()
    take(app, 3)
    groups = {image.split_group for image in stored.images.all()}
    assert burst in groups
    assert len(groups) == 2
    assert [e.label.replace("\\", "") for e in app.expander] == ["Camera: open hand · 3 new"]


def test_a_folder_that_is_called_like_a_burst_is_a_line_of_its_own(workspace, stored):
    for number, way in enumerate(("camera", "camera", "folder", "folder")):
        stored.images.add("Camera: hand", [a_record(number, "hand")], [], 0, way)
    lines = [expander.label.replace("\\", "") for expander in opened().expander]
    one, burst = "Camera: hand · 1 new", "Camera: hand · 2 new"
    assert [line for line in lines if line.startswith("Camera")] == [one, one, burst]


def test_a_photo_that_was_there_before_is_said(workspace, stored):
    app = opened("More ways", "Camera")
    app.text_input(key="camera_label").input("hand").run()
    take(app, 1)
    app.text_input(key="camera_label").input("foot").run()
    take(app, 1)
    assert len(images(stored)) == 1
