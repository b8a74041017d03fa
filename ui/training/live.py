"""The newest run as it goes: figures and curves."""

from __future__ import annotations

import streamlit as st

from core.events import BatchEnded, EpochEnded
from core.metrics import Share
from ui import state
from ui.charts import error_curve, loss_curve, rate_curve


def show_latest_run() -> None:
    runs = state.catalog().runs
    run = next(iter(runs.all()), None)
    if run is None:
        return
    batches, epochs = runs.events(run.id, BatchEnded), runs.events(run.id, EpochEnded)
    st.subheader(f"{run.name} · {run.ending or 'running'}")
    if epochs:
        _show_result(epochs, batches)
    if batches:
        plots = (
            ("loss", loss_curve(batches, epochs)),
            ("error", error_curve(epochs)),
            ("rate", rate_curve(batches)),
        )
        for column, (name, option) in zip(st.columns([3, 3, 2]), plots, strict=True):
            with column:
                st.echarts_chart(option, height=280, key=f"{name}_plot", alt=f"{name} curve")


def _show_result(epochs: list[dict], batches: list[dict]) -> None:
    best = min(epochs, key=lambda e: (e["error_rate"], e["valid_loss"]))
    total = best["valid_images"]
    right = Share(round((1 - best["error_rate"]) * total), total)
    columns = st.columns(3)
    columns[0].metric("Right on validation images, best so far", f"{right.value:.1%}", border=True)
    columns[1].metric("95 % interval", f"{right.low:.1%} – {right.high:.1%}", border=True)
    if batches:
        columns[2].metric("Images a second", f"{batches[-1]['images_per_s']:.0f}", border=True)
    else:
        columns[2].metric("Validation images", f"{total:,}", border=True)
