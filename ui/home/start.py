"""Home of an empty workspace: the three ways to begin."""

from __future__ import annotations

import uuid

import streamlit as st

from core.catalog import Catalog
from core.dataset.from_files import ARCHIVE_SUFFIXES
from core.dataset.sample import DESCRIPTION, NAME
from core.errors import StudioError
from core.jobs import start_job
from ui import state
from ui.dataset.start import start_import

PACKED = [suffix.rpartition(".")[2] for suffix in ARCHIVE_SUFFIXES]
PROMISE = (
    "From pictures to a classifier you understand: train quickly, look at what the model is most "
    "wrong about, fix the data, train again."
)

LOOP = (
    ("photo_library", "Bring pictures", "A folder for each class."),
    ("model_training", "Train", "In seconds, on a CPU."),
    ("rule", "Review", "The labels most likely wrong, first."),
    ("deployed_code", "Export", "Plain files, for the web or a server."),
)


def show_start(catalog: Catalog) -> None:
    """The sample, a dropped archive, a folder of this machine."""
    demo = state.settings().demo
    here = "" if demo else " Everything stays on this machine."
    st.markdown(f"{PROMISE}{here}")
    ways = [_sample, _dropped] if demo else [_sample, _dropped, _folder]
    with st.grid(min_column_width=240, gap="small"):
        for way in ways:
            with st.container(border=True, height="stretch"):
                way(catalog)
    with st.grid(min_column_width=180, gap="small"):
        for icon, title, text in LOOP:
            st.markdown(f":material/{icon}: **{title}**  \n{text}")
    with st.container(horizontal=True):
        st.page_link("../pages/dataset.py", label="All ways to bring pictures →")
        st.page_link("../pages/guide.py", label="New to this? A guided path →")


def _sample(catalog: Catalog) -> None:
    st.markdown(f"**Try it with real photos**  \n{DESCRIPTION}, already on this machine.")
    if st.button("Load the sample", type="primary", key="load_sample"):
        if not state.settings().demo and state.workspace().name == state.DEFAULT:
            state.choose_workspace(NAME)
            catalog = state.catalog()  # that of the other workspace
        start_job(state.workspace(), catalog, "import", {"way": "sample"})
        st.rerun()


def _dropped(catalog: Catalog) -> None:
    st.markdown("**Drop your own**  \nA zip or tar with a folder for each class.")
    upload = st.file_uploader(
        "Zip or tar", type=sorted(set(PACKED)), label_visibility="collapsed", key="home_drop"
    )
    if upload is not None:
        name = uuid.uuid4().hex
        state.save_upload(upload, name)
        start_import(catalog, "archive", upload=name, name=upload.name)


def _folder(catalog: Catalog) -> None:
    st.markdown("**A folder of this machine**  \nWith a folder in it for each class.")
    path = st.text_input(
        "Its full path",
        placeholder="/home/me/pictures/bears",
        label_visibility="collapsed",
        key="home_folder",
    ).strip(" \"'")
    if st.button("Import the folder", key="home_import"):
        if not path:
            raise StudioError("No folder is named.", "Type or paste its path first.")
        start_import(catalog, "folder", path=path)
