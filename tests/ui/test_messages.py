"""Text from outside is shown as it is; what goes wrong in a part of a page is said in its place."""

from __future__ import annotations

import ast
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from core.catalog.lookalikes import NearPair
from core.context import Context
from core.markdown import plain
from tests.app import open_page
from tests.browser import ROOT
from tests.builders import a_scored_workspace
from ui.job_progress import duration

PAGES = [ROOT / "streamlit_app.py", *ROOT.glob("ui/**/*.py"), *ROOT.glob("pages/**/*.py")]
VIEWS = {
    "Labels": ("renames", "predictions", "images"),
    "Look-alikes": ("lookalikes",),
    "History": ("edits",),
}
"""Of the Review page, with tables of the catalog that only they read."""


def test_markdown_and_html_in_names_mean_nothing() -> None:
    for name in ("**bold**", "[x](http://y)", "<script>alert(1)</script>", "# a", "`c`", ":red[a]"):
        html = MarkdownIt().render(plain(name))
        shown = html.removeprefix("<p>").removesuffix("</p>\n")
        assert "<" not in shown
        assert shown.replace("&lt;", "<").replace("&gt;", ">") == name


def test_durations_are_said_as_a_person_would() -> None:
    assert [duration(s) for s in (3.4, 89, 300, 7200)] == ["3 s", "89 s", "5 min", "2.0 h"]


def uses_of(name: str, file: Path) -> list[int]:
    """Lines on which a file uses something of Streamlit, however it is imported."""
    lines = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        named = isinstance(node, ast.Attribute) and node.attr == name
        imported = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("streamlit")
        if named or (imported and name in [alias.name for alias in node.names]):
            lines.append(node.lineno)
    return lines


def test_no_part_of_a_page_is_drawn_again_but_by_the_one_that_shows_errors() -> None:
    for name in ("fragment", "dialog"):  # a dialog is a fragment, too
        uses = {str(file.relative_to(ROOT)): len(uses_of(name, file)) for file in PAGES}
        assert {file: count for file, count in uses.items() if count} == {"ui/messages.py": 1}


def a_fragment() -> None:
    import streamlit as st

    from core.errors import StudioError
    from ui.messages import dialog, errors_shown, fragment

    def draw(error: Exception | None) -> None:
        st.markdown("before")
        if error:
            raise error

    with errors_shown():
        fragment(draw)(StudioError("It is *broken*.", "Mend it."))
        fragment(draw)(ValueError("a secret"))
        dialog("A window")(draw)(StudioError("A window is broken.", "Mend it."))
        fragment(draw)(None)
        st.markdown("after")


def test_an_error_in_a_fragment_is_said_in_its_place_and_the_page_goes_on() -> None:
    app = AppTest.from_function(a_fragment, default_timeout=30).run()
    assert not app.exception
    studio_error, other, in_dialog = (error.value for error in app.error)
    assert "A window is broken" in in_dialog
    assert studio_error == f"**{plain('It is *broken*.')}** Mend it."
    assert "unexpected" in other and "secret" not in other
    assert [m.value for m in app.markdown] == ["before", "before", "before", "after", "before"]


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    context = a_scored_workspace(tmp_path / "home", {"ant": 4, "bee": 4})
    first, second = (image.id for image in context.catalog.images.all()[:2])
    context.catalog.lookalikes.replace_pairs([NearPair(first, second, 0.9)], "features")
    return context


@pytest.mark.parametrize(("view", "table"), [(v, t) for v, ts in VIEWS.items() for t in ts])
def test_review_says_what_is_wrong_with_a_damaged_catalog(
    insects: Context, view: str, table: str
) -> None:
    app = open_page("review")
    app.segmented_control(key="review_view").set_value(view).run()
    assert not app.error and not app.exception
    with closing(sqlite3.connect(insects.workspace.catalog_file)) as database:
        database.execute(f"DROP TABLE {table}")
    app.run()
    assert not app.exception
    assert app.error
    for error in app.error:
        assert "cannot be read" in error.value and "unexpected" not in error.value
