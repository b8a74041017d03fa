"""Ways in: what the person chooses, and the import that follows."""

from __future__ import annotations

import uuid

import streamlit as st

from core.dataset.sample import DESCRIPTION
from core.errors import StudioError
from ui import state
from ui.dataset.imports import show_imports
from ui.dataset.start import start_import


def show_ways_in(busy: bool) -> None:
    ways = {"A folder on this machine": _folder, "A zip file": _zip, "The sample": _sample}
    first = next(iter(ways))
    way = st.segmented_control("Way in", list(ways), default=first, key="way_in", required=True)
    ways[way](busy)
    show_imports()


def _folder(busy: bool) -> None:
    path = st.text_input(
        "Folder",
        placeholder="/home/me/pictures/bears",
        help="One folder per class. Folders named train, valid (or val, validation) and test "
        "above the classes are respected.",
        key="folder",
    )
    if st.button("Import the folder", disabled=busy, key="import_folder"):
        if not path.strip():
            raise StudioError("No folder is named.", "Type or paste its path first.")
        start_import("folder", path=path.strip().strip("\"'"))


def _zip(busy: bool) -> None:
    upload = st.file_uploader("Zip with one folder per class", type="zip", key="zip")
    if st.button("Import the zip", disabled=busy or upload is None, key="import_zip"):
        name = f"{uuid.uuid4().hex}.zip"
        state.save_upload(upload, name)
        start_import("archive", upload=name, name=upload.name)


def _sample(busy: bool) -> None:
    st.markdown(f"{DESCRIPTION}. It joins what is in this workspace.")
    if st.button("Load the sample", disabled=busy, key="import_sample"):
        start_import("sample")
