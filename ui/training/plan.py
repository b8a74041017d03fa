"""What the settings mean before anything starts: the schedule, and how long it will take."""

from __future__ import annotations

import streamlit as st

from core.training.config import TrainConfig
from core.training.forecast import forecast
from core.training.schedule import schedule_of
from ui import state
from ui.glossary import explained
from ui.job_progress import duration
from ui.training.charts import schedule_plot


def show_expected_time(config: TrainConfig) -> None:
    expected = forecast(state.catalog(), config, _training_images())
    if expected:
        st.caption(
            f"About {duration(expected.seconds)}, as fast as {expected.run} went, and some for "
            "checking after each epoch."
        )
    else:
        st.caption("Minutes on a CPU; the page knows how many after the first batches.")


def show_schedule(config: TrainConfig) -> None:
    with st.expander("The coming schedule", key="schedule"):
        points = schedule_of(config, _training_images())
        st.markdown(
            f"{len(points):,} batches: the learning rate rises, then falls. Early layers learn "
            "more slowly than this rate of the last one.",
            help=explained("one-cycle"),
        )
        st.echarts_chart(
            schedule_plot(points),
            height=220,
            key="schedule_plot",
            alt="Learning rate over the batches of the coming run",
        )


def _training_images() -> int:
    return sum(sides["train"] for sides in state.catalog().images.counts().values())
