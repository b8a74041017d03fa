"""Pictures of one class from the camera, one after the other; each is stored as it is taken."""

from __future__ import annotations

import hashlib
import uuid
from io import BytesIO

import streamlit as st

from core.catalog import Catalog
from core.dataset.new_pictures import clean_label
from core.dataset.ways_in import bring_in
from core.errors import StudioError
from core.markdown import plain
from ui import state
from ui.dataset.start import FIELD_TEST, ask_field_test
from ui.messages import callback
from ui.pictures import picture_grid

TAKEN, BURST, OF, SHOT = "camera_taken", "camera_burst", "camera_of", "camera_shot"
MOST_SHOWN = 24
WIDTH_PX = 560  # the button below it stays in sight


def show_camera(catalog: Catalog, busy: bool) -> None:
    label = st.text_input("Class", placeholder="open hand", key="camera_label").strip()
    field_test = ask_field_test()
    _begin_burst(clean_label(label) if label else "")
    if label:
        _take(catalog, clean_label(label), field_test, busy)
    else:
        st.caption("Type the class; the camera then opens here.")
    _show_burst(catalog)


def _take(catalog: Catalog, label: str, field_test: bool, busy: bool) -> None:
    shot = st.session_state.get(SHOT, 0)
    photo = st.camera_input(
        "Take a picture, then the next",
        disabled=busy,
        resolution="720p",
        width=WIDTH_PX,
        key=f"camera_{shot}",
    )
    if photo is not None:
        _store(catalog, photo.getvalue(), label, field_test)
        st.session_state[SHOT] = shot + 1  # a new key makes the camera ready for the next
        st.rerun()


def _begin_burst(label: str) -> None:
    """Pictures of one class in one go are alike, so they are on one side of the split."""
    if st.session_state.get(OF) != label:
        st.session_state[OF] = label
        _new_burst()


@callback
def _new_burst() -> None:
    st.session_state[BURST] = f"burst {uuid.uuid4().hex[:8]}"
    st.session_state[TAKEN] = []


def _store(catalog: Catalog, data: bytes, label: str, field_test: bool) -> None:
    name = f"{uuid.uuid4().hex}.jpg"
    state.save_upload(BytesIO(data), name)
    args = {"way": "camera", "upload": name, "label": label, "group": st.session_state[BURST]}
    for _ in bring_in(state.context(), {**args, FIELD_TEST: field_test}):
        pass
    image_id = hashlib.sha256(data).hexdigest()
    if catalog.images.get(image_id) is None:
        st.toast("That picture was not stored: its import below says why.")
    elif image_id not in st.session_state[TAKEN]:  # the very same picture again is no other one
        st.session_state[TAKEN] = [*st.session_state[TAKEN], image_id]


def _show_burst(catalog: Catalog) -> None:
    ids = st.session_state[TAKEN]
    if not ids:
        return
    images = [image for image in catalog.images.some(ids) if image.status == "in use"]
    with st.container(horizontal=True, vertical_alignment="center"):
        count = f"{len(images):,} picture{'s' * (len(images) != 1)}"
        st.markdown(f"**{count}** of **{plain(st.session_state[OF])}** stored in this burst")
        st.button("Undo last", disabled=not images, on_click=_undo, key="camera_undo")
        st.button("New burst", on_click=_new_burst, key="camera_new", help=BURST_HELP)
    picture_grid(state.workspace(), images[::-1][:MOST_SHOWN])


BURST_HELP = (
    "The pictures of a burst stay together, for training or for checking: they are too alike to "
    "be on both sides. Begin a new one for another scene."
)


@callback
def _undo() -> None:
    """Delete the last picture; like every deleted one it can be restored in the review."""
    ids = st.session_state[TAKEN]
    try:
        state.catalog().journal.quarantine(ids[-1])
    except StudioError as error:
        st.toast(plain(error.message))
    st.session_state[TAKEN] = ids[:-1]
