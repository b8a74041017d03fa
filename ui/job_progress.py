"""Long work on a page: how far it is, how long it takes, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import streamlit as st

from core.catalog import Catalog
from core.heartbeat import Pulse, pulse_of
from core.jobs import (
    GRACE_S,
    HOW_TO_END,
    active_job,
    can_be_ended,
    end_job_now,
    forced_in_s,
    stop_job,
    title_of,
)
from core.markdown import plain
from core.records import Job
from ui import state
from ui.messages import callback, fragment

POLL_S = 1.0
QUIET_S = 60.0  # work that says nothing for so long is said to have no news


def show_jobs(
    *kinds: str,
    below: Callable[[Catalog], None] | None = None,
    left: Callable[[Catalog], float | None] | None = None,
) -> bool:
    """Show the work of these kinds, live while it goes on; whether anything goes on at all.

    Args:
        below: draws what should be kept up to date with the work.
        left: seconds left, where they are known better than from the share that is done.
    """
    catalog = state.catalog()
    going_on = active_job(state.workspace(), catalog)
    is_shown = going_on is not None and (going_on.kind in kinds or _is_silent(going_on))

    def tick() -> None:
        catalog = state.catalog()
        job = active_job(state.workspace(), catalog)
        if going_on is not None and is_shown and (job is None or job.id != going_on.id):
            st.rerun()
        if is_shown and job is not None:
            _show_progress(job, left(catalog) if left else None)
        if below is not None:
            below(catalog)

    if going_on is None:
        _show_ending(catalog.jobs.latest(*kinds))
    elif not is_shown:
        st.info(f"{title_of(going_on)} is going on; this can start when it is done.")
    fragment(tick, run_every=POLL_S if is_shown else None)()
    return going_on is not None


def _show_progress(job: Job, left_s: float | None) -> None:
    pulse = pulse_of(state.workspace(), job.id)
    silent, stopping = _is_silent(job), _is_stopping(job, pulse)
    if pulse is not None and silent:
        st.warning(_silence(job, pulse), icon=":material/heart_broken:")
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        share = min(1.0, job.done / job.total) if job.total else 0.0
        st.progress(share, text=_sentence(job, job.left_s if left_s is None else left_s, pulse))
        st.button(
            "Go on" if job.paused else "Pause",
            key="pause_job",
            disabled=stopping or silent,
            on_click=_pause,
            args=(job.id, not job.paused),
        )
        if pulse is not None and pulse.asked_s is not None and pulse.asked_s > GRACE_S:
            st.button("End now", key="end_job", on_click=_end, args=(job.id,))
        else:
            st.button("Stop", key="stop_job", disabled=stopping, on_click=_stop, args=(job.id,))


def _is_silent(job: Job) -> bool:
    """Whether its worker does not answer; one that has not come yet has not fallen silent."""
    pulse = pulse_of(state.workspace(), job.id)
    return job.state == "running" and pulse is not None and not pulse.answers


def _is_stopping(job: Job, pulse: Pulse | None) -> bool:
    return job.stop_requested or (pulse is not None and pulse.asked_s is not None)


@callback
def _pause(job_id: int, paused: bool) -> None:
    state.catalog().jobs.pause(job_id, paused)


@callback
def _stop(job_id: int) -> None:
    stop_job(state.workspace(), state.catalog(), job_id)


@callback
def _end(job_id: int) -> None:
    end_job_now(state.workspace(), state.catalog(), job_id)


def _silence(job: Job, pulse: Pulse) -> str:
    """Since when a worker does not answer, and what can be done."""
    since = f"{_time_of_day(pulse.silent_s)} ({duration(pulse.silent_s)})"
    left_s = forced_in_s(pulse)
    if left_s is None:
        advice = "A disk or a library may stand still. Wait, or press Stop: "
        advice += f"it is then ended within {GRACE_S:.0f} s, and what was stored stays."
    elif can_be_ended(state.workspace(), job):
        advice = f"It is ended by force in {duration(max(0.0, left_s))}; what was stored stays."
    else:
        advice = f"It cannot be ended from here. {HOW_TO_END}"
    return f"**{title_of(job)} does not answer since {since}.** {advice}"


def _time_of_day(ago_s: float) -> str:
    """So many seconds ago, by the clock of whoever looks."""
    behind_min = st.context.timezone_offset  # of UTC; None without a browser
    zone = None if behind_min is None else timezone(-timedelta(minutes=behind_min))
    return (datetime.now(UTC) - timedelta(seconds=ago_s)).astimezone(zone).strftime("%H:%M")


def _sentence(job: Job, left_s: float | None, pulse: Pulse | None) -> str:
    if _is_stopping(job, pulse):
        return "Stopping; what is done is kept …"
    doing = job.doing or "Starting: this takes some seconds"
    count = f" · {job.done:,} of {job.total:,}" if job.total else ""
    if job.paused:
        return f"Paused · {doing}{count}"
    if pulse is not None and pulse.quiet_s > QUIET_S:
        return f"{doing}{count} · no news for {duration(pulse.quiet_s)}"
    left = f" · {duration(left_s)} left" if left_s is not None else ""
    return f"{doing}{count}{left}"


def _show_ending(job: Job | None) -> None:
    if job is None:
        return
    if job.state == "failed":
        message, hint = state.without_paths(job.message), state.without_paths(job.hint)
        st.error(f"**{title_of(job)} failed. {plain(message)}** {plain(hint)}")
    elif job.state == "stopped":
        after = duration(max(0.0, job.elapsed_s))  # the clock may have been set back
        by_force = f"{plain(job.message)} {plain(job.hint)}"
        outcome = by_force if job.message else "What was done is kept."
        st.info(f"{title_of(job)} was stopped after {after}. {outcome}")


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
