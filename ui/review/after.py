"""Before and after cleaning: the last two quick models on the same validation images."""

from __future__ import annotations

import streamlit as st

from core.catalog import Catalog
from core.interpretation.comparison import BeforeAfter, before_after
from core.markdown import plain
from core.metrics import Share


def show_what_changed(catalog: Catalog) -> None:
    """Nothing when nothing was cleaned between the last two trainings."""
    both = before_after(catalog)
    if both is None:
        return
    sentences = [_of_labels_left(both)] if both.kept_after.total else []
    if both.changed_after.total:
        sentences.append(_of_labels_changed(both))
    if sentences:
        st.info(
            f"**After cleaning** · {plain(both.before.name)} → {plain(both.after.name)} · "
            + " ".join(sentences),
            icon=":material/compare_arrows:",
        )


def _of_labels_left(both: BeforeAfter) -> str:
    old, new = both.kept_before, both.kept_after
    chance = "a real difference" if both.p_value < 0.05 else "that can be chance"
    return (
        f"Error rate {_error(old):.1f} → **{_error(new):.1f} %** "
        f"(95 %: {100 * (1 - new.high):.1f} to {100 * (1 - new.low):.1f} %) on the {new.total:,} "
        f"validation images whose label you left: {chance} (paired test, p = {both.p_value:.2g})."
    )


def _of_labels_changed(both: BeforeAfter) -> str:
    old, new = both.changed_before, both.changed_after
    return f"Of the {new.total:,} whose label you changed: {old.hits} → **{new.hits}** right."


def _error(share: Share) -> float:
    return 100 * (1 - share.value)
