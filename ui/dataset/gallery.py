"""The pictures themselves."""

from __future__ import annotations

import hashlib

import streamlit as st

from ui import state
from ui.pictures import picture_grid

BATCH = 24


def show_gallery(busy: bool) -> None:
    st.fragment(_show_batch)()


def _show_batch() -> None:
    batch = st.session_state.get("batch", 0)
    start_id = hashlib.sha256(str(batch).encode()).hexdigest()
    picture_grid(state.workspace(), state.catalog().images.sample(BATCH, start_id))
    st.button("Another batch", key="another_batch", on_click=_show_another, args=(batch + 1,))


def _show_another(number: int) -> None:
    st.session_state["batch"] = number
