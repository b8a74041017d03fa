"""The list of pages, and what stands around each of them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.playground import LESSONS
from core.playground.lesson import Lesson
from ui import state
from ui.messages import errors_shown
from ui.sidebar import Menu, show_sidebar

PAGES, ASSETS = Path(__file__).parent.parent / "pages", Path(__file__).parent / "assets"


def page(file: str, title: str, default: bool = False) -> st.Page:
    return st.Page(PAGES / f"{file}.py", title=title, url_path=file, default=default)


def lesson_page(lesson: Lesson) -> st.Page:
    """Not in any list of pages but that of the playgrounds."""
    file = PAGES / "playground" / f"{lesson.id}.py"
    return st.Page(file, title=lesson.title, url_path=lesson.id, visibility="hidden")


def is_phone() -> bool:
    """As browsers say it. There the sidebar lies over the page, and only Streamlit's own list of
    pages makes way for the page that was chosen.
    """
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


MENU: Menu = {
    "": [(page("home", "Home", default=True), "home")],
    "The loop": [
        (page("dataset", "Dataset"), "photo_library"),
        (page("training", "Training"), "model_training"),
        (page("review", "Review"), "rule"),
        (page("runs", "Runs"), "leaderboard"),
        (page("interpretation", "Interpretation"), "search_insights"),
        (page("try_it", "Try it"), "photo_camera"),
        (page("export", "Export"), "deployed_code"),
        (page("show", "Show"), "co_present"),
    ],
    "Look closer": [
        (page("anatomy", "Anatomy"), "layers"),
        (page("architectures", "Which model?"), "account_tree"),
        (page("learning_curve", "More data?"), "trending_up"),
    ],
    "Learn": [
        (page("guide", "A guided path"), "school"),
        (page("playgrounds", "Playgrounds"), "science"),
        (page("glossary", "Glossary"), "dictionary"),
    ],
}
phone = is_phone()
chosen = st.navigation(
    {heading: [entry for entry, _ in entries] for heading, entries in MENU.items()}
    | {"Playgrounds": [lesson_page(lesson) for lesson in LESSONS]},
    position="sidebar" if phone else "hidden",
    expanded=True,
)
st.set_page_config(
    page_title=f"{chosen.title} · TopLoss", page_icon=ASSETS / "mark.svg", layout="wide"
)
st.logo(ASSETS / "wordmark.svg", icon_image=ASSETS / "mark.svg", size="large")
with errors_shown(), state.owned_catalog():
    show_sidebar({} if phone else MENU)
    chosen.run()
