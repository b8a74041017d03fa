"""Anatomy: a network layer by layer, one picture in it, and what each channel looks for."""

import streamlit as st

from core.catalog import Catalog
from core.errors import StudioError
from core.interpretation.shelf import BARE, Shelf, bare_architecture, shelf_of
from core.markdown import plain
from ui import state
from ui.anatomy.channels import show_channels
from ui.anatomy.layers import show_layers
from ui.anatomy.walk import RUN, SECTION, WALK, show_walk
from ui.job_progress import show_jobs

SECTIONS = {"Layers": show_layers, WALK: show_walk, "Channels": show_channels}
catalog = state.catalog()


def ask_for_network(catalog: Catalog) -> int:
    names = {run.id: run.name for run in catalog.runs.all()}
    names[BARE] = f"pretrained {bare_architecture(catalog)}, no run"
    if st.session_state.get(RUN) not in names:
        st.session_state.pop(RUN, None)
    return st.selectbox("Network", list(names), format_func=names.__getitem__, key=RUN)


def show(catalog: Catalog, shelf: Shelf, busy: bool) -> None:
    section = st.segmented_control(
        "Section",
        list(SECTIONS),
        default="Layers" if SECTION not in st.session_state else None,
        required=True,
        label_visibility="collapsed",
        width="stretch",
        key=SECTION,
    )
    SECTIONS[section or "Layers"](catalog, shelf, busy)


st.title("Anatomy")
st.markdown(
    "A network is a row of layers, each a function of what the one before it answered. Here you "
    "can take one apart: its layers and their numbers, one of your pictures on its way through, "
    "and what each channel looks for in your pictures."
)
busy = show_jobs("anatomy", "walk", "channels")
number = ask_for_network(catalog)
try:
    shelf = shelf_of(state.workspace(), catalog, number)
except StudioError as error:  # no failure of the page: another network can be chosen
    st.warning(f"**{plain(error.message)}** {plain(error.hint)}")
else:
    show(catalog, shelf, busy)
