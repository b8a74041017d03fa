"""The checks: what each found at one glance, and the one that is open in full."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import streamlit as st

from core.catalog import Catalog
from core.dataset.check import CHECKS, is_nature
from core.jobs import start_job
from ui import state
from ui.charts import counted
from ui.dataset.check_pairs import PAIR_CHECKS, show_pairs
from ui.dataset.check_pictures import limit_of, show_flagged
from ui.dataset.skipped import show_skipped
from ui.dataset.start import lead_to_adding
from ui.dataset.upkeep import show_upkeep
from ui.messages import callback, fragment

OPEN = "check_open"
SKIPPED = "Skipped files"
ICONS = {
    "not checked": ":material/remove:",
    "none": ":material/check:",
    "found": ":material/warning:",
    "nature": ":material/info:",
}


class Finding(NamedTuple):
    """What one check found: a key of `ICONS`, and the same in words."""

    state: str
    verdict: str


def show_check(busy: bool) -> None:
    catalog = state.catalog()
    in_use = sum(sum(sides.values()) for sides in catalog.images.counts().values())
    if not in_use:
        lead_to_adding("There are no pictures to check yet.")
        show_upkeep(busy)
        return
    _ask_to_check(catalog, in_use, busy)
    fragment(_show_findings)()
    show_upkeep(busy)


def _ask_to_check(catalog: Catalog, in_use: int, busy: bool) -> None:
    new = catalog.quality.unchecked_count()
    searched = catalog.lookalikes.searched_with() is not None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_about(in_use, new, searched), width="stretch")
        if st.button(
            "Check again" if searched and not new else "Check the pictures",
            key="check_start",
            type="primary" if new or not searched else "secondary",
            disabled=busy,
            help="Measures the pictures that are new, then looks for look-alikes.",
        ):
            start_job(state.workspace(), catalog, "check", {})
            st.rerun()


def _about(in_use: int, new: int, searched: bool) -> str:
    if new == in_use and not searched:
        return (
            "No picture is checked yet. Checking finds copies, look-alikes on both sides of the "
            "split, and dark, bright, blurred, blank, tiny and oddly shaped pictures."
        )
    if new:
        return f"**{counted(new, 'picture')} not checked yet.**"
    if not searched:
        return "The search for look-alikes was not finished."
    return f"All pictures are checked: {in_use:,}."


def _show_findings() -> None:
    catalog = state.catalog()
    findings = {**_skipped(catalog), **_pairs(catalog), **_pictures(catalog)}
    if all(found.state == "none" for found in findings.values()):
        st.success("Nothing stands out. No check found a picture that you should look at.")
    columns = st.columns(2, gap="small")
    for place, (name, found) in enumerate(findings.items()):
        columns[place * 2 // len(findings)].button(
            f"**{name}** · {found.verdict}",
            icon=ICONS[found.state],
            key=f"check_show_{name}",
            type="primary" if st.session_state.get(OPEN) == name else "secondary",
            width="stretch",
            on_click=_open,
            args=(name,),
        )
    details = _details()
    if st.session_state.get(OPEN) in details:
        details[st.session_state[OPEN]]()


@callback
def _open(name: str) -> None:
    st.session_state[OPEN] = None if st.session_state.get(OPEN) == name else name


def _details() -> dict[str, Callable[[], None]]:
    details: dict[str, Callable[[], None]] = {SKIPPED: show_skipped}
    details |= {pair.name: partial(show_pairs, pair) for pair in PAIR_CHECKS}
    details |= {check.name: partial(show_flagged, check) for check in CHECKS}
    return details


def _skipped(catalog: Catalog) -> dict[str, Finding]:
    return {SKIPPED: _finding(catalog.images.skipped_count(), "file")}


def _pairs(catalog: Catalog) -> dict[str, Finding]:
    if catalog.lookalikes.searched_with() is None:
        return {pair.name: _NOT_CHECKED for pair in PAIR_CHECKS}
    counts = catalog.lookalikes.open_counts()
    found = {pair.name: _finding(counts[pair.kind], "pair") for pair in PAIR_CHECKS}
    copies = catalog.images.skipped_count("another class")
    if copies and not counts["two labels"]:  # nothing to act on here, but worth a look
        found[PAIR_CHECKS[0].name] = Finding("nature", f"{counted(copies, 'file')} left out")
    return found


def _pictures(catalog: Catalog) -> dict[str, Finding]:
    checked = catalog.quality.checked_count()
    if not checked:
        return {check.name: _NOT_CHECKED for check in CHECKS}
    counts = catalog.quality.flagged_counts({c.measure: limit_of(c) for c in CHECKS})
    return {check.name: _of_pictures(counts[check.measure], checked) for check in CHECKS}


def _of_pictures(count: int, checked: int) -> Finding:
    if is_nature(count, checked):
        return Finding("nature", f"{count / checked:.0%} of the pictures")
    return _finding(count, "picture")


def _finding(count: int, unit: str) -> Finding:
    return Finding("found", counted(count, unit)) if count else Finding("none", "none")


_NOT_CHECKED = Finding("not checked", "not checked yet")
