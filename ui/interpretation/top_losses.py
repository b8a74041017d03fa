"""Top losses: the pictures that cost the model most."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.catalog import Catalog
from core.judged import Judged
from ui.interpretation.chosen_pictures import show_pictures

WORST = "the highest loss"
SUREST_ERRORS = "wrong, and most sure of it"
LEAST_SURE = "the least sure"
MOST = 240


def show_top_losses(catalog: Catalog, answers: Judged) -> None:
    st.markdown(
        "The loss of a picture is −log of the probability of its label: confident errors cost "
        "most. Some are mislabelled, some are odd, some are simply hard."
    )
    order = st.segmented_control(
        "First", [WORST, SUREST_ERRORS, LEAST_SURE], default=WORST, required=True, key="loss_order"
    )
    rows = _rows(answers, order)[:MOST]
    if rows:
        show_pictures(catalog, answers, rows, "top_losses")
    else:
        st.success("The run is right on all of these images.")


def _rows(answers: Judged, order: str) -> list[int]:
    if order == SUREST_ERRORS:
        wrong = np.flatnonzero(~answers.right_n)
        return wrong[np.argsort(-answers.confidence_n[wrong], kind="stable")].tolist()
    worst = -answers.losses_n if order == WORST else answers.confidence_n
    return np.argsort(worst, kind="stable").tolist()
