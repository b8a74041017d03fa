"""How far the review is, what is left to find, and whether to stop."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.catalog import Catalog
from core.markdown import plain
from core.review.chance_wrong import Count
from core.review.estimate import Estimate
from core.review.scores import Scores
from core.review.stopping import Outlook, outlook
from ui.review.filters import show_only

PAIRS = 6


def show_progress(
    catalog: Catalog, scores: Scores, coming: list[str], row: DeltaGenerator, notice: DeltaGenerator
) -> None:
    """The figures in a row that has more in it, and a notice where it is time to stop.

    Args:
        coming: ids still to review, in the order of the queue.
    """
    now = outlook(catalog, scores, coming, datetime.now(UTC))
    with row:
        left = scores.estimate.total.within(now.progress.images - now.progress.reviewed)
        st.caption(" · ".join(_facts(now, left)), width="content")
        where = st.popover("Where?", key="review_where", on_change="rerun")
        if where.open:  # a table costs more than a mark may take
            with where:
                _show_where(scores.estimate)
                _show_what_is_missed(scores)
    if now.looks_alright:
        notice.success(
            f"The last {now.last_total} looked alright ({now.last_wrong} wrong), and so do the "
            "next: a good moment to stop, and to train again.",
            icon=":material/check_circle:",
        )


def _facts(now: Outlook, left: Count) -> list[str]:
    progress = now.progress
    pace = f", {now.per_minute:.0f} a minute" if now.per_minute else ""
    facts = [
        f"**{progress.reviewed:,}** of {progress.images:,} reviewed{pace}",
        f"**{progress.wrong:,}** relabelled",
        f"about **{left.expected:,.0f}** still wrong ({_interval(left)})",
    ]
    if progress.deleted:
        facts.insert(2, f"**{progress.deleted:,}** deleted")
    if now.ahead.total:
        facts.append(
            f"**{now.ahead.expected:.0f}** of the next {now.ahead.total} ({_interval(now.ahead)})"
        )
    return facts


def _interval(count: Count) -> str:
    return f"{count.low:,.0f}–{count.high:,.0f}"


def _show_where(estimate: Estimate) -> None:
    st.markdown("**Estimated wrong labels by given class**, of pictures not reviewed yet")
    rows = [
        {
            "class": name,
            "share": 100 * count.expected / count.total,
            "about": f"{count.expected:,.0f}",
            "95 %": _interval(count),
        }
        for name, count in estimate.by_class
        if count.total
    ]
    bar = st.column_config.ProgressColumn(
        "share wrong", format="%.0f %%", min_value=0, max_value=100
    )
    st.dataframe(rows, column_config={"share": bar}, hide_index=True, key="review_by_class")
    pairs = [pair for pair in estimate.by_pair[:PAIRS] if pair.expected >= 0.5]
    if pairs:
        st.markdown("**Most likely mix-ups** · given → likely true; a click shows them")
    for pair in pairs:
        st.button(
            f"{plain(pair.given)} → {plain(pair.true)} · about {pair.expected:.0f}",
            key=f"pair_{pair.given}_{pair.true}",
            type="tertiary",
            on_click=show_only,
            args=(pair.given, pair.true),
        )


def _show_what_is_missed(scores: Scores) -> None:
    hidden, controls = scores.estimate.unsuspected, scores.controls
    sentence = (
        f"**What is missed** · among the {hidden.total:,} pictures that the model doubts least, "
        f"about {hidden.expected:.0f} labels are wrong ({_interval(hidden)})"
    )
    if controls.total:
        sentence += (
            f"; of {controls.total} such pictures that you looked at, {controls.hits} "
            f"{'was' if controls.hits == 1 else 'were'} wrong"
        )
    st.markdown(f"{sentence}.")
    st.caption(
        "Every answer teaches how far the model's doubts can be trusted. One picture in 24 is one "
        "that nothing speaks against, mixed in to learn what is missed."
    )
