"""The queue as it stands in this tab: what was on the screen stays where it is."""

from __future__ import annotations

from dataclasses import astuple

import streamlit as st

from core.catalog import Catalog
from core.review.live import LiveScores
from core.review.queue import Filter
from core.review.scores import Scores
from ui.messages import callback

QUESTION, VERSION, QUEUE = "review_question", "review_version", "review_queue"
PAGE, SEEN, FIRST_RUN = "review_page", "review_seen", "review_first_run"


def standing_queue(
    catalog: Catalog, live: LiveScores, scores: Scores, review_filter: Filter, size: int
) -> list[str]:
    """Ids in the order to look at them.

    A new question makes it anew. Newer scores, also those of a new training, reorder only what
    comes after the last page that was shown.
    """
    session = st.session_state
    question, version = (str(live.folder), *astuple(review_filter), size), astuple(scores.version)
    if session.get(QUESTION) != question:
        session[QUESTION], session[PAGE], session[SEEN], session[QUEUE] = question, 0, 0, []
        session[VERSION], session[FIRST_RUN] = None, scores.version.run_id
    if session[VERSION] != version:
        head = session[QUEUE][: session[SEEN]]
        order = live.queue(catalog, scores, review_filter)
        head_ids = set(head)
        session[QUEUE] = [*head, *(i for i in order if i not in head_ids)]
        session[VERSION] = version
    session[SEEN] = max(session[SEEN], size * (session[PAGE] + 1))
    return session[QUEUE]


def ask_for_new_order(scores: Scores) -> None:
    """After a new training: the pages that were shown stay, until the person asks."""
    if st.session_state.get(FIRST_RUN) != scores.version.run_id:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("A new model has looked at the pictures.", width="content")
            st.button("Begin again with its order", key="review_new_order", on_click=_begin_again)


@callback
def _begin_again() -> None:
    st.session_state.pop(QUESTION, None)


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
        on_click=_turn_to,
        args=(page + 1,),
        disabled=page >= last,
    )


@callback
def _turn_to(page: int) -> None:
    st.session_state[PAGE] = page
