"""The list of pages, and what stands around each of them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.playground import LESSONS
from ui import state
from ui.messages import errors_shown
from ui.sidebar import Menu, show_sidebar

PAGES, ASSETS = Path(__file__).parent.parent / "pages", Path(__file__).parent / "assets"


def page(file: str, title: str, default: bool = False) -> st.Page:
    address = file.rpartition("/")[2]
    return st.Page(PAGES / f"{file}.py", title=title, url_path=address, default=default)


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
listed = [entry for group in MENU.values() for entry, _ in group]
lessons = [page(f"playground/{lesson.id}", lesson.title) for lesson in LESSONS]
chosen = st.navigation([*listed, *lessons], position="hidden")  # the sidebar has its own
st.set_page_config(
    page_title=f"{chosen.title} · TopLoss", page_icon=ASSETS / "mark.svg", layout="wide"
)
st.logo(ASSETS / "wordmark.svg", icon_image=ASSETS / "mark.svg", size="large")
with errors_shown(), state.owned_catalog():
    show_sidebar(MENU)
    chosen.run()
