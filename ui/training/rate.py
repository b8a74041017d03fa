"""The learning-rate finder on the page: start it, see the sweep, take a rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.jobs import start_job
from core.training.config import TrainConfig
from core.training.schedule import HEAD, WHOLE
from ui import state
from ui.glossary import explained
from ui.messages import callback
from ui.training.charts import sweep_plot

STAGES = {HEAD: "Head only: seconds", WHOLE: "Whole network: minutes"}


def show_rate_finder(config: TrainConfig, busy: bool) -> None:
    catalog = state.catalog()
    with st.expander("Find a learning rate", key="rate_finder"):
        st.markdown(
            "A mock training from a new head, with a rate that grows from tiny to huge; nothing of "
            "it is kept. Several seeds have to agree.",
            help=explained("learning-rate finder"),
        )
        left, right = st.columns([2, 1], vertical_alignment="bottom")
        stage = left.segmented_control(
            "What learns", STAGES, default=HEAD, required=True, format_func=STAGES.__getitem__,
            key="rate_stage", disabled=config.weights == "scratch",
            help="The head learns from stored features, without augmentation: 5 seeds, 100 steps "
            "each. The whole network: 2 seeds, 60 steps of up to 16 pictures.",
        )  # fmt: skip
        if right.button("Find it", disabled=busy, key="find_rate", width="stretch"):
            args = {"stage": stage, "config": config.to_dict()}
            start_job(state.workspace(), catalog, "rate", args)
            st.rerun()
        study = catalog.studies.latest("rate")
        if study:
            _show_result(study.config, study.result)


def _show_result(asked: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    st.echarts_chart(
        sweep_plot(result), height=260, key="sweep_plot", on_select=_take_clicked,
        alt="Smoothed loss by learning rate, with the steep slope and the valley",
    )  # fmt: skip
    st.session_state["sweep_rates"] = result["rates"]
    valley = result["valley"]
    of = f"{asked['config']['architecture']}, {asked['stage']}, {len(result['losses'])} seeds"
    if not valley["is_narrow"]:
        st.warning(
            f"The seeds do not agree: {valley['low']:.2g} to {valley['high']:.2g} ({of}). No rate "
            "is suggested. You can still click a point of the line."
        )
        return
    st.markdown(
        f"The valley of {of} lies at **{valley['low']:.2g} to {valley['high']:.2g}**. That suits a "
        "new head, or weights from scratch. Fine-tuning here starts from a fitted head, so for it "
        "this is a hint only. A click on the line takes that rate."
    )
    _buttons(result)


def _buttons(result: Mapping[str, Any]) -> None:
    rates = {"Default": TrainConfig().rate, "Valley": result["valley"]["rate"]}
    if result["steep"]["is_narrow"]:
        rates["Steep"] = result["steep"]["rate"]
    with st.container(horizontal=True):
        for name, rate in rates.items():
            st.button(
                f"{name}: {rate:.2g}", key=f"take_{name}", on_click=_take, args=(float(rate),)
            )


@callback
def _take_clicked() -> None:
    value = st.session_state.get("sweep_plot")
    rates = st.session_state.get("sweep_rates", [])
    groups = value["selection"]["selected"] if isinstance(value, Mapping) else []
    points = [int(point) for group in groups for point in group["data_indices"]]
    if points and 0 <= points[0] < len(rates):
        _take(rates[points[0]])


@callback
def _take(rate: float) -> None:
    st.session_state["rate"] = min(1.0, float(f"{rate:.2g}"))
    st.session_state["minutes"] = 0  # a rate of one's own goes with epochs of one's own
    st.toast(f"The learning rate is {st.session_state['rate']:g} now.")
