"""Files that imports left out, and why."""

from __future__ import annotations

import streamlit as st

from core.dataset.importing import IN_ANOTHER_CLASS
from ui import state

MOST_ROWS = 1000


def show_skipped() -> None:
    catalog = state.catalog()
    total = catalog.images.skipped_count()
    if not total:
        st.success("Every file of every import was taken in.")
        return
    twice = catalog.images.skipped_count("the same picture as")
    st.markdown(
        "Files that were not taken in. They were left where they are; convert or replace what you "
        "need and import again."
        + (f" {twice:,} of them are exact copies of a picture that is there." if twice else "")
    )
    _table("")
    if total > MOST_ROWS:
        st.caption(f"The newest {MOST_ROWS:,} of {total:,}.")


def show_in_another_class() -> None:
    """Exact copies that came with another label; the first that came stayed."""
    if state.catalog().images.skipped_count(IN_ANOTHER_CLASS):
        st.markdown(
            "**The very same file came in two classes.** The first that came was taken in, under "
            "its label; look whether that one is right."
        )
        _table(IN_ANOTHER_CLASS)


def _table(beginning: str) -> None:
    skipped = state.catalog().images.skipped_ever(MOST_ROWS, beginning)
    st.dataframe([{"file": s.path, "why it was skipped": s.reason} for s in skipped])
