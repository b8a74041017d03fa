"""Before and after cleaning: the last two quick models on the same validation images."""

from __future__ import annotations

import streamlit as st

from core.catalog import Catalog
from core.interpretation.comparison import BeforeAfter, before_after
from core.metrics import Share


def show_what_changed(catalog: Catalog) -> None:
    """Nothing when nothing was cleaned between the last two trainings."""
    both = before_after(catalog)
    if both is None:
        return
    with st.container(border=True):
        st.markdown(f"**Before and after cleaning** · {both.before.name} → {both.after.name}")
        with st.container(horizontal=True, gap="large"):
            _show_kept(both)
            _show_changed(both)
        st.caption(
            "On the same validation images, by the labels of today. Where you changed the label "
            "yourself, the model is judged apart: there it can only follow you."
        )


def _show_kept(both: BeforeAfter) -> None:
    old, new = both.kept_before, both.kept_after
    if not new.total:
        return
    chance = "a real difference" if both.p_value < 0.05 else "can be chance"
    with st.container(width=330):
        st.metric(
            f"Error rate · {new.total:,} images as they were",
            f"{_error(new):.1f} %",
            f"{_error(new) - _error(old):+.1f} points",
            delta_color="inverse",
        )
        st.caption(
            f"95 %: {100 * (1 - new.high):.1f} to {100 * (1 - new.low):.1f} % · {chance} "
            f"(paired test, p = {both.p_value:.2g})"
        )


def _show_changed(both: BeforeAfter) -> None:
    old, new = both.changed_before, both.changed_after
    if new.total:
        with st.container(width=330):
            said = f"{new.hits} of {new.total} right"
            st.metric("Images whose label you changed", said)
            st.caption(f"{old.hits} of {old.total} before")


def _error(share: Share) -> float:
    return 100 * (1 - share.value)
