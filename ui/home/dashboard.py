"""Home of a workspace with pictures: how it stands, from what the catalog says in a few queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.catalog import Catalog
from core.jobs import title_of
from core.markdown import plain
from core.metrics import Share
from core.next_step import Standing
from core.records import EditKind, JobState
from core.runs import outcome_of
from ui import state
from ui.home.charts import accuracy_over_runs
from ui.home.mosaic import show_mosaic
from ui.job_progress import duration
from ui.pictures import picture_grid
from ui.plots import show_plot

MOSAIC = 40
MOST_RUNS = 12
WORST = 3
DONE: Mapping[EditKind, str] = {
    "relabel": "relabelled",
    "quarantine": "deleted",
    "keep": "kept",
    "restore": "restored",
}
ENDED: Mapping[JobState, str] = {"done": "done", "stopped": "stopped", "failed": "failed"}


def show_dashboard(catalog: Catalog, now: Standing) -> None:
    show_mosaic(state.workspace(), catalog.images.sample(MOSAIC))
    outcomes = _outcomes(catalog)
    with st.grid(min_column_width=250, gap="small"):
        if outcomes:
            with st.container(border=True, height="stretch"):
                _show_accuracy(outcomes)
        if now.suspects is not None:
            with st.container(border=True, height="stretch"):
                _show_worst(catalog, now.suspects)
        if lines := _news(catalog, now) + _endings(catalog):
            with st.container(border=True, height="stretch"):
                _show_lately(lines)


def _outcomes(catalog: Catalog) -> list[tuple[str, Share]]:
    """The names of the last runs, the oldest first, with how each did when it ended."""
    runs = catalog.runs.with_model()[:MOST_RUNS]
    told = [(run.name, outcome_of(catalog, run)) for run in reversed(runs)]
    return [(name, share) for name, share in told if share is not None]


def _show_accuracy(outcomes: Sequence[tuple[str, Share]]) -> None:
    name, newest = outcomes[-1]
    st.metric(f"Accuracy of {plain(name)} when it ended", f"{100 * newest.value:.1f} %")
    st.caption(
        f"95 % interval: {100 * newest.low:.1f} to {100 * newest.high:.1f} %, "
        f"from {newest.total:,} validation images"
    )
    if len(outcomes) > 1:
        plot = accuracy_over_runs(outcomes)
        show_plot(plot, "home_accuracy", "Accuracy of each run with its interval", 200)
    st.page_link("../pages/runs.py", label="Compare the runs →")


def _show_worst(catalog: Catalog, suspects: Sequence[str]) -> None:
    st.markdown("##### Most suspicious labels")
    if suspects:
        st.caption("What they are labelled:")
        picture_grid(state.workspace(), catalog.images.some(suspects[:WORST]), 64)
        st.page_link("../pages/review.py", label=f"All {len(suspects):,} in Review →")
    else:
        st.markdown("None is left to look at.")


def _show_lately(lines: Sequence[str]) -> None:
    st.markdown("##### Lately")
    for line in lines:
        st.markdown(line)
    st.page_link("../pages/dataset.py", label="All pictures →")


def _news(catalog: Catalog, now: Standing) -> list[str]:
    """What became of the pictures since the newest quick model; of all when there is none."""
    since = now.quick.created_at if now.quick else ""
    edits = catalog.journal.in_force(since)
    facts = [f"{edits[kind]:,} {done}" for kind, done in DONE.items() if edits.get(kind)]
    facts += [f"{now.added:,} new pictures"] if now.added else []
    if now.quick is None:
        return [", ".join(facts)] if facts else []
    news = ", ".join(facts) if facts else "nothing changed"
    return [f"Since {plain(now.quick.name)}: {news}."]


def _endings(catalog: Catalog) -> list[str]:
    """How the last job ended; nothing while it goes on."""
    job = catalog.jobs.latest()
    if job is None or job.state not in ENDED:
        return []
    took = f" after {duration(job.elapsed_s)}" if job.elapsed_s >= 0 else ""
    return [f"{title_of(job)}: {ENDED[job.state]}{took}."]
