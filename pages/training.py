"""Training: the quick model in seconds, fine-tuning in minutes, live."""

import streamlit as st

from core.events import BatchEnded, EpochEnded
from core.jobs import start_job
from core.metrics import Share
from core.training.config import ARCHITECTURES, TrainConfig
from ui import state
from ui.charts import error_curve, loss_curve, rate_curve
from ui.glossary import explained
from ui.job_progress import show_jobs
from ui.messages import empty_state

catalog = state.catalog()
workspace = state.workspace()


def start(kind: str, **args: object) -> None:
    start_job(workspace, catalog, kind, args)
    st.rerun()


def ask_for_quick(busy: bool) -> None:
    st.markdown("#### Quick model")
    st.markdown(
        "A pretrained network looks at every picture once; a linear layer learns the classes. "
        "Seconds, and it scores every picture for the review."
    )
    if st.button("Train the quick model", type="primary", disabled=busy, key="train_quick"):
        start("quick")


def ask_for_fine_tune(busy: bool) -> None:
    st.markdown("#### Fine-tune")
    st.markdown(
        "Goes on from there and trains the whole network, early layers more slowly. "
        "Minutes on a CPU; you can stop at any time and keep the best model so far."
    )
    defaults = TrainConfig()
    with st.popover("Settings"):
        config = {
            "architecture": st.selectbox(
                "Architecture", ARCHITECTURES, key="architecture", help=explained("architecture")
            ),
            "epochs": st.number_input(
                "Epochs", 1, 100, defaults.epochs, key="epochs", help=explained("epoch")
            ),
            "frozen_epochs": st.number_input(
                "Epochs with only the head", 0, 20, defaults.frozen_epochs, key="frozen_epochs"
            ),
            "rate": st.number_input(
                "Learning rate", 1e-6, 1.0, defaults.rate, 1e-4, "%g", "rate", explained("lr")
            ),
            "batch_size": st.number_input(
                "Batch size", 1, 256, defaults.batch_size, key="batch", help=explained("batch size")
            ),
            "size_px": st.select_slider(
                "Image size, px", [96, 128, 160, 192, 224], defaults.size_px, key="size_px"
            ),
            "seed": st.number_input("Seed", 0, 2**31, defaults.seed, key="seed"),
        }
    if st.button("Fine-tune", disabled=busy, key="fine_tune"):
        start("fine-tune", **TrainConfig.from_dict(config).to_dict())


def show_latest_run() -> None:
    runs = state.catalog().runs
    run = next(iter(runs.all()), None)
    if run is None:
        return
    batches, epochs = runs.events(run.id, BatchEnded), runs.events(run.id, EpochEnded)
    st.subheader(f"{run.name} · {run.ending or 'running'}")
    if epochs:
        show_result(epochs, batches)
    if batches:
        plots = (
            ("loss", loss_curve(batches, epochs)),
            ("error", error_curve(epochs)),
            ("rate", rate_curve(batches)),
        )
        for column, (name, option) in zip(st.columns([3, 3, 2]), plots, strict=True):
            with column:
                st.echarts_chart(option, height=280, key=f"{name}_plot", alt=f"{name} curve")


def show_result(epochs: list[dict], batches: list[dict]) -> None:
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


st.title("Training")
if not catalog.images.classes():
    empty_state("There is nothing to train on yet.", "Bring your pictures", "dataset")
else:
    controls = st.container()
    busy = show_jobs("quick", "fine-tune", below=show_latest_run)
    left, right = controls.columns(2)
    with left.container(border=True, height="stretch"):
        ask_for_quick(busy)
    with right.container(border=True, height="stretch"):
        ask_for_fine_tune(busy)
    if not busy and catalog.runs.latest("out-of-fold"):
        st.page_link("../pages/review.py", label="**Review what it is most wrong about** →")
