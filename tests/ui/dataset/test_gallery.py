"""The gallery: filters, pages, and one picture in full."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from core.catalog import open_catalog
from core.context import Context
from core.errors import WorkspaceError
from core.models.augmentation import PRESETS
from core.settings import Settings
from core.workspace import open_workspace
from tests.builders import fill
from tests.conftest import Opened
from tests.ui.dataset.sections import open_section


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    home = tmp_path / "home"
    monkeypatch.setenv("TOPLOSS_HOME", str(home))
    return sixty_insects(home, "insects")


def sixty_insects(home: Path, name: str) -> Context:
    workspace = open_workspace(home, name)
    context = Context(workspace, open_catalog(workspace), Settings(home))
    fill(context, {"ant": 40, "bee <b>": 20})
    return context


def test_an_empty_gallery_leads_to_the_ways_in(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    app = open_section("Gallery")
    app.button(key="lead_to_adding").click().run()
    assert app.segmented_control(key="section").value == "Add pictures"
    assert app.text_input(key="folder").value == ""


def test_a_part_that_runs_by_itself_says_what_went_wrong(insects: Context, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise WorkspaceError("The disk is full.", "Free some space.")

    monkeypatch.setattr("ui.dataset.gallery._ask_for_filter", full)
    app = AppTest.from_function(alone, default_timeout=30).run()
    assert not app.exception
    assert app.error[0].value.replace("\\", "") == "**The disk is full.** Free some space."


def alone() -> None:
    from ui import state
    from ui.dataset.gallery import show_gallery

    with state.owned_catalog():
        show_gallery(False)


def text_of(app: AppTest) -> str:
    assert not app.exception and not app.error
    return " ".join([*(c.value for c in app.caption), *(i.value for i in app.info)])


def test_the_filters_say_how_many_fit_and_begin_at_the_first_page(insects: Context) -> None:
    app = open_section("Gallery")
    assert "1 to 48 of 60" in text_of(app)
    app.session_state["gallery_page"] = 2
    app.run()
    assert "49 to 60 of 60" in text_of(app)
    app.selectbox(key="gallery_label").set_value("bee <b>").run()
    assert "1 to 20 of 20" in text_of(app)
    app.selectbox(key="gallery_side").set_value("valid").run()
    sides = insects.catalog.images.counts()["bee <b>"]
    assert f"of {sides['valid']}." in text_of(app)
    app.selectbox(key="gallery_label").set_value(None).run()
    app.selectbox(key="gallery_side").set_value(None).run()
    app.text_input(key="gallery_text").input(" ANT/00 ").run()
    assert "of 10." in text_of(app)
    app.text_input(key="gallery_text").input("%").run()
    assert "No picture fits" in text_of(app)
    app.text_input(key="gallery_text").input("").run()
    app.selectbox(key="gallery_source").set_value(1).run()
    assert "of 60." in text_of(app)
    app.segmented_control(key="gallery_status").set_value("quarantined").run()
    assert "No picture fits" in text_of(app)


def test_a_class_that_was_renamed_meanwhile_is_no_longer_asked_for(insects: Context) -> None:
    app = open_section("Gallery")
    app.selectbox(key="gallery_label").set_value("ant").run()
    insects.catalog.classes.rename("ant", "emmet")
    app.run()
    assert "of 60." in text_of(app) or "No picture fits" in text_of(app)


def one_picture(image_id: str) -> AppTest:
    def script(image_id: str) -> None:
        from ui.dataset.picture import show_picture

        show_picture(image_id)

    return AppTest.from_function(script, default_timeout=30, args=(image_id,)).run()


def test_one_picture_is_relabelled_and_deleted_through_the_journal(insects: Context) -> None:
    image = next(i for i in insects.catalog.images.all() if i.label == "ant")
    app = one_picture(image.id)
    assert not app.exception
    app.selectbox(key=f"picture_label_{image.id}").set_value("bee <b>").run()
    app.button(key="picture_save").click().run()
    app.button(key="picture_delete").click().run()
    kinds = [edit.kind for edit in insects.catalog.journal.history()]
    assert kinds == ["quarantine", "relabel"]
    again = one_picture(image.id)
    assert again.button(key="picture_save").disabled
    again.button(key="picture_delete").click().run()
    assert insects.catalog.images.get(image.id).status == "in use"


def test_augmentation_is_what_training_does(insects: Context) -> None:
    from ui.dataset.picture import SAMPLES, SIZE_PX, _samples

    image = insects.catalog.images.all()[0]
    app = one_picture(image.id)
    for preset in PRESETS:
        app.segmented_control(key="picture_preset").set_value(preset).run()
        assert not app.exception
    for preset in PRESETS:
        samples = np.stack(_samples(insects.workspace, image.id, preset, 0))
        assert samples.shape == (SAMPLES, SIZE_PX, SIZE_PX, 3) and samples.dtype == np.uint8
        assert (samples.std(0).max() == 0) == (preset == "none")
        again = _samples(insects.workspace, image.id, preset, 1)
        assert np.array_equal(samples, np.stack(again)) == (preset == "none")


def test_a_picture_whose_file_is_gone_is_said(insects: Context) -> None:
    image = insects.catalog.images.all()[0]
    insects.workspace.copy(image.id).unlink()
    app = one_picture(image.id)
    assert not app.exception and app.error


@pytest.mark.slow
def test_a_click_opens_a_picture_and_its_new_label_is_shown(
    page: Page, opened: Opened, shared_home: Path
) -> None:
    insects = sixty_insects(shared_home, "gallery")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    address = opened("gallery")
    page.goto(f"{address}/dataset")
    page.get_by_text("Gallery", exact=True).click()
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(48)
    expect(page.locator(".tile img[src^='data:image/jpeg']")).to_have_count(48)
    tiles.nth(2).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("What training makes of it")).to_be_visible()
    expect(dialog.locator("img")).to_have_count(9)
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 to 48 of 59")).to_be_visible()
    expect(dialog).to_have_count(0)
    page.get_by_text("2", exact=True).last.click()
    expect(tiles).to_have_count(11)
    assert insects.catalog.journal.history()[0].kind == "quarantine"
    assert not errors
