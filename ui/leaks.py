"""What is said beside an accuracy when copies of what a model is checked on are in training."""

from __future__ import annotations

import streamlit as st

from core.catalog import Catalog
from core.interpretation.comparison import RunResult, run_results
from core.judged import Judged
from core.leaks import Leak, find_leak, leak_sentence
from core.records import Run, Side
from ui.dataset.check_pairs import BOTH_SIDES

WAY_OUT = "Look at them in Dataset, Check"


def show_leak_of(catalog: Catalog, run: Run) -> None:
    """Say it of the validation side of a run; its answers are read only where a copy is known."""
    if catalog.lookalikes.copied_in_training():
        for result in run_results(catalog, runs=[run]):
            show_leak_of_run(catalog, result)


def show_leak_of_run(catalog: Catalog, result: RunResult, side: Side = "valid") -> None:
    """Say it of a run; nothing when no copy is known."""
    show_leak(find_leak(catalog, side, result.image_ids, result.right_n))


def show_leak_of_answers(catalog: Catalog, answers: Judged, side: Side) -> None:
    """Say it of answers on one side; nothing on the training side, or when no copy is known."""
    if side != "train":
        ids = [image.id for image in answers.images]
        show_leak(find_leak(catalog, side, ids, answers.right_n))


def show_leak(leak: Leak) -> None:
    """Say it, with the way to where it can be closed; nothing when no copy is known."""
    if not leak.copied:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/warning: **{leak_sentence(leak)}**", width="stretch")
        if st.button(WAY_OUT, key=f"leak_{leak.side}"):
            st.session_state["section"] = "Check"
            st.session_state["check_open"] = BOTH_SIDES
            st.switch_page("../pages/dataset.py")
