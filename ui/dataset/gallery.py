"""The pictures themselves: filtered, page by page; a click shows one in full.

The tiles are a component of their own (gallery.js), so that a page of pictures is one message and
one or two requests. Its data is what is stored; a click is a trigger that names the picture.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.catalog import Catalog
from core.records import SIDE_NAMES, SIDES, STATUSES, ImageRecord, PictureFilter, Status
from core.workspace import IMAGE_ID, Workspace
from ui import state
from ui.dataset.picture import show_picture
from ui.dataset.start import lead_to_adding
from ui.messages import callback, fragment
from ui.pictures import pictures_url, thumbnails_url

SIZE = 48
PAGE = "gallery_page"
LONGEST_TEXT = 100
STATUS_NAMES: dict[Status, str] = {"in use": "In use", "quarantined": "Deleted"}
_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "gallery",
    html='<div class="root"></div>',
    css=(_HERE / "gallery.css").read_text(encoding="utf-8"),
    js=(_HERE / "gallery.js").read_text(encoding="utf-8"),
)


def show_gallery(busy: bool) -> None:
    if state.catalog().images.imports():
        fragment(_show_page)()
    else:
        lead_to_adding("There are no pictures in this workspace yet.")


def _show_page() -> None:
    catalog, workspace = state.catalog(), state.workspace()
    picture_filter = _ask_for_filter(catalog)
    count = catalog.images.gallery_count(picture_filter)
    if not count:
        st.info("No picture fits this choice.")
        return
    start = SIZE * (_page(count) - 1)
    images = catalog.images.gallery(picture_filter, SIZE, start)
    st.caption(f"{start + 1:,} to {start + len(images):,} of {count:,}. Click one to see more.")
    image_id = _show_tiles(workspace, images)
    if count > SIZE:
        st.pagination(-(-count // SIZE), key=PAGE)
    if image_id is not None:
        show_picture(image_id)


def _ask_for_filter(catalog: Catalog) -> PictureFilter:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        status = st.segmented_control(
            "Status",
            STATUSES,
            default=STATUSES[0],
            required=True,
            format_func=STATUS_NAMES.__getitem__,
            label_visibility="collapsed",
            key="gallery_status",
            on_change=_first_page,
        )
        with st.container(width=200):
            label = st.selectbox(
                "Class",
                catalog.images.classes(),
                index=None,
                placeholder="Any class",
                label_visibility="collapsed",
                key="gallery_label",
                on_change=_first_page,
            )
        with st.container(width=200):
            text = st.text_input(
                "File name has",
                max_chars=LONGEST_TEXT,
                placeholder="Part of the file name",
                label_visibility="collapsed",
                key="gallery_text",
                on_change=_first_page,
            )
        with st.popover("More", icon=":material/filter_list:"):
            side, source = _ask_for_more(catalog)
    return PictureFilter(label, side, source, status, text.strip()[:LONGEST_TEXT])  # type: ignore[arg-type]


def _ask_for_more(catalog: Catalog) -> tuple[str | None, int | None]:
    side = st.selectbox(
        "Side of the split",
        SIDES,
        index=None,
        format_func=SIDE_NAMES.__getitem__,
        placeholder="Any side",
        key="gallery_side",
        on_change=_first_page,
    )
    names = {i.id: f"{i.source} · {i.added:,} new · {i.at[:10]}" for i in catalog.images.imports()}
    source = st.selectbox(
        "Source",
        list(names),
        index=None,
        format_func=lambda number: names.get(number, ""),
        placeholder="Any source",
        key="gallery_source",
        on_change=_first_page,
    )
    return side, source


def _show_tiles(workspace: Workspace, images: list[ImageRecord]) -> str | None:
    """Draw the tiles; the id of the one that was clicked just now."""
    data = {
        "thumbnails": thumbnails_url(workspace),
        "pictures": pictures_url(workspace),
        "tiles": [
            {
                "id": image.id,
                "label": image.label,
                "side": SIDE_NAMES[image.side],
                "deleted": image.status == "quarantined",
                "file": image.source_path,
            }
            for image in images
        ],
    }
    image_id = _mount(key="gallery", data=data, on_open_change=lambda: None).open
    return image_id if isinstance(image_id, str) and IMAGE_ID.fullmatch(image_id) else None


def _page(count: int) -> int:
    """The page that is shown, from 1 on; there may be fewer since."""
    return max(1, min(st.session_state.get(PAGE) or 1, -(-count // SIZE)))


@callback
def _first_page() -> None:
    st.session_state[PAGE] = 1
