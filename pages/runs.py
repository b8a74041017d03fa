"""Runs: all of them on the same validation images, and whether two of them really differ."""

from collections.abc import Sequence

import streamlit as st

from core.catalog import Catalog
from core.interpretation.comparison import RunResult, run_results
from ui import state
from ui.glossary import explained
from ui.job_progress import show_jobs
from ui.leaks import show_leak_of_run
from ui.messages import no_model_yet
from ui.next_step import show_next_step
from ui.runs.curves import show_curves
from ui.runs.one_run import show_one_run
from ui.runs.pairs import show_pairs
from ui.runs.table import offer_scoring, show_accuracies, show_table
from ui.runs.verdict import verdict_of

catalog = state.catalog()
every_run = catalog.runs.all()
runs = run_results(catalog)


def show_comparison(catalog: Catalog, busy: bool) -> None:
    tested = [s for s in run_results(catalog, "test") if s.accuracy.total and not s.missing]
    decided = len(tested) == len(runs)  # test pictures chose no epoch, so they decide
    deciding, side = (tested, "test") if decided else (runs, "validation")
    st.markdown(verdict_of(deciding, side))
    show_leak_of_run(catalog, runs[0])
    for result in tested[:1]:
        show_leak_of_run(catalog, result, "test")
    show_accuracies(runs)
    show_numbers(catalog, tested, busy)
    if len(runs) > 1:
        show_pairs(deciding, side)


def show_numbers(catalog: Catalog, tested: Sequence[RunResult], busy: bool) -> None:
    total = runs[0].accuracy.total
    today = sum(sides["valid"] for sides in catalog.images.counts().values())
    st.markdown(
        f"On the same **{total:,} validation images**, by the labels of today. An image that "
        "was relabelled counts the same for every run; a deleted one counts for none.",
        help=explained("validation set"),
    )
    edit_counts = {s.run.id: len(catalog.journal.changed_images(s.run.edits)) for s in runs}
    show_table(runs, {s.run.id: s.accuracy for s in tested}, edit_counts)
    offer_scoring(catalog, runs, today - total, busy)


st.title("Runs")
show_next_step(catalog, "runs")
busy = show_jobs("score")
if not every_run:
    st.markdown(
        "Every training stands here: how often each is right on the same pictures, with its 95 % "
        "interval, and whether one is really better than another."
    )
    no_model_yet(catalog)
elif not runs:
    st.info("No run has left a model yet.")
    show_one_run(catalog, every_run, busy)
elif not runs[0].accuracy.total:
    st.warning(
        "No validation image is in use any more, so runs cannot be compared. Restore one on the "
        "Review page (show: deleted), or add pictures."
    )
    st.dataframe([{"run": s.run.name, "started (UTC)": s.run.created_at} for s in runs])
else:
    show_comparison(catalog, busy)
    show_curves(catalog, every_run)
    show_one_run(catalog, every_run, busy)
