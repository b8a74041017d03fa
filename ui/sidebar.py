"""The sidebar: which workspace, the pages, and what goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.errors import StudioError
from core.jobs import active_job, title_of
from core.workspace import workspace_names
from ui import state
from ui.messages import show_error

Menu = Mapping[str, Sequence[tuple[st.Page, str]]]
"""Pages and the names of their icons, by the heading above them."""


def show_sidebar(menu: Menu) -> None:
    """Streamlit's own list of pages would stand above all else, and be cut after some of them."""
    with st.sidebar:
        if state.settings().demo:
            _about_the_demo()
        else:
            with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
                _choose_workspace()
                _new_workspace()
        for heading, pages in menu.items():
            _show_pages(heading, pages)
        job = active_job(state.workspace(), state.catalog())
        if job is not None:
            st.caption(f":material/hourglass_top: {title_of(job)} …")


def _show_pages(heading: str, pages: Sequence[tuple[st.Page, str]]) -> None:
    with st.container(gap="xxsmall"):
        if heading:
            st.caption(heading)
        for page, icon in pages:
            st.page_link(page, icon=f":material/{icon}:", width="stretch")


def _about_the_demo() -> None:
    hours = state.settings().idle_s / 3600
    st.caption(
        "A public demo: this workspace is yours alone, and is deleted "
        f"{hours:.0f} hours after you leave. It runs on a server: keep private pictures to a "
        "TopLoss of your own."
    )


def _choose_workspace() -> None:
    current = state.workspace().name
    names = sorted({current, *workspace_names(state.settings().home)})
    chosen = st.selectbox(
        "Workspace",
        names,
        index=names.index(current),
        label_visibility="collapsed",
        help="One dataset with its labels, runs and exports. "
        f"Workspaces live in `{state.settings().home}`.",
        key=f"workspace_choice_{current}",  # a new one starts with its own value
    )
    if chosen != current:
        state.choose_workspace(chosen)
        st.rerun()


def _new_workspace() -> None:
    with st.popover("New"), st.form("new_workspace", border=False):
        name = st.text_input(
            "Name of the new workspace", max_chars=40, placeholder="Bears", key="workspace_name"
        )
        if st.form_submit_button("Create", key="workspace_create"):
            try:
                state.choose_workspace(name)
            except StudioError as error:
                show_error(error)
            else:
                st.rerun()
