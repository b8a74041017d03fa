"""Judged pictures with predicted, actual, loss and probability; what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.catalog import Catalog
from core.judged import Judged
from core.workspace import Workspace
from ui import state
from ui.anatomy.walk import open_walk
from ui.dataset.choice import card, chosen_ids, show_choice
from ui.interpretation.heat_maps import offer_heat_maps, show_heat_maps
from ui.messages import callback
from ui.review.filters import review_these

PAGE = 24


def show_pictures(catalog: Catalog, answers: Judged, rows: Sequence[int], key: str) -> None:
    """Pictures of some rows in this order, a page at a time; the chosen ones go to Review, to
    Anatomy, or get heat maps, shown below.
    """
    last = max(0, (len(rows) - 1) // PAGE)
    page = min(st.session_state.get(f"{key}_page", 0), last)
    rows_shown = list(rows[page * PAGE : (page + 1) * PAGE])
    workspace = state.workspace()
    show_choice(key, [[_card(workspace, answers, row)] for row in rows_shown])
    choice = chosen_ids(key, [answers.images[row].id for row in rows_shown])
    with st.container(horizontal=True, vertical_alignment="center"):
        if answers.images and answers.images[0].side != "test":
            _offer_review(answers, rows, choice, key)
        if last:
            _ask_for_page(page, last, key)
    with st.container(horizontal=True, vertical_alignment="center"):
        offer_heat_maps(catalog, answers, rows_shown, choice, key)
        _offer_anatomy(answers, rows_shown, choice, key)
    run = catalog.runs.get(st.session_state["look_at_run"])
    show_heat_maps(catalog, answers, run, key)


def _card(workspace: Workspace, answers: Judged, row: int) -> dict:
    image = answers.images[row]
    predicted = answers.classes[answers.predicted_n[row]]
    confidence, loss = answers.confidence_n[row], answers.losses_n[row]
    return card(workspace, image, f"said {predicted}\n{confidence:.0%} sure · loss {loss:.2f}")


def _offer_review(answers: Judged, rows: Sequence[int], choice: Sequence[str], key: str) -> None:
    ids = choice or [answers.images[row].id for row in rows]
    what = f"the {len(choice)} chosen" if choice else f"all {len(ids):,}"
    if st.button(f"Open {what} in Review", key=f"{key}_review", disabled=not ids):
        review_these(ids)
        st.switch_page("../pages/review.py")


def _offer_anatomy(answers: Judged, rows: Sequence[int], choice: Sequence[str], key: str) -> None:
    ids = choice or [answers.images[row].id for row in rows]
    if st.button("Walk it through the network", key=f"{key}_anatomy", disabled=not ids):
        open_walk(st.session_state["look_at_run"], ids[0])


def _ask_for_page(page: int, last: int, key: str) -> None:
    for name, to, possible in (("Previous", page - 1, page > 0), ("Next", page + 1, page < last)):
        st.button(
            name,
            key=f"{key}_{name.lower()}",
            disabled=not possible,
            on_click=_turn_to,
            args=(key, to),
        )
    st.caption(f"{page + 1} of {last + 1}", width="content")


@callback
def _turn_to(key: str, page: int) -> None:
    st.session_state[f"{key}_page"] = page
