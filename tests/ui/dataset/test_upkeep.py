"""The files of this workspace, in the Check section: what is said, and what the buttons do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import open_catalog
from core.context import Context
from core.jobs import wait_for
from core.upkeep.faults import KINDS
from core.upkeep.inventory import verify_task
from core.workspace import open_workspace
from tests.builders import a_context, fill
from tests.ui.dataset.sections import open_section
from ui.dataset.upkeep import WORDS


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    workspace = open_workspace(tmp_path / "home", "fruits")
    context = a_context(workspace, open_catalog(workspace))
    fill(context, {"cat": 3, "dog": 3})
    return context


def text_of(app: AppTest) -> str:
    assert not app.exception
    kinds = ("markdown", "success", "info", "error")
    return " ".join(element.value for kind in kinds for element in app.get(kind))


def press(app: AppTest, key: str, context: Context) -> AppTest:
    app.button(key=key).click().run()
    job = context.catalog.jobs.latest("verify", "repair")
    assert wait_for(context.workspace, context.catalog, job.id, 60).state == "done"
    return app.run()


def has(app: AppTest, key: str) -> bool:
    return any(button.key == key for button in app.button)


def test_every_kind_of_fault_has_its_words():
    assert tuple(WORDS) == KINDS


def test_before_the_first_check_nothing_is_claimed(filled):
    app = open_section("Check")
    assert "The files were not checked yet" in text_of(app)
    assert "whole" not in text_of(app) and not has(app, "upkeep_repair")
    assert app.button(key="upkeep_verify").label == "Check 6 pictures \u00b7 about 1 s"


def test_an_empty_workspace_can_be_checked_too(tmp_path, monkeypatch):
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    app = open_section("Check")
    assert "The files were not checked yet" in text_of(app)
    assert app.button(key="upkeep_verify").label == "Check 0 pictures \u00b7 about 1 s"


def test_a_check_that_was_stopped_is_not_taken_for_a_result(filled):
    job = filled.catalog.jobs.create("verify", {})
    filled.catalog.jobs.end(job.id, "stopped")
    assert "did not come to its end" in text_of(open_section("Check"))


def test_a_whole_workspace_is_said_to_be_whole(filled):
    app = press(open_section("Check"), "upkeep_verify", filled)
    assert "All files are there and whole:** 6 pictures" in text_of(app)
    assert not has(app, "upkeep_repair")


def test_what_is_damaged_is_listed_and_the_button_puts_it_right(filled):
    image = filled.catalog.images.all()[0]
    filled.workspace.copy(image.id).unlink()
    app = press(open_section("Check"), "upkeep_verify", filled)
    assert "Files are missing or damaged.** Found: 1 working copy gone." in text_of(app)
    (table,) = [t for t in app.dataframe if "a repair" in t.value]
    assert table.value.iloc[0].to_dict() == {
        "what": "working copy gone",
        "of": image.source_path,
        "file": filled.workspace.copy(image.id).relative_to(filled.workspace.folder).as_posix(),
        "a repair": "made again from the original",
    }
    app = press(app, "upkeep_repair", filled)
    assert "Put right by the repair: 1 working copy gone" in text_of(app)
    assert "All files are there and whole" in text_of(app) and not has(app, "upkeep_repair")


def test_what_no_repair_can_touch_offers_none(filled):
    stray = filled.workspace.folder / "originals" / "notes.txt"
    stray.write_text("mine")
    os.utime(stray, (1_600_000_000, 1_600_000_000))
    list(verify_task(filled, {}))
    app = open_section("Check")
    assert "Nothing is lost.** Found: 1 unknown." in text_of(app)
    assert not has(app, "upkeep_repair")
