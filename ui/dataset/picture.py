"""One picture in full: what is known of it, its label, and what training makes of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from core.catalog import Catalog
from core.errors import StudioError
from core.images.working_copy import read_copy
from core.markdown import plain
from core.models.augmentation import PRESETS, training_transform
from core.models.preprocessing import Preprocessing
from core.records import SIDE_NAMES, ImageRecord
from core.workspace import Workspace
from ui import state
from ui.messages import callback, dialog, show_error
from ui.sounds import show_player

SAMPLES = 8
SIZE_PX, SHOWN_PX = 224, 128
ABOUT = {
    "none": "As it is: what validation sees.",
    "light": "A random part, mirrored or not, a little brighter or darker.",
    "standard": "Also turned by up to 10°, enlarged and seen at an angle.",
    "strong": "All of that further, and a rectangle is hidden in half of them.",
}
ROUND = "picture_round"


@dialog("Picture")
def show_picture(image_id: str) -> None:
    catalog = state.catalog()
    image = catalog.images.get(image_id)
    if image is None:
        st.warning("This picture is not in the workspace.")
        return
    left, right = st.columns([2, 3])
    with right:
        _show_facts(catalog, image)
        _ask_for_label(catalog, image)
    try:
        left.image(read_copy(state.workspace(), image.id), width="stretch")
        with left:
            show_player(state.workspace(), image)
        _show_augmentation(image)
    except StudioError as error:  # its file is gone
        show_error(error)


def _show_facts(catalog: Catalog, image: ImageRecord) -> None:
    review = "reviewed" if image.reviewed else "not reviewed yet"
    st.markdown(f"**{plain(image.source_path)}**")
    st.caption(
        f"{image.width_px:,} × {image.height_px:,} px · {SIDE_NAMES[image.side]} side · {review} · "
        f"from {plain(catalog.images.source(image.id))}"
    )
    if image.url:
        st.caption(plain(image.url))


def _ask_for_label(catalog: Catalog, image: ImageRecord) -> None:
    journal, classes = catalog.journal, catalog.images.classes()
    deleted = image.status == "quarantined"
    names = classes if image.label in classes else [image.label, *classes]
    key = f"picture_label_{image.id}"  # the next picture starts with its own
    label = st.selectbox("Label", names, names.index(image.label), key=key)
    with st.container(horizontal=True):
        if st.button("Save the label", key="picture_save", disabled=deleted, type="primary"):
            _act(partial(journal.relabel, image.id, label))
        act = journal.restore if deleted else journal.quarantine
        if st.button("Restore" if deleted else "Delete", key="picture_delete"):
            _act(partial(act, image.id))


def _act(change: Callable[[], object]) -> None:
    try:
        change()
    except StudioError as error:
        show_error(error)
    else:
        st.rerun()


def _show_augmentation(image: ImageRecord) -> None:
    st.markdown("**What training makes of it**")
    with st.container(horizontal=True, vertical_alignment="center"):
        preset = st.segmented_control(
            "Augmentation",
            list(PRESETS),
            default="standard",
            required=True,
            label_visibility="collapsed",
            key="picture_preset",
        )
        st.button("Draw again", key="picture_again", on_click=_draw_again)
    st.caption(ABOUT[preset])
    workspace, seed = state.workspace(), st.session_state.get(ROUND, 0)
    with st.container(horizontal=True, gap="small"):
        for sample_hwc in _samples(workspace, image.id, preset, seed):
            st.image(sample_hwc, width=SHOWN_PX)


def _samples(workspace: Workspace, image_id: str, preset: str, seed: int) -> list[np.ndarray]:
    """uint8 (size, size, 3), by the code that training uses."""
    transform = training_transform(Preprocessing(size_px=SIZE_PX), preset)
    picture, rng = read_copy(workspace, image_id), np.random.default_rng(seed)
    return [transform(picture, rng) for _ in range(SAMPLES)]


@callback
def _draw_again() -> None:
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
