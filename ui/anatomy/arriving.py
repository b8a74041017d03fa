"""Coming to the Anatomy page with a picture and a run in hand."""

from __future__ import annotations

import streamlit as st

RUN, IMAGE = "anatomy_run", "anatomy_image"
SECTION, WALK = "anatomy_section", "Walk"


def walk_there(run_id: int, image_id: str) -> None:
    """Go there, to this picture on its way through this run."""
    st.session_state[RUN] = run_id
    st.session_state[IMAGE] = image_id
    st.session_state[SECTION] = WALK
    st.switch_page("../pages/anatomy.py")
