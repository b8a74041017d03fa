"""The split: which pictures are for training and which for checking."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import streamlit as st

from core.catalog import Catalog
from core.dataset.split import (
    ALIKE,
    BY_HASH,
    FIELD_TEST,
    MOVED,
    SEEDS,
    SHARES,
    TOPPED_UP,
    choose_split,
)
from core.errors import StudioError
from core.records import SIDE_NAMES, SIDES, Side
from ui import state
from ui.dataset.charts import stacked
from ui.messages import show_error
from ui.plots import show_plot

REASONS = {
    BY_HASH: "chance",
    ALIKE: "near-duplicate",
    MOVED: "look-alike, moved before the first training",
    TOPPED_UP: "lack in its class",
    FIELD_TEST: "field test",
    "folder": "folder",
    "column": "column",
}
"""What decided a side, for the person."""
COLOURS = ["#3b82c4", "#7aa62f", "#c9a227", "#b4436c", "#7d8491", "#9a6b43"]  # not those of sides

Reasons = Mapping[Side, Mapping[str, int]]


def show_split(busy: bool) -> None:
    st.caption(
        "The model learns from training pictures and is checked on validation pictures. The side "
        "of a picture is decided when it comes. Before the first training look-alikes are put on "
        "one side once more; after that none ever moves, so that runs can be compared."
    )
    catalog = state.catalog()
    reasons = catalog.images.side_reasons()
    if reasons:
        _show_sides(catalog, reasons)
    _choose(catalog, busy)


def _show_sides(catalog: Catalog, reasons: Reasons) -> None:
    st.markdown("**What decided the side**")
    alt = "Pictures per side, by what decided it"
    show_plot(side_reasons(reasons), "side_reasons", alt, 100 + 34 * len(reasons))
    _show_groups(catalog)
    field_test = reasons.get("test", {}).get(FIELD_TEST, 0)
    if field_test:
        st.markdown(
            f"**Field test:** {field_test:,} pictures. Nothing trains on them, and cleaning never "
            "touches them: they show how good the model is where it will be used."
        )


def _show_groups(catalog: Catalog) -> None:
    groups, pictures = catalog.images.group_counts()
    if groups:
        st.markdown(
            f"**Near-duplicates and bursts:** {pictures:,} pictures in {groups:,} "
            f"{'group' if groups == 1 else 'groups'}, kept together where nothing else decided the "
            f"side: apart, the check would be too easy.{_across_in_words(catalog)}"
        )
    else:
        st.markdown(
            f"**Near-duplicates and bursts:** none kept together.{_across_in_words(catalog)}"
        )


def _across_in_words(catalog: Catalog) -> str:
    lookalikes = catalog.lookalikes
    across = lookalikes.open_counts()["both sides"]
    if lookalikes.searched_with() is None:
        return " Whether copies are on both sides was not looked at yet: section Check does it."
    if not across:
        return " The last search found no copies on both sides."
    pairs = "1 pair is" if across == 1 else f"{across:,} pairs are"
    return f" **{pairs} on both sides all the same:** the section Check lists them."


def _choose(catalog: Catalog, busy: bool) -> None:
    if not catalog.may_choose_split():
        st.info(
            f"The split stands. {_shares_in_words(catalog)} "
            "Something was trained on it, and figures on another split could not be compared. "
            "Make a new workspace to try another one.",
            icon=":material/lock:",
        )
        return
    with st.form("split", border=True):
        st.markdown("**Another split** can be chosen until the first training.")
        share_column, seed_column = st.columns(2)
        low, high = (round(100 * share) for share in SHARES)
        share = share_column.slider(
            "For validation, %", low, high, round(100 * catalog.valid_share), 5, key="split_share"
        )
        seed = seed_column.number_input(
            "Seed", SEEDS.start, SEEDS.stop - 1, catalog.seed, 1, key="split_seed",
            help="Any whole number. The same seed gives the same split.",
        )  # fmt: skip
        if st.form_submit_button("Split anew", disabled=busy, key="split_anew"):
            _split_anew(catalog, int(seed), share / 100)


def _shares_in_words(catalog: Catalog) -> str:
    """What is so, and what was asked of chance, which folders and columns may have overruled."""
    counts = catalog.images.counts().values()
    valid, total = sum(c["valid"] for c in counts), sum(sum(c.values()) for c in counts)
    share = f"{valid / total:.0%} of the pictures in use are" if total else "No picture in use is"
    return (
        f"{share} for validation; where nothing else decided, chance was asked for "
        f"{catalog.valid_share:.0%} (seed {catalog.seed})."
    )


def _split_anew(catalog: Catalog, seed: int, valid_share: float) -> None:
    try:
        choose_split(catalog, seed, valid_share)
    except StudioError as error:
        show_error(error)
    else:
        st.rerun()


def side_reasons(reasons: Reasons) -> go.Figure:
    """Pictures per side, stacked by what decided it; training on top."""
    sides = [side for side in reversed(SIDES) if side in reasons]
    names = {reason for by_reason in reasons.values() for reason in by_reason}
    order = [*(reason for reason in REASONS if reason in names), *sorted(names - REASONS.keys())]
    parts = {REASONS.get(r, r): [reasons[side].get(r, 0) for side in sides] for r in order}
    return stacked([_in_words(side, reasons) for side in sides], parts)


def _in_words(side: Side, reasons: Reasons) -> str:
    count = sum(reasons[side].values())
    total = sum(sum(by_reason.values()) for by_reason in reasons.values())
    return f"{SIDE_NAMES[side]}: {count:,} ({count / total:.0%})"
