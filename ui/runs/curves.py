"""The curves of several runs in one plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.catalog import Catalog
from core.events import EpochEnded
from core.records import Run
from ui.charts import COLOURS

MEASURES = {"Error rate, %": "error_rate", "Validation loss": "valid_loss"}
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
        option = curves({name: trained[name] for name in names}, MEASURES[measure])
        st.echarts_chart(option, height=300, key="curves_plot", alt=f"{measure} by epoch")


def curves(runs: Mapping[str, Sequence[Mapping[str, Any]]], measure: str) -> dict[str, Any]:
    """One line a run over its epochs; epoch 0 is the model before any step."""
    factor = 100 if measure == "error_rate" else 1
    return {
        "animation": False,
        "color": COLOURS,
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "left": 0, "type": "scroll"},
        "grid": {"left": 4, "right": 16, "top": 34, "bottom": 24, "containLabel": True},
        "xAxis": {
            "type": "value",
            "name": "epoch",
            "nameLocation": "middle",
            "nameGap": 24,
            "minInterval": 1,
            "max": "dataMax",
        },
        "yAxis": {"type": "value", "scale": True},
        "series": [
            {
                "name": name,
                "type": "line",
                "symbolSize": 7,
                "data": [[e["epoch"], round(factor * e[measure], 4)] for e in epochs],
            }
            for name, epochs in runs.items()
        ],
    }
