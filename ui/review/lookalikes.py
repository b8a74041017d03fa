"""Look-alikes side by side: keep one of a group by a key, or all.

What a person decides comes as a log (`ui/review/oplog.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.catalog import Catalog
from core.jobs import start_job
from core.records import SIDE_NAMES, ImageRecord
from core.review.lookalikes import (
    Group,
    has_two_labels,
    is_on_both_sides,
    open_groups,
    settled_groups,
    suggested,
)
from core.review.marks import store_marks
from core.workspace import Workspace
from ui import state
from ui.messages import callback, fragment, show_error
from ui.pictures import picture_url
from ui.review.oplog import OperationLog

KEY = "lookalikes"
OPEN, SETTLED = "to decide", "settled"
A_PAGE = 8
JOB = "lookalikes"
log = OperationLog(KEY, "lookalikes.css", ("lookalikes.js",))


def show_lookalikes(workspace: Workspace, catalog: Catalog, busy: bool) -> None:
    """Draw the groups that the last search found, and ask for a search.

    Args:
        busy: whether something goes on in the workspace; the page shows its progress.
    """
    if not catalog.images.classes():
        st.markdown("There are no pictures in this workspace yet, so none can look alike.")
        return
    _ask_for_search(workspace, catalog, busy)
    if catalog.lookalikes.searched_with() is not None:
        fragment(_decide)()


def _ask_for_search(workspace: Workspace, catalog: Catalog, busy: bool) -> None:
    new = catalog.lookalikes.came_since()
    searched_with = catalog.lookalikes.searched_with()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_about_search(searched_with, new), width="stretch")
        if st.button(
            "Find look-alikes" if searched_with is None else "Search again",
            key="lookalikes_search",
            type="primary" if searched_with is None or new else "secondary",
            disabled=busy,
        ):
            start_job(workspace, catalog, JOB, {})
            st.rerun()


def _about_search(searched_with: str | None, new: int) -> str:
    if searched_with is None:
        return (
            "Finds copies of the same picture: resized, re-encoded, trimmed, brightened or "
            "mirrored. Those under two labels, or on both sides of the split, come first."
        )
    if new:
        return f"{_pictures(new)} came since the last search."
    if not searched_with:
        return (
            "Compared by fingerprints alone. Search again after training the quick model: with "
            "its features, more of the trimmed copies are found."
        )
    return "Compared by fingerprints and by the features of the quick model."


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"


def _decide() -> None:
    workspace, catalog = state.workspace(), state.catalog()
    for problem in store_marks(catalog, log.sent()).problems:
        show_error(problem)
    if not catalog.lookalikes.count():
        st.success("No look-alikes were found: every picture is one of its kind.")
        return
    show = st.segmented_control(
        "Show", [OPEN, SETTLED], default=OPEN, required=True, key="lookalikes_show"
    )
    groups = _standing_groups(workspace, catalog, show)
    if groups:
        start = A_PAGE * st.session_state["lookalikes_page"]
        _mount_groups(workspace, catalog, groups[start : start + A_PAGE])
        _ask_for_page(len(groups))
    elif show == OPEN:
        st.success("All look-alikes are settled.")
    else:
        st.info("No group is settled yet.")


def _standing_groups(workspace: Workspace, catalog: Catalog, show: str) -> list[Group]:
    """The groups, made anew when the question or the search changes: while they are decided on
    and paged through, they stand still.
    """
    last = catalog.jobs.latest(JOB)
    question = (workspace.name, show, last and (last.id, last.state))
    if st.session_state.get("lookalikes_question") != question:
        found = open_groups(catalog) if show == OPEN else settled_groups(catalog)
        st.session_state["lookalikes_question"] = question
        st.session_state["lookalikes_groups"] = [tuple(group) for group in found]
        st.session_state["lookalikes_page"] = 0
    return [Group(*group) for group in st.session_state["lookalikes_groups"]]


def _ask_for_page(length: int) -> None:
    page, last = st.session_state["lookalikes_page"], (length - 1) // A_PAGE
    if not last:
        return
    with st.container(horizontal=True):
        for name, to in (("Previous", page - 1), ("Next", page + 1)):
            st.button(
                f"{name} groups",
                key=f"lookalikes_{name.lower()}",
                on_click=_turn_to,
                args=(to,),
                disabled=not 0 <= to <= last,
            )
        st.caption(
            f"Groups {page * A_PAGE + 1:,} to {min(length, (page + 1) * A_PAGE):,} of {length:,}"
        )


@callback
def _turn_to(page: int) -> None:
    st.session_state["lookalikes_page"] = page


def _mount_groups(workspace: Workspace, catalog: Catalog, groups: Sequence[Group]) -> None:
    arrival, kept = catalog.lookalikes.arrival(), catalog.journal.kept_sets()
    data = {
        "groups": [
            {
                "members": _members(workspace, group, catalog.images.some(group.ids), arrival),
                "notes": _notes(catalog.images.some(group.ids)),
                "kept": any(set(group.ids) <= ids for ids in kept),
            }
            for group in groups
        ],
        "classes": catalog.images.classes(),
    }
    log.mount(data)


def _members(
    workspace: Workspace,
    group: Group,
    images: Sequence[ImageRecord],
    arrival: Mapping[str, int],
) -> list[dict[str, Any]]:
    best, alike = suggested(images, arrival), dict(zip(group.ids, group.similarities))
    return [_member(workspace, image, alike[image.id], image.id == best) for image in images]


def _member(
    workspace: Workspace, image: ImageRecord, similarity: float, best: bool
) -> dict[str, Any]:
    return {
        "id": image.id,
        "src": picture_url(workspace, image.id),
        "label": image.label,
        "side": image.side,
        "size": f"{image.width_px:,} × {image.height_px:,} px",
        "file": image.source_path,
        "similarity": round(100 * similarity),
        "deleted": image.status == "quarantined",
        "best": best,
    }


def _notes(images: Sequence[ImageRecord]) -> list[str]:
    """What is bad about these being look-alikes, as long as they are all in use."""
    used = [image for image in images if image.status == "in use"]
    notes = []
    if has_two_labels(used):
        notes.append("Under different labels: " + ", ".join(sorted({i.label for i in used})) + ".")
    if is_on_both_sides(used):
        other = next(i.side for i in used if i.side != "train")
        word = SIDE_NAMES[other]
        notes.append(f"One is in training, one in {word}: the {word} result is flattered.")
    return notes
