"""The queue as it stands in this tab: what was on the screen stays where it is."""

from __future__ import annotations

import streamlit as st

from core.catalog import Catalog
from core.review.live import LiveScores
from core.review.queue import Filter
from core.review.scores import Scores

QUESTION, VERSION, QUEUE, PAGE, SEEN = (
    "review_question",
    "review_version",
    "review_queue",
    "review_page",
    "review_seen",
)


def standing_queue(
    catalog: Catalog, live: LiveScores, scores: Scores, wanted: Filter, size: int
) -> list[str]:
    """Ids in the order to look at them.

    A new question (or a new training) makes it anew. Newer scores reorder only what comes after
    the last page that was shown.
    """
    state = st.session_state
    question = (str(live.folder), wanted, size, scores.version.run_id)
    if state.get(QUESTION) != question:
        state[QUESTION], state[PAGE], state[SEEN], state[QUEUE] = question, 0, 0, []
        state[VERSION] = None
    if state[VERSION] != scores.version:
        shown = state[QUEUE][: state[SEEN]]
        fresh = live.queue(catalog, scores, wanted)
        before = set(shown)
        state[QUEUE] = [*shown, *(i for i in fresh if i not in before)]
        state[VERSION] = scores.version
    state[SEEN] = max(state[SEEN], size * (state[PAGE] + 1))
    return state[QUEUE]


def ask_for_page(length: int, size: int) -> None:
    page = st.session_state[PAGE]
    last = max(0, (length - 1) // size)
    st.button(
        "Previous page",
        key="review_previous",
        on_click=_turn_to,
        args=(page - 1,),
        disabled=page == 0,
    )
    st.button(
        f"Next page · {max(0, length - size * (page + 1)):,} more",
        key="review_next",
        type="primary",
        on_click=_turn_to,
        args=(page + 1,),
        disabled=page >= last,
    )


def _turn_to(page: int) -> None:
    st.session_state[PAGE] = page
