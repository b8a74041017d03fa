"""The sidebar: the workspace first, then every page; and all pages by their addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.playground import LESSONS
from tests.app import open_page, open_studio
from tests.browser import ROOT

LISTED = 24  # pages, of 24 pixels each: with headings, more would not fit on 900 pixels


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_workspace_stands_above_the_pages() -> None:
    shown = [element.type for element in open_studio().sidebar]
    assert shown.index("selectbox") < shown.index("page_link")


def test_every_page_but_the_lessons_is_in_it() -> None:
    links = [link.proto.page for link in open_studio().sidebar.get("page_link")]
    files = {file.stem for file in ROOT.glob("pages/*.py")} - {"home"}
    assert {link.rpartition("/")[2] for link in links} - {"", "home"} == files
    assert len(links) <= LISTED


def test_the_lessons_are_on_a_page_of_their_own_each_with_a_picture() -> None:
    app = open_page("playgrounds")
    assert not app.exception
    links = [link.proto.label for link in app.main.get("page_link")]
    assert links == [f"**{lesson.title}**" for lesson in LESSONS]
    for lesson in LESSONS:
        for theme in ("light", "dark"):
            assert (ROOT / "ui" / "assets" / "lessons" / f"{lesson.id}-{theme}.webp").is_file()
