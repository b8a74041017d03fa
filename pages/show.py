"""Show: the story of this workspace for people who were not there."""

import streamlit as st

from core.images.working_copy import small_copy
from core.interpretation.comparison import comparable, run_results
from core.show.page import html_page
from core.show.story import story
from ui import state
from ui.messages import empty_state

catalog = state.catalog()
workspace = state.workspace()

st.title("Show")
if not catalog.images.classes():
    empty_state("There is no story to tell yet.", "Bring your pictures", "dataset")
else:
    results = comparable(run_results(catalog))
    result = results[0] if results else None
    if len(results) > 1:
        result = st.selectbox("Model", results, format_func=lambda r: r.run.name, key="show_run")
    told = story(catalog, workspace.name, result.run if result else None)
    page = html_page(told, lambda image_id: small_copy(workspace, image_id))
    st.markdown(
        "One screen after another: the arrow keys go on and back, **f** fills the screen. "
        "Everything is told from this workspace as it is now."
    )
    st.iframe(page, height=600)
    st.download_button(
        "Download as one HTML file", page, f"{workspace.folder.name}.html", "text/html",
        key="download_show", help="Pictures inside; opening it loads nothing. It prints well.",
    )  # fmt: skip
