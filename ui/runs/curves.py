"""The curves of several runs in one plot."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.catalog import Catalog
from core.events import EpochEnded
from core.records import Run
from ui.plots import show_plot
from ui.runs.charts import Measure, curves

MEASURES: dict[str, Measure] = {"Error rate, %": "error_rate", "Validation loss": "valid_loss"}
FIRST_SHOWN = 4


def show_curves(catalog: Catalog, runs: Sequence[Run]) -> None:
    """Nothing when no run had an epoch of training."""
    epochs = {run.id: catalog.runs.events(run.id, EpochEnded) for run in runs}
    histories = {run.name: epochs[run.id] for run in runs if len(epochs[run.id]) > 1}
    if not histories:
        return
    st.subheader("How they learned")
    names = st.multiselect(
        "Runs", list(histories), default=list(histories)[:FIRST_SHOWN], key="curves_of"
    )
    measure = st.segmented_control(
        "Measure", list(MEASURES), default="Error rate, %", key="curve", required=True
    )
    if names:
        chosen = {name: histories[name] for name in names}
        plot = curves(chosen, MEASURES[measure], measure.lower())
        show_plot(plot, "curves_plot", f"{measure} by epoch", 300)
