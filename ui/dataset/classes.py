"""The classes: how many pictures each has, on which side."""

from __future__ import annotations

import streamlit as st

from core.dataset.split import missing_sides
from core.markdown import plain
from ui import state
from ui.charts import class_counts


def show_classes(busy: bool) -> None:
    counts = state.catalog().images.counts()
    st.echarts_chart(
        class_counts(counts),
        height=max(160, 60 + 26 * len(counts)),
        key="counts",
        alt="Pictures per class and side",
    )
    if len(counts) == 1:
        st.warning("There is only one class: add pictures of another one, to tell them apart.")
    for label, reason in missing_sides(counts).items():
        st.warning(f"**{plain(label)}**: {plain(reason)}")
