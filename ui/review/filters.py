"""What to look at, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.markdown import plain
from core.records import SIDES
from core.review.queue import Filter, Order, Show
from core.review.scores import Scores
from ui.messages import callback

ANY = "any"
LABEL, PREDICTED, SIDE, TEXT = "review_label", "review_predicted", "review_side", "review_text"
IDS = "review_ids"
SIZES = (24, 48, 96)
NO_TEST_SIDE = (
    "The test side is not here: it measures the model in the field, and cleaning it by the model's "
    "own opinion would flatter the model."
)


def ask_for_filter(scores: Scores, row: DeltaGenerator) -> tuple[Filter, int]:
    """The filter, and how many pictures a page has; asked in a row that has more in it."""
    with row:
        show = st.segmented_control(
            "Show",
            get_args(Show),
            default="to review",
            required=True,
            label_visibility="collapsed",
            key="review_show",
        )
        with st.container(width=170):
            order = st.selectbox(
                "Order", get_args(Order), label_visibility="collapsed", key="review_order"
            )
        with st.popover("Filter", icon=":material/filter_list:", key="review_filter"):
            label, predicted, side, text = _ask_for_more(scores)
            size = st.segmented_control(
                "Pictures on a page",
                SIZES,
                default=48,
                required=True,
                key="review_size",
                bind="query-params",
            )
    ids = frozenset(st.session_state.get(IDS, ()))
    review_filter = Filter(show, label, predicted, side or None, text, order, ids)  # type: ignore[arg-type]
    _say_what_is_filtered(review_filter)
    return review_filter, size


def _ask_for_more(scores: Scores) -> tuple[str, str, str, str]:
    classes = [ANY, *scores.predictions.classes]
    label = st.selectbox("Given label", classes, key=LABEL)
    predicted = st.selectbox("Predicted", classes, key=PREDICTED)
    side = st.selectbox("Side of the split", [ANY, *SIDES[:2]], key=SIDE, help=NO_TEST_SIDE)
    text = st.text_input("File name has", key=TEXT, max_chars=100)
    return _or_nothing(label), _or_nothing(predicted), _or_nothing(side), text


def _or_nothing(value: str) -> str:
    return "" if value == ANY else value


def _say_what_is_filtered(review_filter: Filter) -> None:
    conditions = [
        f"{name} **{plain(value)}**"
        for name, value in (
            ("given", review_filter.label),
            ("predicted", review_filter.predicted),
            ("side", review_filter.side or ""),
            ("file name has", review_filter.text),
        )
        if value
    ]
    if review_filter.ids:
        conditions.append(f"**{len(review_filter.ids):,}** pictures chosen elsewhere")
    if conditions:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("Only " + ", ".join(conditions), width="content")
            st.button("Show all", key="review_clear", type="tertiary", on_click=show_only)


@callback
def show_only(label: str = ANY, predicted: str = ANY) -> None:
    """Set the filter to one pair of classes, or to everything (a callback of buttons)."""
    st.session_state[LABEL], st.session_state[PREDICTED] = label, predicted
    st.session_state[SIDE], st.session_state[TEXT] = ANY, ""
    st.session_state[IDS] = ()


def review_these(image_ids: Iterable[str]) -> None:
    """Let the Review page show these pictures only, until the person asks for all."""
    show_only()
    st.session_state[IDS] = tuple(image_ids)
