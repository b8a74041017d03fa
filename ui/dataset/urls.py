"""Pictures from the web: a list of addresses, and an image search."""

from __future__ import annotations

import streamlit as st

from core.catalog import Catalog
from core.dataset.image_search import MAX_PER_CLASS, classes_of
from core.dataset.url_list import MAX_BYTES, keep_list, parse_list
from core.errors import StudioError
from core.markdown import plain
from core.owned import inside
from core.records import Job
from ui import state
from ui.dataset.start import import_button, start_import

EXAMPLE = "https://example.org/bear-1.jpg\nhttps://example.org/bear-2.jpg"
TABLE = (
    "One address a line. Several classes: a table with the columns `url` and `label`, as CSV or "
    "copied from a spreadsheet."
)


def show_url_list(catalog: Catalog, busy: bool) -> None:
    """A list of addresses, pasted or from a file."""
    _show_unfinished(catalog, "urls", busy)
    label = st.text_input(
        "Class", placeholder="bear", key="url_label", help="Leave it empty if the table names it."
    )
    text = st.text_area("Addresses", placeholder=EXAMPLE, key="url_text")
    file = st.file_uploader(
        "Or a file with addresses",
        ["txt", "csv", "tsv"],
        key="url_file",
        max_upload_size=MAX_BYTES // 1_000_000,
    )
    st.caption(TABLE)
    if import_button("Download the pictures", "import_urls", busy):
        if file is not None and text.strip():
            raise StudioError("There are addresses and a file.", "Remove one of them.")
        data = file.getvalue() if file is not None else text.encode(errors="replace")
        count = len(parse_list(data, label))
        name = file.name if file is not None else f"{count:,} addresses"
        list_name = keep_list(state.workspace(), data)
        start_import(catalog, "urls", list=list_name, label=label.strip(), name=name)


def show_search(catalog: Catalog, busy: bool) -> None:
    """An image search for each class."""
    _show_unfinished(catalog, "search", busy)
    text = st.text_area(
        "Classes", placeholder="grizzly bear\nteddy bear", key="search_labels", help="One a line."
    )
    left, right = st.columns(2)
    words = left.text_input(
        "Further words", placeholder="photo", key="search_words", help="Added to each class."
    )
    count = right.number_input("Pictures per class", 10, MAX_PER_CLASS, 100, 10, key="search_count")
    st.caption(
        "The words go to public search sites, and the pictures come from the sites that those "
        "name. Expect wrong ones among them: the review finds them. Whether you may use a "
        "picture is for you to check; its address is kept with it."
    )
    if import_button("Search and download", "import_search", busy):
        labels = classes_of(text)
        start_import(catalog, "search", labels=labels, words=words.strip(), count=int(count))


def _show_unfinished(catalog: Catalog, way: str, busy: bool) -> None:
    """Offer to go on with what was stopped or broke off."""
    job = catalog.jobs.latest("import")
    if busy or job is None or job.state not in ("stopped", "failed") or job.args.get("way") != way:
        return
    downloads = state.workspace().downloads
    downloaded = len(list(downloads.glob("*.bin"))) if downloads.is_dir() else 0
    list_name = job.args.get("list")
    if not downloaded or (list_name and not inside(downloads, str(list_name)).exists()):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"Not finished: **{plain(_name_of(job))}** · {downloaded:,} downloaded")
        if st.button("Go on", key=f"go_on_{way}"):
            start_import(catalog, **job.args)


def _name_of(job: Job) -> str:
    return str(job.args.get("name") or ", ".join(job.args.get("labels", ())))
