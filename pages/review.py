"""Review: the images that the model is most wrong about, worst first."""

from collections.abc import Iterable

import streamlit as st

from core.jobs import start_job
from core.records import SIDES
from core.review.marks import store_marks
from core.review.queue import Filter, Scored, choose, scored_images
from ui import state
from ui.job_progress import show_jobs
from ui.messages import empty_state, show_error
from ui.review_grid import sent_marks, show_grid

PAGE = 24
ANY = "any"

catalog = state.catalog()
workspace = state.workspace()


def ask_for_filter() -> Filter:
    show, label, predicted, side = st.columns([2, 1, 1, 1])
    classes = [ANY, *catalog.images.classes()]
    chosen = [
        show.segmented_control(
            "Show",
            ["to review", "reviewed", "deleted"],
            default="to review",
            required=True,
            key="review_show",
        ),
        label.selectbox("Given label", classes, key="review_label"),
        predicted.selectbox("Predicted", classes, key="review_predicted"),
        side.selectbox("Side", [ANY, *SIDES[:2]], key="review_side"),
    ]
    return Filter(*("" if value == ANY else value for value in chosen[:3]), _side(chosen[3]))


def _side(value: str) -> str | None:
    return None if value == ANY else value


def page_of_tiles(wanted: Filter, scored: Iterable[Scored]) -> list[str]:
    """Ids on show: they stay while they are marked, until the filter or the page changes."""
    question = (workspace.name, wanted, catalog.runs.latest("out-of-fold").id)
    if st.session_state.get("review_question") != question:
        st.session_state["review_question"] = question
        worst = choose(scored, wanted)[:PAGE]
        st.session_state["review_page"] = [s.image.id for s in worst]
    return st.session_state["review_page"]


def review(wanted: Filter, busy: bool) -> None:
    for problem in store_marks(state.catalog(), sent_marks()):
        show_error(problem)
    scored = {s.image.id: s for s in scored_images(catalog)}
    tiles = [scored[i] for i in page_of_tiles(wanted, scored.values()) if i in scored]
    if tiles:
        show_grid(workspace, tiles, catalog.images.classes())
    else:
        st.success("Nothing here: every image of this choice was looked at.")
    fitting = {s.image.id for s in choose(scored.values(), wanted)}
    with st.container(horizontal=True, vertical_alignment="center"):
        ask_for_next_page(len(fitting - {t.image.id for t in tiles}))
        ask_for_training(busy)
        st.page_link("../pages/runs.py", label="Compare the runs →")


def ask_for_next_page(remaining: int) -> None:
    label = f"Next page · {remaining:,} more"
    if st.button(label, type="primary", disabled=not remaining, key="review_next"):
        st.session_state.pop("review_question")
        st.rerun(scope="fragment")


def ask_for_training(busy: bool) -> None:
    edits = catalog.journal.count()
    if st.button("Train again on the cleaned data", disabled=busy or not edits, key="train_again"):
        start_job(workspace, catalog, "quick", {})
        st.rerun()


st.title("Review")
busy = show_jobs("quick")
if catalog.runs.latest("out-of-fold") is None:
    if not busy:
        empty_state(
            "Nothing is scored yet. The quick model scores every picture by a model that never "
            "saw it; the most suspicious come first here.",
            "Train the quick model",
            "training",
        )
else:
    st.markdown(
        "Worst first: the picture's **given → predicted** label, from a model that never saw it. "
        "Deleted pictures stay on disk and can be restored. When a page looks alright, stop and "
        "train again."
    )
    st.fragment(review)(ask_for_filter(), busy)
