"""Review: the images that the model is most wrong about, worst first."""

from collections.abc import Iterable

import streamlit as st

from core.jobs import start_job
from core.records import SIDES
from core.review.marks import store_marks
from core.review.queue import Filter, Scored, choose, scored_images
from ui import state
from ui.job_progress import show_jobs
from ui.messages import no_model_yet, show_error
from ui.review.grid import sent_marks, show_grid

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


def queue_of(wanted: Filter, scored: Iterable[Scored]) -> list[str]:
    """Ids that fit, worst first. The queue stands still while it is marked and paged through; it
    is made anew when the question or the scores change.
    """
    question = (workspace.name, wanted, catalog.runs.latest("out-of-fold").id)
    if st.session_state.get("review_question") != question:
        st.session_state["review_question"] = question
        st.session_state["review_queue"] = [s.image.id for s in choose(scored, wanted)]
        st.session_state["review_page"] = 0
    return st.session_state["review_queue"]


def review(wanted: Filter, busy: bool) -> None:
    for problem in store_marks(state.catalog(), sent_marks()).problems:
        show_error(problem)
    scored = {s.image.id: s for s in scored_images(catalog)}
    queue = queue_of(wanted, scored.values())
    start = PAGE * st.session_state["review_page"]
    tiles = [scored[i] for i in queue[start : start + PAGE] if i in scored]
    if tiles:
        show_grid(workspace, tiles, catalog.images.classes())
    else:
        st.info("No picture fits this choice.")
    with st.container(horizontal=True, vertical_alignment="center"):
        ask_for_page(len(queue))
        ask_for_training(busy)
        st.page_link("../pages/runs.py", label="Compare the runs →")


def ask_for_page(length: int) -> None:
    page, last = st.session_state["review_page"], max(0, (length - 1) // PAGE)
    st.button(
        "Previous page",
        key="review_previous",
        on_click=turn_to,
        args=(page - 1,),
        disabled=page == 0,
    )
    st.button(
        f"Next page · {max(0, length - PAGE * (page + 1)):,} more",
        key="review_next",
        type="primary",
        on_click=turn_to,
        args=(page + 1,),
        disabled=page >= last,
    )


def turn_to(page: int) -> None:
    st.session_state["review_page"] = page


def ask_for_training(busy: bool) -> None:
    edits = catalog.journal.count()
    label = "Train again on the cleaned data"  # one that changed with each mark would lose clicks
    if st.button(label, disabled=busy or not edits, key="train_again"):
        start_job(workspace, catalog, "quick", {})
        st.rerun()


st.title("Review")
busy = show_jobs("quick")
if catalog.runs.latest("out-of-fold") is None:
    st.markdown(
        "The quick model scores every picture by a model that never saw it; the most suspicious "
        "ones come first here."
    )
    if not busy:
        no_model_yet(catalog)
else:
    st.markdown(
        "Worst first: the picture's **given → predicted** label, from a model that never saw it. "
        "Deleted pictures stay on disk and can be restored. When a page looks alright, stop and "
        "train again."
    )
    st.fragment(review)(ask_for_filter(), busy)
