"""Ways in: what the person chooses, and the import that follows."""

from __future__ import annotations

import streamlit as st

from core.catalog import Catalog
from core.dataset.sample import DESCRIPTION
from core.errors import StudioError
from ui import state
from ui.dataset.camera import show_camera
from ui.dataset.imports import show_imports
from ui.dataset.local_files import show_folder, show_upload
from ui.dataset.start import import_button, start_import
from ui.dataset.urls import show_search, show_url_list

MORE = "More ways"


def show_ways_in(busy: bool) -> None:
    """The three usual ways in front, the others one step behind."""
    catalog = state.catalog()
    usual = {
        "Folder": show_folder,
        "Upload": show_upload,
        "Web addresses": show_url_list,
    }
    more = {
        "Camera": show_camera,
        "Image search": show_search,
        "Hugging Face": _hub,
        "Sample": _sample,
    }
    if state.settings().demo:  # nothing on the server, and no downloads by way of it
        usual, more = {"Upload": show_upload}, {"Camera": show_camera, "Sample": _sample}
    way = _choose("Where the pictures are", [*usual, MORE], "way_in")
    if way == MORE:
        more[_choose("Way", list(more), "way_in_more")](catalog, busy)
    else:
        usual[way](catalog, busy)
    show_imports(catalog)


def _choose(label: str, ways: list[str], key: str) -> str:
    return st.segmented_control(label, ways, default=ways[0], key=key, required=True)


def _hub(catalog: Catalog, busy: bool) -> None:
    repository = st.text_input(
        "Dataset",
        placeholder="owner/name",
        help="Its name or address on huggingface.co. Folders of pictures and Parquet files are "
        "understood; code in it is never run.",
        key="hub_repository",
    )
    st.caption("This downloads from huggingface.co. Look at the dataset's licence there first.")
    if import_button("Download the dataset", "import_hub", busy):
        if not repository.strip():
            raise StudioError("No dataset is named.", "Type its name first, like owner/name.")
        start_import(catalog, "hub", repository=repository.strip())


def _sample(catalog: Catalog, busy: bool) -> None:
    st.markdown(f"{DESCRIPTION}. It joins what is in this workspace.")
    if st.button("Load the sample", type="primary", disabled=busy, key="import_sample"):
        start_import(catalog, "sample")
