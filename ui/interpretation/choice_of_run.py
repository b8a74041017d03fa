"""Which run, and which side, is looked at."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.catalog import Catalog
from core.jobs import start_job
from core.judged import Judged, judged
from core.records import SIDE_NAMES, Run, Side
from ui import state
from ui.glossary import explained


def ask_for_answers(catalog: Catalog, runs: Sequence[Run], busy: bool) -> Judged | None:
    """What the chosen run says of the chosen side; None, with the way out, if it said nothing."""
    names = {run.id: run.name for run in runs}
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    number = left.selectbox("Run", list(names), format_func=names.__getitem__, key="look_at_run")
    side: Side = right.segmented_control(
        "Images of the side",
        ["valid", "train", "test"],
        format_func=SIDE_NAMES.__getitem__,
        default="valid",
        required=True,
        key="look_at_side",
        help=explained("validation set"),
    )
    run = next(run for run in runs if run.id == number)
    answers = judged(catalog, run, side)
    if not len(answers):
        _offer_answers(catalog, run, side, busy)
        return None
    if answers.seen:
        st.caption("This run learned from these images, so its answers here flatter it.")
    return answers


def _offer_answers(catalog: Catalog, run: Run, side: Side, busy: bool) -> None:
    if not catalog.images.all(sides=[side]):
        st.info(f"There are no {SIDE_NAMES[side]} images in use.")
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"This run has not answered the {SIDE_NAMES[side]} images yet.")
        if st.button("Let it answer them", disabled=busy, key="answer_side"):
            args = {"run_ids": [run.id], "sides": ["valid", "test", side]}
            start_job(state.workspace(), catalog, "score", args)
            st.rerun()
