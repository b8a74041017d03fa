"""Dataset: bring pictures, look at them, check them, decide the classes and the split."""

import streamlit as st

from core.catalog import Catalog
from ui import state
from ui.dataset.add import show_ways_in
from ui.dataset.check import show_check
from ui.dataset.classes import show_classes
from ui.dataset.gallery import show_gallery
from ui.dataset.split import show_split
from ui.dataset.take_out import show_take_out
from ui.job_progress import show_jobs
from ui.next_step import show_next_step

GALLERY = "Gallery"
SECTIONS = {
    "Add pictures": show_ways_in,
    GALLERY: show_gallery,
    "Check": show_check,
    "Classes": show_classes,
    "Split": show_split,
    "Take out": show_take_out,
}

catalog = state.catalog()
counts = catalog.images.counts()
pictures = sum(sum(sides.values()) for sides in counts.values())


def show_figures(catalog: Catalog) -> None:
    valid = sum(sides["valid"] for sides in counts.values())
    test = sum(sides["test"] for sides in counts.values())
    figures = [("Pictures", pictures), ("Classes", len(counts)), ("Validation", valid)]
    figures += [("Test", test)] if test else []
    figures += [("Deleted", catalog.images.quarantined_count())]
    with st.container(horizontal=True, gap="medium"):
        for name, value in figures:
            st.metric(name, f"{value:,}", width="content")


st.title("Dataset")
show_next_step(catalog, "dataset", aside=st.session_state.get("section", GALLERY) != GALLERY)
busy = show_jobs("import", "check", "verify", "repair", "take-out")
if pictures:
    show_figures(catalog)
    first = GALLERY
else:
    first = "Add pictures"
section = st.segmented_control(
    "Section",
    list(SECTIONS),
    default=first,
    key="section",
    required=True,
    width="stretch",
    label_visibility="collapsed",
)
SECTIONS[section](busy)
