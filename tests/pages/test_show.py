"""The page Show: empty, and with a model."""

from __future__ import annotations

from pathlib import Path

from tests.app import open_page
from tests.builders import a_scored_workspace


def frames(app) -> list[str]:
    return [element.proto.srcdoc for element in app.get("iframe")]


def test_without_pictures_the_page_says_what_it_needs(home: Path) -> None:
    app = open_page("show")
    assert not app.exception and not app.error
    assert not frames(app)


def test_the_story_is_shown_and_can_be_taken_along(home: Path) -> None:
    context = a_scored_workspace(home, {"ant": 8, "bee": 8})
    run = context.catalog.runs.with_model()[0]
    app = open_page("show")
    assert not app.exception and not app.error
    (html,) = frames(app)
    assert "ant" in html and run.name in html and "data:image/jpeg;base64," in html
    assert app.get("download_button")
