"""What came in, and what was skipped and why."""

from __future__ import annotations

import streamlit as st

from core.markdown import plain
from ui import state


def show_imports() -> None:
    catalog = state.catalog()
    imports = catalog.images.imports()
    for done in imports:
        title = f"{plain(done.source)} · {done.added:,} new"
        title += f" · {done.known:,} were there before" if done.known else ""
        title += f" · {done.skipped:,} skipped" if done.skipped else ""
        with st.expander(title, expanded=done is imports[0] and not done.added):
            st.caption(f"{done.at.replace('T', ' ')[:16]} UTC")
            if done.skipped:
                rows = catalog.images.skipped(done.id)
                st.dataframe([{"file": s.path, "why it was skipped": s.reason} for s in rows])
            else:
                st.write("Nothing was skipped.")
