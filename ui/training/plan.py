"""What the settings mean before anything starts: the schedule, and how long it will take."""

from __future__ import annotations

import streamlit as st

from core.catalog import Catalog
from core.training.budget import fitting_epochs, planned
from core.training.config import TrainConfig
from core.training.forecast import Speed, forecast, speed_before
from core.training.schedule import schedule_of
from ui import state
from ui.glossary import explained
from ui.job_progress import duration
from ui.training.charts import schedule_plot


def show_expected_time(config: TrainConfig) -> None:
    catalog = state.catalog()
    if config.minutes:
        _show_expected_epochs(catalog, config)
        return
    expected = forecast(catalog, config, _training_images(catalog))
    if expected:
        st.caption(
            f"About {duration(expected.seconds)}, as fast as {expected.run} went, and some for "
            "checking after each epoch."
        )
    else:
        st.caption("Minutes on a CPU; the page knows how many after the first batches.")


def _show_expected_epochs(catalog: Catalog, config: TrainConfig) -> None:
    speed = speed_before(catalog, config)
    if speed is None:
        st.caption("As many epochs as fit: how fast your machine is, the run measures first.")
        return
    coming = _coming(catalog, config, speed)
    passes = fitting_epochs(_training_images(catalog), speed.images_per_s, 60 * config.minutes)
    st.caption(
        f"About {passes:.2g} {'epoch' if passes == 1 else 'epochs'} at a rate of {coming.rate:g}, "
        f"if it goes as fast as {speed.run} did. "
        "The run ends in time, whatever else your machine is doing."
    )


def show_schedule(config: TrainConfig) -> None:
    catalog = state.catalog()
    if config.minutes:
        speed = speed_before(catalog, config)
        if speed is None:  # nothing to draw yet
            return
        config = _coming(catalog, config, speed)
    with st.expander("The coming schedule", key="schedule"):
        points = schedule_of(config, _training_images(catalog))
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


def _coming(catalog: Catalog, config: TrainConfig, speed: Speed) -> TrainConfig:
    """What the run will plan, if it is that fast."""
    return planned(config, _training_images(catalog), speed.images_per_s, 60 * config.minutes)


def _training_images(catalog: Catalog) -> int:
    return sum(sides["train"] for sides in catalog.images.counts().values())
