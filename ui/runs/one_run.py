"""One run: its name and note, how to repeat it, and how to get rid of it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.catalog import Catalog
from core.errors import StudioError
from core.jobs import start_job
from core.markdown import plain
from core.records import Run
from core.runs import delete_run
from core.training.recipe import parse_recipe, recipe
from ui import state
from ui.messages import show_error


def show_one_run(catalog: Catalog, runs: Sequence[Run], busy: bool) -> None:
    st.subheader("One run")
    names = {run.id: run.name for run in runs}
    run_id = st.selectbox("Run", list(names), format_func=names.__getitem__, key="one_run")
    run = catalog.runs.get(run_id)
    left, right = st.columns(2)
    with left:
        _ask_for_name(catalog, run)
        _ask_whether_to_delete(catalog, run)
    with right:
        _show_recipe(catalog, run, busy)


def _ask_for_name(catalog: Catalog, run: Run) -> None:
    with st.form(f"describe_{run.id}", border=False):
        name = st.text_input("Name", run.name, max_chars=60, key=f"name_{run.id}")
        note = st.text_area("Note", run.note, max_chars=2000, key=f"note_{run.id}", height=110)
        if st.form_submit_button("Save", key=f"save_{run.id}"):
            try:
                catalog.runs.describe(run.id, name, note)
            except StudioError as error:
                show_error(error)
            else:
                st.rerun()


def _ask_whether_to_delete(catalog: Catalog, run: Run) -> None:
    with st.popover("Delete this run", disabled=run.ending is None):
        st.markdown(
            f"The model, the curves and the answers of **{plain(run.name)}** will be gone. The "
            "dataset, its labels and what was exported stay."
        )
        if st.button("Delete it", type="primary", key="delete_run"):
            _delete(catalog, run)
            st.rerun()


def _delete(catalog: Catalog, run: Run) -> None:
    folder = delete_run(state.workspace(), catalog, run.id)
    if folder is not None:
        where = plain(state.without_paths(str(folder)))
        st.toast(
            f"The run is gone; its folder is not marked as its own, so it was left: {where}",
            duration="infinite",
        )


def _show_recipe(catalog: Catalog, run: Run, busy: bool) -> None:
    st.markdown("Its configuration. The same JSON on the same data gives the same run again.")
    text = recipe(run)
    st.code(text, language="json", height=190)
    with st.container(horizontal=True):
        if st.button("Repeat this run", disabled=busy, key="repeat_run"):
            _start(catalog, text)
        st.download_button("Download JSON", text, f"{run.kind}-{run.id}.json", key="recipe_file")
        with st.popover("From another JSON"):
            other = st.text_area("JSON of a run", key="pasted_recipe", height=190)
            if st.button("Start", disabled=busy or not other.strip(), key="start_recipe"):
                try:
                    _start(catalog, other)
                except StudioError as error:
                    show_error(error)


def _start(catalog: Catalog, text: str) -> None:
    kind, args = parse_recipe(text)
    start_job(state.workspace(), catalog, kind, args)
    st.switch_page("../pages/training.py")
