"""One picture on its way through a network: choosing it, its feature maps, its scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.catalog import Catalog
from core.errors import Conflict
from core.interpretation.shelf import BARE, Shelf
from core.jobs import start_job
from core.markdown import plain
from core.records import SIDE_NAMES, ImageRecord, PictureFilter
from ui import state
from ui.anatomy.scores import show_scores
from ui.dataset.choice import card, chosen_ids, show_choice
from ui.messages import callback, empty_state, show_error
from ui.shelf_pictures import figure, shelf_url, show_figures

RUN, IMAGE, TURN = "anatomy_run", "anatomy_image", "anatomy_turn"
SECTION, WALK = "anatomy_section", "Walk"
SHOWN = 12
ANY = "any class"


def open_walk(run_id: int, image_id: str) -> None:
    """Go to the Anatomy page, to this picture on its way through this run."""
    st.session_state[RUN] = run_id
    st.session_state[IMAGE] = image_id
    st.session_state[SECTION] = WALK
    st.switch_page("../pages/anatomy.py")


def show_walk(catalog: Catalog, shelf: Shelf, busy: bool) -> None:
    if not catalog.images.classes():
        empty_state("There are no pictures in this workspace yet.", "Bring them", "dataset")
        return
    image = _ask_for_picture(catalog)
    if image is None:
        st.caption("Choose a picture to walk it through the network.")
        return
    facts = shelf.read(f"walk/{image.id}")
    if facts is None:
        _walk(catalog, shelf, image, busy)
        return
    _show_maps(shelf, image, facts)
    if shelf.run_id == BARE:
        st.info("The bare network has no classes of yours, so it gives no scores. Choose a run.")
    else:
        show_scores(facts["logits"], catalog.runs.get(shelf.run_id), image)


def _ask_for_picture(catalog: Catalog) -> ImageRecord | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            "Pictures of", [ANY, *catalog.images.classes()], key="walk_class", width=260
        )
        st.button("Others", key="walk_others", on_click=_turn, icon=":material/shuffle:")
    images = _pictures(catalog, None if label == ANY else label)
    workspace = state.workspace()
    # One is chosen at a time: under another key none of the pictures is pressed any more.
    key = f"walk_{label}_{st.session_state.get(TURN, 0)}_{st.session_state.get(IMAGE)}"
    show_choice(key, [[card(workspace, image, SIDE_NAMES[image.side])] for image in images])
    choice = chosen_ids(key, [image.id for image in images])
    if choice:
        st.session_state[IMAGE] = choice[-1]
        st.rerun()
    image_id = st.session_state.get(IMAGE)
    return catalog.images.get(image_id) if isinstance(image_id, str) else None


def _pictures(catalog: Catalog, label: str | None) -> list[ImageRecord]:
    images, turn = catalog.images, st.session_state.get(TURN, 0)
    of_label = PictureFilter(label=label)
    count = images.gallery_count(of_label)
    start = turn * SHOWN % max(1, count)
    return images.gallery(of_label, SHOWN, start)


@callback
def _turn() -> None:
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1


def _walk(catalog: Catalog, shelf: Shelf, image: ImageRecord, busy: bool) -> None:
    st.markdown(f"**{plain(image.source_path)}** has not walked through this network yet.")
    if st.button("Walk it through", type="primary", disabled=busy, key="walk_through"):
        args = {"run_id": shelf.run_id, "image_id": image.id}
        try:
            start_job(state.workspace(), catalog, "walk", args)
        except Conflict as error:
            show_error(error)
        else:
            st.rerun()


def _show_maps(shelf: Shelf, image: ImageRecord, facts: Mapping[str, Any]) -> None:
    st.subheader("Layer by layer")
    st.markdown(
        "Each sheet is what one layer answers: a map for each channel, bright where the channel "
        "is strong; up to 64 channels, the strongest first. Maps shrink on the way. Click one."
    )
    workspace = state.workspace()
    crop = shelf_url(workspace, shelf, f"walk/{image.id}/picture.jpg")
    figures = [figure(crop, "what the network sees", image.label)]
    figures += [_sheet(shelf, layer) for layer in facts["layers"]]
    show_figures("walk_maps", figures, 230)
    if not facts["layers"]:
        st.info("The layers of this architecture answer with no maps of the picture.")


def _sheet(shelf: Shelf, layer: Mapping[str, Any]) -> dict[str, Any]:
    channels, rows, columns = layer["shape"]
    first = ", ".join(map(str, layer["channels"][:8]))
    note = f"{channels} channels of {rows} × {columns}\nfirst row: channels {first}"
    src = shelf_url(state.workspace(), shelf, layer["file"])
    return figure(src, layer["path"], note, pixels=True)
