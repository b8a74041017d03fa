"""Files that imports left out, and why."""

from __future__ import annotations

import streamlit as st

from core.catalog import Catalog
from core.errors import FileFault
from ui import state

MOST_ROWS = 1000


def show_skipped() -> None:
    catalog = state.catalog()
    total = catalog.images.skipped_count()
    if not total:
        st.success("Every file of every import was taken in.")
        return
    kinds = catalog.images.skipped_kinds()
    twice = kinds.get("same picture", 0)
    st.markdown(
        "Files that were not taken in. They were left where they are; convert or replace what you "
        "need and import again."
        + (f" {twice:,} of them are exact copies of a picture that is there." if twice else "")
    )
    st.dataframe([{"kind": kind, "files": count} for kind, count in kinds.items()])
    kind = st.selectbox("Kind", [*kinds], index=None, placeholder="All", key="skipped_kind")
    total = kinds[kind] if kind else total
    _table(catalog, kind)
    if total > MOST_ROWS:
        st.caption(f"The newest {MOST_ROWS:,} of {total:,}.")


def show_in_another_class(catalog: Catalog) -> None:
    """Exact copies that came with another label; the first that came stayed."""
    if catalog.images.skipped_count("another class"):
        st.markdown(
            "**The very same file came in two classes.** The first that came was taken in, under "
            "its label; look whether that one is right."
        )
        _table(catalog, "another class")


def _table(catalog: Catalog, kind: FileFault | None) -> None:
    skipped = catalog.images.skipped_ever(MOST_ROWS, kind)
    st.dataframe([{"file": s.path, "why it was skipped": s.reason} for s in skipped])
