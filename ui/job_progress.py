"""Long work on a page: how far it is, how long it takes, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.jobs import active_job, title_of
from core.markdown import plain
from core.records import Job
from ui import state
from ui.messages import fragment

POLL_S = 1.0


def show_jobs(
    *kinds: str,
    below: Callable[[], None] | None = None,
    left: Callable[[], float | None] | None = None,
) -> bool:
    """Show the work of these kinds, live while it goes on; whether anything goes on at all.

    Args:
        below: draws what should be kept up to date with the work.
        left: seconds left, where they are known better than from the share that is done.
    """
    going_on = active_job(state.workspace(), state.catalog())
    mine = going_on is not None and going_on.kind in kinds

    def tick() -> None:
        job = active_job(state.workspace(), state.catalog())
        if mine and (job is None or job.kind not in kinds):
            st.rerun()
        if mine and job is not None:
            _show_progress(job, left() if left else None)
        if below is not None:
            below()

    if going_on is None:
        _show_ending(state.catalog().jobs.latest(*kinds))
    elif not mine:
        st.info(f"{title_of(going_on)} is going on; this can start when it is done.")
    fragment(tick, run_every=POLL_S if mine else None)()
    return going_on is not None


def _show_progress(job: Job, left_s: float | None) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        share = min(1.0, job.done / job.total) if job.total else 0.0
        st.progress(share, text=_sentence(job, job.left_s if left_s is None else left_s))
        st.button(
            "Go on" if job.paused else "Pause",
            key="pause_job",
            disabled=job.stop_requested,
            on_click=_pause,
            args=(job.id, not job.paused),
        )
        st.button(
            "Stop", key="stop_job", disabled=job.stop_requested, on_click=_stop, args=(job.id,)
        )


def _pause(job_id: int, paused: bool) -> None:
    state.catalog().jobs.pause(job_id, paused)


def _stop(job_id: int) -> None:
    state.catalog().jobs.request_stop(job_id)


def _sentence(job: Job, left_s: float | None) -> str:
    if job.stop_requested:
        return "Stopping; what is done is kept …"
    doing = job.doing or "Starting: this takes some seconds"
    counted = f" · {job.done:,} of {job.total:,}" if job.total else ""
    if job.paused:
        return f"Paused · {doing}{counted}"
    left = f" · {duration(left_s)} left" if left_s is not None else ""
    return f"{doing}{counted}{left}"


def _show_ending(job: Job | None) -> None:
    if job is None:
        return
    if job.state == "failed":
        message, hint = state.without_paths(job.message), state.without_paths(job.hint)
        st.error(f"**{title_of(job)} failed. {plain(message)}** {plain(hint)}")
    elif job.state == "stopped":
        after = duration(job.elapsed_s)
        st.info(f"{title_of(job)} was stopped after {after}. What was done is kept.")


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
