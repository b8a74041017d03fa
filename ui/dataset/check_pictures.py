"""One check of single pictures: its limit on the histogram, and what is below it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import streamlit as st

from core.catalog import Catalog
from core.dataset.check import Check, is_nature
from core.records import SIDE_NAMES
from core.review.marks import store_marks
from ui import state
from ui.dataset.charts import measure_histogram
from ui.dataset.choice import card, chosen_ids, show_choice
from ui.messages import callback, show_error
from ui.plots import show_plot

A_PAGE = 48
BINS = 50
CHOICE = "check_choice"


def limit_of(check: Check) -> float:
    """The limit that the person chose in this session, or the default."""
    return float(st.session_state.get(_limit_key(check), check.limit))


def _limit_key(check: Check) -> str:
    return f"check_limit_{check.measure}"


def show_flagged(check: Check) -> None:
    catalog = state.catalog()
    st.markdown(check.about)
    checked = catalog.quality.checked_count()
    if not checked:
        return
    limit = _ask_for_limit(catalog, check)
    count = catalog.quality.flagged_counts({check.measure: limit})[check.measure]
    if is_nature(count, checked):
        st.info(
            f"{count:,} of {checked:,} pictures are below this limit ({count / checked:.0%}). That "
            "is probably what this dataset is like rather than a fault of single pictures. Lower "
            "the limit to see the most extreme ones."
        )
    elif count:
        _show_pictures(catalog, check, limit, count)
    else:
        st.success("No picture in use is below this limit, except those you have reviewed.")
        undo_button(catalog)


def _ask_for_limit(catalog: Catalog, check: Check) -> float:
    fine = check.top <= 1
    limit = st.slider(
        "Limit: pictures below it are listed",
        0.0 if fine else 0,
        check.top if fine else int(check.top),
        check.limit if fine else int(check.limit),
        0.01 if fine else 8,
        key=_limit_key(check),
        persist_state="session",
        help=f"Default: {check.limit:g}",
    )
    counts = catalog.quality.histogram(check.measure, check.top, BINS)
    alt = f"How many pictures have which value; the limit is at {limit:g}"
    plot = measure_histogram(counts, check.top, limit)
    show_plot(plot, f"check_histogram_{check.measure}", alt, 130)
    return float(limit)


def _show_pictures(catalog: Catalog, check: Check, limit: float, count: int) -> None:
    start = page_start(f"check_page_{check.measure}", count, A_PAGE)
    values = dict(catalog.quality.flagged(check.measure, limit, A_PAGE, start))
    choice = chosen_ids(CHOICE, list(values))
    with st.container(horizontal=True):
        set_aside_buttons(f"{len(values):,} of {count:,}", list(values), choice)
        st.button(
            f"Keep {len(choice)} chosen",
            key="check_keep",
            disabled=not choice,
            on_click=_keep,
            args=(choice,),
            help="Says that picture and label are right: it counts as reviewed, and no check of "
            "single pictures lists it again.",
        )
        undo_button(catalog)
        if st.button("Open in Review", key="check_review", disabled=len(choice) != 1):
            _open_in_review(catalog, choice[0])
    workspace = state.workspace()
    images = catalog.images.some(list(values))
    show_choice(
        CHOICE,
        [[card(workspace, i, f"{values[i.id]:.3g} · {SIDE_NAMES[i.side]}")] for i in images],
    )


def page_start(key: str, length: int, size: int) -> int:
    """Where the page begins that the person turned to; the arrows are drawn when there are more."""
    last = (length - 1) // size
    if not last:
        return 0
    # Under a key of its own for each length: a page that is not there any more is not asked for.
    return size * (st.pagination(last + 1, key=f"{key}_{last}") - 1)


def set_aside_buttons(which: str, shown: Sequence[str], choice: Sequence[str]) -> None:
    """For what is shown, ids of pictures, said in words; and for what is chosen of it."""
    st.button(
        f"Set aside on this page: {which}",
        key="check_all",
        disabled=not shown,
        on_click=set_aside,
        args=(shown,),
        help="Only what is shown here. They go to the deleted pictures; Undo brings all of "
        "them back at once.",
    )
    st.button(
        f"Set {len(choice)} chosen aside",
        key="check_chosen",
        disabled=not choice,
        on_click=set_aside,
        args=(choice,),
        help="They go to the deleted pictures and can be restored.",
    )


def undo_button(catalog: Catalog) -> None:
    st.button(
        "Undo",
        key="check_undo",
        on_click=decide,
        args=("undo",),
        disabled=not catalog.journal.next_undo(),
        help="Takes back the last step of this workspace.",
    )


@callback
def set_aside(ids: Sequence[str]) -> None:
    """Take pictures out of use, as one step of the journal (a callback of buttons)."""
    edits = state.catalog().journal.quarantine(ids) if ids else ()
    count = "1 picture was" if len(edits) == 1 else f"{len(edits):,} pictures were"
    st.toast(f"{count} set aside.")


@callback
def decide(operation: str, ids: Sequence[str] = ()) -> None:
    """Do what the look-alike view does for the same operation (a callback of buttons)."""
    marks = [{"cid": uuid.uuid4().hex, "seq": 1, "op": operation, "ids": list(ids)}]
    for problem in store_marks(state.catalog(), marks).problems:
        show_error(problem)


@callback
def _keep(ids: Sequence[str]) -> None:
    state.catalog().journal.keep(ids)


def _open_in_review(catalog: Catalog, image_id: str) -> None:
    (image,) = catalog.images.some([image_id])
    st.session_state["review_view"] = "Labels"
    st.session_state["review_text"] = image.source_path[-100:]
    st.switch_page("../pages/review.py")
