"""The table of runs, and the accuracies that may be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.catalog import Catalog
from core.interpretation.comparison import RunResult, comparable
from core.jobs import start_job
from core.metrics import Share
from ui import state
from ui.plots import show_plot
from ui.runs.charts import accuracies

SHOWN = 20
"""Most runs in the plot; more would be unreadable."""


def show_table(
    runs: Sequence[RunResult], test: Mapping[int, Share], edit_counts: Mapping[int, int]
) -> None:
    """One row a run.

    Args:
        test: accuracy on the test images by run id, of the runs that answered all of them.
        edit_counts: how many images were edited since a run began, by run id.
    """
    rows = [_row(s, test.get(s.run.id), edit_counts[s.run.id]) for s in runs]
    empty = {name: None for name in rows[0] if all(row[name] in (None, "", 0) for row in rows)}
    st.dataframe(rows, column_config=empty, key="runs_table", hide_index=True)


def show_accuracies(runs: Sequence[RunResult]) -> None:
    ranking = comparable(runs)[:SHOWN]
    if ranking:
        plot = accuracies([s.run.name for s in ranking], [s.accuracy for s in ranking])
        alt = "Accuracy of each run with its interval, best first"
        show_plot(plot, "accuracies", alt, 80 + 34 * len(ranking))


def offer_scoring(catalog: Catalog, runs: Sequence[RunResult], unseen: int, busy: bool) -> None:
    """Say which runs do not compare, and let them answer the images of today.

    Args:
        unseen: validation images of today that the newest run was not asked about.
    """
    older = [s for s in runs if s.missing]
    if not older and not unseen:
        return
    reasons = []
    if unseen:
        reasons.append(f"{unseen:,} validation images came after the newest run.")
    if older:
        names = ", ".join(s.run.name for s in older[:3]) + (" …" if len(older) > 3 else "")
        reasons.append(f"{names}: checked on other images, so not ranked with the rest.")
    to_score = runs if unseen else older
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(" ".join(reasons))
        if st.button("Score on today's set", disabled=busy, key="score_runs"):
            ids = {"run_ids": [s.run.id for s in to_score]}
            start_job(state.workspace(), catalog, "score", ids)
            st.rerun()


def _row(s: RunResult, test: Share | None, edits: int) -> dict[str, Any]:
    share = s.accuracy
    return {
        "run": s.run.name,
        "accuracy, %": None if s.missing else round(100 * share.value, 1),
        "95 % interval": "" if s.missing else f"{100 * share.low:.1f} – {100 * share.high:.1f}",
        "right": f"{share.hits:,} of {share.total:,}",
        "not answered": s.missing,
        "images edited since": edits,
        "test accuracy, %": None if test is None else round(100 * test.value, 1),
        "architecture": s.run.config.get("architecture", ""),
        "size, px": s.run.config.get("size_px"),
        "ended": s.run.ending or "running",
        "started (UTC)": s.run.created_at[:16].replace("T", " "),
        "note": s.run.note,
    }
