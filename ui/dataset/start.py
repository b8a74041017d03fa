"""Starting an import, for all sections that have a way in."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.catalog import Catalog
from core.jobs import start_job
from ui import state
from ui.messages import callback

FIELD_TEST, STARTED = "field_test", "imports_started"
FIELD_TEST_HELP = (
    "Pictures from where the classifier will be used, say photos of your own phone. Nothing "
    "trains on them and cleaning leaves them alone, so they tell how well it really works."
)


def import_button(label: str, key: str, disabled: bool) -> bool:
    """The button of a way in, below what all ways have in common."""
    ask_field_test()
    return st.button(label, type="primary", disabled=disabled, key=key)


def ask_field_test() -> bool:
    return st.checkbox("Keep these as the field test set", help=FIELD_TEST_HELP, key=_key())


def lead_to_adding(text: str) -> None:
    """Say that a section needs pictures, with a button that opens the ways in."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(text, width="stretch")
        st.button("Add pictures", key="lead_to_adding", on_click=_open_ways_in)


@callback
def _open_ways_in() -> None:
    st.session_state["section"] = "Add pictures"


def _key() -> str:
    """A key that changes with each import: what is right for one is not chosen for the next."""
    number = st.session_state.get(STARTED, 0)
    return f"{FIELD_TEST}_{number}" if number else FIELD_TEST


def start_import(catalog: Catalog, way: str, **args: str | int | Sequence[str]) -> None:
    if st.session_state.get(_key()):
        args[FIELD_TEST] = True
    start_job(state.workspace(), catalog, "import", {"way": way, **args})
    st.session_state[STARTED] = st.session_state.get(STARTED, 0) + 1
    st.rerun()
