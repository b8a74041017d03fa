"""The classes: how many pictures each has, on which side; and what can be done to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from core.catalog import Catalog
from core.dataset.classes import (
    Change,
    add_class,
    delete_class,
    imbalance,
    merge_class,
    rename_class,
)
from core.dataset.split import missing_sides
from core.errors import Conflict, StudioError
from core.jobs import active_job, title_of
from core.markdown import plain
from core.records import Side
from ui import state
from ui.dataset.charts import MOST_CLASSES, class_counts
from ui.messages import callback, show_error
from ui.plots import show_plot

CHANGE, PROBLEM = "class_change", "class_problem"
MOST_WARNINGS = 5
LONGEST_NAME = 100


def show_classes(busy: bool) -> None:
    catalog = state.catalog()
    _show_last_change()
    counts = catalog.images.counts()
    _ask_for_change(catalog, list(counts), busy)
    if counts:
        _show_balance(counts)


def _show_balance(counts: Mapping[str, Mapping[Side, int]]) -> None:
    count = min(len(counts), MOST_CLASSES)
    height = max(180, 80 + 26 * count)
    show_plot(class_counts(counts), "counts", "Pictures per class and side", height)
    if count < len(counts):
        half = MOST_CLASSES // 2
        st.caption(f"The {half} largest and the {half} smallest of {len(counts):,} classes.")
    if len(counts) == 1:
        st.warning("There is only one class: add pictures of another one, to tell them apart.")
    _warn_of_missing_sides(counts)
    _advise_on_balance(counts)


def _warn_of_missing_sides(counts: Mapping[str, Mapping[Side, int]]) -> None:
    missing = missing_sides(counts)
    for label, reason in list(missing.items())[:MOST_WARNINGS]:
        st.warning(f"**{plain(label)}**: {plain(reason)}")
    if len(missing) > MOST_WARNINGS:
        st.warning(f"{len(missing) - MOST_WARNINGS:,} more classes lack a side, too.")


def _advise_on_balance(counts: Mapping[str, Mapping[Side, int]]) -> None:
    extremes = imbalance(counts)
    if extremes is not None:
        st.info(
            f"**{plain(extremes.most)}** has {extremes.times:,} times as many training pictures as "
            f"**{plain(extremes.fewest)}**. Usually that needs nothing: train, and see how well "
            "the rare class does. Slightly better is to copy the rare class (oversampling), a "
            "choice on the Training page. More pictures of it are best."
        )


def _ask_for_change(catalog: Catalog, classes: list[str], busy: bool) -> None:
    with st.container(horizontal=True, gap="small"):
        with st.popover("Add a class", icon=":material/add:", disabled=busy):
            _ask_to_add(catalog)
        with st.popover("Rename", icon=":material/edit:", disabled=busy or not classes):
            _ask_to_rename(catalog, classes)
        with st.popover("Merge", icon=":material/merge:", disabled=busy or len(classes) < 2):
            _ask_to_merge(catalog, classes)
        with st.popover("Delete", icon=":material/delete:", disabled=busy or not classes):
            _ask_to_delete(catalog, classes)


def _ask_to_add(catalog: Catalog) -> None:
    with st.form("class_add", border=False, clear_on_submit=True):
        name = st.text_input("Name of the new class", max_chars=LONGEST_NAME, key="class_new")
        if st.form_submit_button("Add", key="class_add_do"):
            _do(catalog, lambda: add_class(catalog, name))


def _ask_to_rename(catalog: Catalog, classes: list[str]) -> None:
    with st.form("class_rename", border=False, clear_on_submit=True):
        # No default: a class that was renamed in another tab must not become the first one.
        old = st.selectbox("Class", classes, index=None, key="class_rename_old")
        name = st.text_input("New name", max_chars=LONGEST_NAME, key="class_rename_new")
        st.caption("Earlier runs and changes get the new name too. No label counts as changed.")
        if st.form_submit_button("Rename", key="class_rename_do"):
            if old is None:
                st.warning("Choose a class.")
            else:
                _do(catalog, lambda: rename_class(catalog, old, name))


def _ask_to_merge(catalog: Catalog, classes: list[str]) -> None:
    with st.form("class_merge", border=False):
        old = st.selectbox("Merge", classes, index=None, key="class_merge_old")
        into = st.selectbox("into", classes, index=None, key="class_merge_into")
        if st.form_submit_button("Merge", key="class_merge_do"):
            if old is None or into is None:
                st.warning("Choose both classes.")
            else:
                _do(catalog, lambda: merge_class(catalog, old, into))


def _ask_to_delete(catalog: Catalog, classes: list[str]) -> None:
    with st.form("class_delete", border=False):
        name = st.selectbox("Class", classes, index=None, key="class_delete_name")
        st.caption("Its pictures are deleted with it. Their files stay, and you can undo this.")
        if st.form_submit_button("Delete", key="class_delete_do"):
            if name is None:
                st.warning("Choose a class.")
            else:
                _do(catalog, lambda: delete_class(catalog, name))


def _do(catalog: Catalog, act: Callable[[], Change]) -> None:
    """Act, and draw the page again with what came of it."""
    st.session_state.pop(CHANGE, None)
    try:
        _refuse_while_busy(catalog)  # another tab may have begun something since this one was drawn
        change = act()
        st.session_state[CHANGE] = (change.sentence, change.batch)
    except StudioError as problem:
        st.session_state[PROBLEM] = (problem.message, problem.hint)
    st.rerun()


def _refuse_while_busy(catalog: Catalog) -> None:
    job = active_job(state.workspace(), catalog)
    if job is not None:
        hint = "Change classes when it is done."
        raise Conflict(f"{title_of(job)} is going on.", hint, "busy")


def _show_last_change() -> None:
    problem = st.session_state.pop(PROBLEM, None)
    if problem is not None:
        show_error(StudioError(*problem))
    change = st.session_state.get(CHANGE)
    if change is not None:
        sentence, batch = change
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(plain(sentence), width="stretch")
            if batch is not None:
                st.button("Undo", key="class_undo", on_click=_take_back, args=(batch,))


@callback
def _take_back(batch: int) -> None:
    catalog = state.catalog()
    st.session_state.pop(CHANGE, None)
    try:
        _refuse_while_busy(catalog)
        catalog.journal.undo(only=batch)
    except StudioError as problem:
        st.session_state[PROBLEM] = (problem.message, problem.hint)
