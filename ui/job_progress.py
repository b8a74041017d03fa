"""Long work on a page: how far it is, how long it takes, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.jobs import active_job, title_of
from core.markdown import plain
from core.records import Job
from ui import state

POLL_S = 0.7


def show_jobs(*kinds: str, below: Callable[[], None] | None = None) -> bool:
    """Show the work of these kinds, live while it goes on; whether anything goes on at all.

    Args:
        below: draws what should be kept up to date with the work.
    """
    going_on = active_job(state.workspace(), state.catalog())
    mine = going_on is not None and going_on.kind in kinds

    def tick() -> None:
        job = active_job(state.workspace(), state.catalog())
        if mine and (job is None or job.kind not in kinds):
            st.rerun()
        if mine and job is not None:
            _show_progress(job)
        if below is not None:
            below()

    st.fragment(tick, run_every=POLL_S if mine else None)()
    if going_on is None:
        _show_ending(state.catalog().jobs.latest(*kinds))
    elif not mine:
        st.info(f"{title_of(going_on)} is going on; this can start when it is done.")
    return going_on is not None


def _show_progress(job: Job) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        share = min(1.0, job.done / job.total) if job.total else 0.0
        st.progress(share, text=_sentence(job))
        st.button(
            "Stop", key="stop_job", disabled=job.stop_requested, on_click=_stop, args=(job.id,)
        )


def _stop(job_id: int) -> None:
    state.catalog().jobs.request_stop(job_id)


def _sentence(job: Job) -> str:
    if job.stop_requested:
        return "Stopping; what is done is kept …"
    doing = job.doing or "Starting"
    counted = f" · {job.done:,} of {job.total:,}" if job.total else ""
    left = f" · {duration(job.left_s)} left" if job.left_s is not None else ""
    return f"{doing}{counted}{left}"


def _show_ending(job: Job | None) -> None:
    if job is None:
        return
    if job.state == "failed":
        st.error(f"**{title_of(job)} failed. {plain(job.message)}** {plain(job.hint)}")
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
