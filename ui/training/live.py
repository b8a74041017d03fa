"""The newest run as it goes: figures, curves, what they say, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.catalog import Catalog
from core.dataset.split import MOVED
from core.events import BatchEnded, BatchHalved, CheckpointSaved, EpochEnded
from core.jobs import start_job
from core.metrics import Share
from core.records import Run
from core.training.checkpoints import checkpoints_of
from core.training.diagnosis import diagnose
from ui import state
from ui.leaks import show_leak_of
from ui.training.charts import error_curve, loss_curve, rate_curve

BATCHES_SHOWN = 800


def show_latest_run(catalog: Catalog) -> None:
    runs = catalog.runs
    run = next(iter(runs.all()), None)
    if run is None:
        return
    batches = runs.some_events(run.id, BatchEnded, BATCHES_SHOWN)
    epochs = runs.events(run.id, EpochEnded)
    st.subheader(f"{run.name} · {run.ending or 'running'}")
    _say_what_moved(catalog, run)
    if epochs:
        saved = {e.epoch for e in runs.events(run.id, CheckpointSaved)[-1:]}
        best = next((e for e in epochs if e.epoch in saved), epochs[-1])
        _show_result(best, batches, run.ending is None)
        if run.ending:
            show_leak_of(catalog, run)
    if batches:
        _show_curves(batches, epochs)
        _show_findings(run, epochs)
    if halved := runs.events(run.id, BatchHalved):
        at_once = halved[-1].at_once
        st.caption(f"Memory ran out, so {at_once} images are computed at a time; same result.")


def _say_what_moved(catalog: Catalog, run: Run) -> None:
    """What happened before the first run, beside it."""
    moved = sum(by_reason.get(MOVED, 0) for by_reason in catalog.images.side_reasons().values())
    if moved and run.id == min(r.id for r in catalog.runs.all()):
        counted = "1 picture was" if moved == 1 else f"{moved:,} pictures were"
        st.caption(
            f"{counted} moved to the side of look-alikes before this training. From now on no "
            "picture changes its side."
        )


def time_left(catalog: Catalog) -> float | None:
    """Seconds that the run at work guesses for what remains."""
    runs = catalog.runs
    run = next(iter(runs.all()), None)
    newest = runs.some_events(run.id, BatchEnded, 1) if run and run.ending is None else []
    return newest[-1].left_s if newest else None


def show_ways_on(catalog: Catalog, busy: bool) -> None:
    """Resume the newest run, or go back to one of its stages."""
    run = next(iter(catalog.runs.all()), None)
    if busy or run is None or run.kind != "fine-tune" or run.ending is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.ending in ("stopped", "failed") and st.button(
            f"Resume {run.name}",
            key="resume",
            help="Goes on where it ended; the result is that of a run that was not interrupted.",
        ):
            _start(catalog, "resume", run_id=run.id)
        with st.popover("Stages to go back to"):
            _ask_for_checkpoint(catalog, run)


def _ask_for_checkpoint(catalog: Catalog, run: Run) -> None:
    checkpoints = checkpoints_of(state.workspace(), run.id)
    if not checkpoints:
        st.markdown("This run left no stages.")
        return
    descriptions = {
        c.name: f"{c.name}, epoch {c.epoch}: error {100 * c.error_rate:.1f} %, "
        f"loss {c.valid_loss:.3f}"
        for c in checkpoints
    }
    used = next((c.name for c in checkpoints if c.in_use), None)
    names = list(descriptions)
    chosen = st.radio(
        "Model of this run", names, index=names.index(used) if used else 0,
        format_func=lambda name: descriptions[name] + (" (in use)" if name == used else ""),
        key="checkpoint",
    )  # fmt: skip
    if st.button("Use this one", key="go_back", disabled=chosen == used):
        _start(catalog, "go-back", run_id=run.id, checkpoint=chosen)


def _start(catalog: Catalog, kind: str, **args: object) -> None:
    start_job(state.workspace(), catalog, kind, args)
    st.rerun()


def _show_result(best: EpochEnded, batches: Sequence[BatchEnded], running: bool) -> None:
    total = best.valid_images
    wrong = Share(round(best.error_rate * total), total)
    name = "Error of the best model" if batches else "Error"
    figures = {
        f"{name} so far" if running else name: f"{100 * wrong.value:.1f} %",
        "95 % interval": f"{100 * wrong.low:.1f} – {100 * wrong.high:.1f} %",
        "Validation images": f"{total:,}",
    }
    if batches:
        figures["Images a second"] = f"{batches[-1].images_per_s:.0f}"
    with st.container(horizontal=True):
        for label, figure in figures.items():
            st.metric(label, figure, border=True, width="content")


def _show_curves(batches: Sequence[BatchEnded], epochs: Sequence[EpochEnded]) -> None:
    memory = st.slider(
        "Smoothing of the training loss", 0.0, 0.98, 0.9, 0.02, key="smoothing", width=320
    )
    plots = (
        ("loss", loss_curve(batches, epochs, memory)),
        ("error", error_curve(epochs)),
        ("rate", rate_curve(batches)),
    )
    for column, (name, option) in zip(st.columns([3, 3, 2]), plots, strict=True):
        with column:
            st.echarts_chart(option, height=280, key=f"{name}_plot", alt=f"{name} curve")


def _show_findings(run: Run, epochs: Sequence[EpochEnded]) -> None:
    findings = diagnose(epochs, run.ending)
    for finding in findings:
        st.warning(f"**{finding.sentence}** {finding.advice}")
    if not findings and run.ending == "completed" and len(epochs) > 1:
        st.success("The curves show nothing wrong.")
