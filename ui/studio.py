"""The list of pages, and what stands around each of them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.playground import LESSONS
from ui import state
from ui.messages import errors_shown
from ui.sidebar import show_sidebar

VISIBLE = 15  # in the sidebar before it is unfolded: all pages but the lessons, of which two show
PAGES = Path(__file__).parent.parent / "pages"


def page(file: str, title: str, default: bool = False) -> st.Page:
    address = file.rpartition("/")[2]
    return st.Page(PAGES / f"{file}.py", title=title, url_path=address, default=default)


chosen = st.navigation(
    {
        "": [page("home", "Home", default=True)],
        "The loop": [
            page("dataset", "1 · Dataset"),
            page("training", "2 · Training"),
            page("review", "3 · Review"),
            page("export", "4 · Export"),
            page("show", "Show"),
        ],
        "Look closer": [
            page("interpretation", "Interpretation"),
            page("anatomy", "Anatomy"),
            page("architectures", "Which model?"),
            page("runs", "Runs"),
            page("learning_curve", "More data?"),
        ],
        "Learn": [page("guide", "A guided path"), page("glossary", "Glossary")],
        "Playgrounds": [page(f"playground/{lesson.id}", lesson.title) for lesson in LESSONS],
    },
    expanded=VISIBLE,
)
st.set_page_config(page_title=f"{chosen.title} · TopLoss", page_icon="🔎", layout="wide")
with errors_shown(), state.owned_catalog():
    show_sidebar()
    chosen.run()
