"""Review: the pictures whose labels are most likely wrong, worst first."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.catalog import Catalog
from core.jobs import start_job
from core.review.live import live_scores
from core.review.queue import Filter
from ui import state
from ui.glossary import explained
from ui.job_progress import show_jobs
from ui.messages import fragment, no_model_yet
from ui.next_step import emphasis, show_next_step, step_now
from ui.review.after import show_what_changed
from ui.review.filters import ask_for_filter
from ui.review.grid import show_grid, store_what_was_sent
from ui.review.history import show_history
from ui.review.lookalikes import show_lookalikes
from ui.review.progress import show_progress
from ui.review.standing_queue import (
    PAGE,
    ask_for_new_order,
    ask_for_page,
    standing_queue,
)

SUSPICIOUS, ALIKE, HISTORY = "Labels", "Look-alikes", "History"

HELP = (
    "The labels most likely wrong come first, by a model that never saw them. Deleted pictures "
    "can be restored. " + explained("out-of-fold")
)
workspace = state.workspace()
live = live_scores(workspace)


def review(busy: bool) -> None:
    catalog = state.catalog()
    top = st.container(horizontal=True, vertical_alignment="center")
    with top:
        st.title("Review", help=HELP, width="content")
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        view = st.segmented_control(
            "View",
            [SUSPICIOUS, ALIKE, HISTORY],
            default=SUSPICIOUS,
            required=True,
            label_visibility="collapsed",
            key="review_view",
        )
    if view == HISTORY:
        show_history(workspace, catalog)
    elif view == ALIKE:
        show_lookalikes(workspace, catalog, busy)
    else:
        review_labels(catalog, busy, top, row)


def review_labels(catalog: Catalog, busy: bool, top: DeltaGenerator, row: DeltaGenerator) -> None:
    said = store_what_was_sent(catalog)
    scores = live.newest(catalog)
    if scores is None:
        no_model_yet(catalog)
        return
    wanted, size = ask_for_filter(scores, row)
    queue = standing_queue(catalog, live, scores, wanted, size)
    ask_for_new_order(scores)
    notice = st.container()
    start = size * st.session_state[PAGE]
    tiles = scores.of(catalog.images.some(queue[start : start + size]))
    if tiles:
        show_grid(workspace, tiles, catalog.images.classes(), said, st.session_state[PAGE])
    elif wanted == Filter(order=wanted.order):
        st.success("Every picture is reviewed. Train again on the cleaned data.")
    else:
        st.info("No picture fits this choice.")
    # Above the grid, but after it: marks are waiting for their answer.
    coming = [t.image.id for t in tiles if not t.image.reviewed] + queue[start + size :]
    show_progress(catalog, scores, coming, top, notice)
    with st.container(horizontal=True, vertical_alignment="center"):
        ask_for_page(len(queue), size)
        ask_for_training(catalog, busy)


def ask_for_training(catalog: Catalog, busy: bool) -> None:
    label = "Train again on the cleaned data"  # one that changed with each mark would lose clicks
    look, idle = emphasis(step_now(catalog), "train again"), busy or not catalog.journal.count()
    if st.button(label, type=look, disabled=idle, key="train_again"):
        start_job(workspace, catalog, "quick", {})
        st.rerun()


catalog = state.catalog()
if catalog.runs.latest("out-of-fold") is None:
    st.title("Review", help=HELP)
    show_next_step(catalog, "review")
    busy = show_jobs("quick", "lookalikes")
    st.markdown(
        "The quick model scores every picture by a model that never saw it; the labels most "
        "likely wrong come first here."
    )
    if not busy:
        no_model_yet(catalog)
else:
    show_next_step(catalog, "review")
    busy = show_jobs("quick", "lookalikes")
    show_what_changed(catalog)
    fragment(review)(busy)
