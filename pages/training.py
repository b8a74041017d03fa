"""Training: the quick model in seconds, fine-tuning in minutes, live."""

import streamlit as st

from core.catalog import Catalog
from core.jobs import active_job, start_job
from core.training.config import TrainConfig
from ui import state
from ui.job_progress import show_jobs
from ui.messages import empty_state
from ui.next_step import cost_of, emphasis, show_next_step
from ui.training.live import show_latest_run, show_ways_on, time_left
from ui.training.plan import show_expected_time, show_schedule
from ui.training.rate import show_rate_finder
from ui.training.settings import ask_for_config

KINDS = ("quick", "fine-tune", "resume", "go-back", "rate")
catalog = state.catalog()


def start(catalog: Catalog, kind: str, **args: object) -> None:
    start_job(state.workspace(), catalog, kind, args)
    st.rerun()


def ask_for_quick(catalog: Catalog, busy: bool) -> None:
    st.markdown("#### Quick model")
    st.markdown(
        "A pretrained network looks at every picture once; a linear layer learns the classes. "
        f"{cost_of(step).capitalize() or 'Seconds'}, and it scores every picture for the review."
    )
    shown_as = emphasis(step, "train")
    if st.button("Train the quick model", type=shown_as, disabled=busy, key="train_quick"):
        start(catalog, "quick")


def ask_for_fine_tune(catalog: Catalog, busy: bool) -> TrainConfig:
    st.markdown("#### Fine-tune")
    st.markdown(
        "Goes on from there and trains the whole network, early layers more slowly. "
        "You can pause or stop at any time and keep the best model so far."
    )
    config = ask_for_config()
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Fine-tune", type=emphasis(step, "fine-tune"), disabled=busy, key="fine_tune"):
            start(catalog, "fine-tune", **config.to_dict(), plan=config.minutes > 0)
        show_expected_time(config)
    return config


st.title("Training")
step = show_next_step(catalog, "training")
if not catalog.images.classes():
    empty_state("There is nothing to train on yet.", "Bring your pictures", "dataset")
else:
    if active_job(state.workspace(), catalog):
        st.session_state["results_first"] = True  # and there they stay: nobody looks for them
    first, second = st.container(), st.container()
    live, controls = (first, second) if "results_first" in st.session_state else (second, first)
    with live:
        busy = show_jobs(*KINDS, below=show_latest_run, left=time_left)
        show_ways_on(catalog, busy)
    left, right = controls.columns([2, 3])
    with left.container(border=True, height="stretch"):
        ask_for_quick(catalog, busy)
    with right.container(border=True, height="stretch"):
        config = ask_for_fine_tune(catalog, busy)
    with controls:
        show_schedule(config)
        show_rate_finder(config, busy)
