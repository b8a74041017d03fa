"""The files of this workspace: whether they are as the catalog says, and putting them right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.catalog import Catalog
from core.jobs import start_job
from core.records import Job
from core.upkeep.faults import KINDS, Fault, Kind
from core.upkeep.inventory import Inventory, latest_inventory
from ui import state

PER_PICTURE_S = 0.002  # to hash a photo and decode its copy, on 2 cores
WORDS: Mapping[Kind, tuple[str, str]] = {
    "original missing": ("original gone", "taken again from where it came from, if it is there"),
    "original damaged": ("original damaged", "taken again from where it came from, if it is there"),
    "copy missing": ("working copy gone", "made again from the original"),
    "copy damaged": ("working copy damaged", "made again from the original"),
    "weights missing": ("model gone", "taken from its best checkpoint; else train again"),
    "weights damaged": ("model damaged", "taken from its best checkpoint; else train again"),
    "features damaged": ("features damaged", "set aside; computed again when they are needed"),
    "features missing": ("features gone", "nothing to do: computed again when they are needed"),
    "left over": ("left over", "moved into the folder set-aside, not deleted"),
    "unknown": ("unknown", "left alone: the studio did not make it"),
}
"""What a fault is called, and what a repair does about it."""


def show_upkeep(busy: bool) -> None:
    """The newest result first, then what is wrong, then the buttons with what they cost."""
    catalog = state.catalog()
    inventory, job = latest_inventory(catalog), catalog.jobs.latest("verify", "repair")
    with st.expander("The files of this workspace", key="upkeep"):
        _show_verdict(inventory, job)
        if inventory is not None and inventory.counts:
            _show_faults(inventory)
        with st.container(horizontal=True):
            _ask_to_check(catalog, inventory, busy)
            if inventory is not None and inventory.mendable:
                _ask_to_repair(catalog, busy)


def _show_verdict(inventory: Inventory | None, job: Job | None) -> None:
    if inventory is None:
        stopped = job is not None and job.state in ("stopped", "failed")
        st.markdown(
            ("The last check did not come to its end. " if stopped else "")
            + "The files were not checked yet. A check holds every original to the hash it came in "
            "with, opens every working copy, and looks for models that are gone and for files that "
            "nothing speaks of. It changes nothing."
        )
        return
    if inventory.mended:
        st.success(f"Put right by the repair: {_counted(inventory.mended)}.")
    if inventory.losses:
        st.error(f"**Files are missing or damaged.** {_sentence(inventory.counts)}")
    elif inventory.counts:
        st.info(f"**Nothing is lost.** {_sentence(inventory.counts)}")
    else:
        st.success(f"**All files are there and whole:** {inventory.pictures:,} pictures.")
    size_mb, at = inventory.read_bytes / 1e6, inventory.at.replace("T", " ")[:16]
    st.caption(f"{at} UTC · {size_mb:,.0f} MB read in {inventory.seconds:,.0f} s")


def _show_faults(inventory: Inventory) -> None:
    st.dataframe(
        [_row(fault) for fault in inventory.faults],
        key="upkeep_faults",
        hide_index=True,
        height="auto" if len(inventory.faults) < 10 else 300,
    )
    total = sum(inventory.counts.values())
    if total > len(inventory.faults):
        st.caption(f"{len(inventory.faults):,} of {total:,} are listed.")


def _row(fault: Fault) -> dict[str, str]:
    name, remedy = WORDS[fault.kind]
    return {"what": name, "of": fault.about, "a repair": remedy, "file": fault.path}


def _ask_to_check(catalog: Catalog, inventory: Inventory | None, busy: bool) -> None:
    pictures = len(catalog.images.known_ids())
    seconds = max(1, round(pictures * _per_picture_s(inventory)))
    if st.button(
        f"Check {pictures:,} {'picture' if pictures == 1 else 'pictures'} · about {seconds:,} s",
        key="upkeep_verify",
        disabled=busy,
        help="Reads every original and every working copy once. It changes nothing.",
    ):
        _start(catalog, "verify")


def _per_picture_s(inventory: Inventory | None) -> float:
    """What the last check needed for one, here and for these pictures."""
    if inventory is None or not inventory.pictures:
        return PER_PICTURE_S
    return inventory.seconds / inventory.pictures


def _ask_to_repair(catalog: Catalog, busy: bool) -> None:
    if st.button(
        "Repair",
        key="upkeep_repair",
        type="primary",
        disabled=busy,
        help="Checks again, then does what the table says. Nothing is deleted; addresses of "
        "pictures that are gone are asked again.",
    ):
        _start(catalog, "repair")


def _start(catalog: Catalog, kind: str) -> None:
    start_job(state.workspace(), catalog, kind, {})
    st.rerun()


def _sentence(counts: Mapping[Kind, int]) -> str:
    return f"Found: {_counted(counts)}."


def _counted(counts: Mapping[Kind, int]) -> str:
    """Counts by kind in words, losses first."""
    kinds: Sequence[Kind] = [kind for kind in KINDS if counts.get(kind)]
    return ", ".join(f"{counts[kind]:,} {WORDS[kind][0]}" for kind in kinds)
