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
    found = {run.id: catalog.runs.events(run.id, EpochEnded) for run in runs}
    trained = {run.name: found[run.id] for run in runs if len(found[run.id]) > 1}
    if not trained:
        return
    st.subheader("How they learned")
    names = st.multiselect(
        "Runs", list(trained), default=list(trained)[:FIRST_SHOWN], key="curves_of"
    )
    measure = st.segmented_control(
        "Measure", list(MEASURES), default="Error rate, %", key="curve", required=True
    )
    if names:
        chosen = {name: trained[name] for name in names}
        drawn = curves(chosen, MEASURES[measure], measure.lower())
        show_plot(drawn, "curves_plot", f"{measure} by epoch", 300)
