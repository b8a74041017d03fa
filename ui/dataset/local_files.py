"""Pictures that the person has as files: a folder on this machine, and what the browser sends."""

from __future__ import annotations

import uuid
from pathlib import Path, PurePosixPath
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.catalog import Catalog
from core.dataset.folder import open_folder
from core.dataset.from_files import ARCHIVE_SUFFIXES, glance, is_archive_name
from core.dataset.new_pictures import PICTURE_SUFFIXES, FileTree
from core.dataset.table import SUFFIXES as TABLE_SUFFIXES
from core.dataset.uploads import one_label, pack
from core.errors import StudioError
from ui import state
from ui.dataset.labels import ask_columns, ask_labels, table_of, with_table_sent
from ui.dataset.start import import_button, start_import

GLANCE = 5000  # files of a folder that a preview looks at
PACKED = [suffix.rpartition(".")[2] for suffix in ARCHIVE_SUFFIXES]
TABLES = [suffix[1:] for suffix in TABLE_SUFFIXES if suffix != ".txt"]


def show_folder(catalog: Catalog, busy: bool) -> None:
    path = st.text_input(
        "Folder",
        placeholder="/home/me/pictures/bears",
        help="Its full path. The path of a zip or a tar does as well.",
        key="folder",
    )
    path = path.strip().strip("\"'")
    labels = ask_labels("folder", lambda: _tree_at(path))
    if import_button("Import the folder", "import_folder", busy):
        if not path:
            raise StudioError("No folder is named.", "Type or paste its path first.")
        start_import(catalog, "folder", path=path, **with_table_sent("folder", labels))


def show_upload(catalog: Catalog, busy: bool) -> None:
    kinds = {
        "Files of one class": _pictures,
        "Zip or tar": _archive,
        "Whole folder": _whole_folder,
    }
    kind = st.segmented_control(
        "What to upload", list(kinds), default=next(iter(kinds)), key="upload_kind", required=True
    )
    kinds[kind](catalog, busy)


def _pictures(catalog: Catalog, busy: bool) -> None:
    label = st.text_input("Class", placeholder="grizzly", key="upload_label")
    uploads = st.file_uploader(
        "Pictures or sounds of this class",
        type=sorted(PICTURE_SUFFIXES),
        accept_multiple_files=True,
        key=_uploader_key("pictures"),
    )
    if import_button("Add the files", "import_pictures", busy or not uploads):
        label = one_label({"label": label})
        name = _pack(uploads)
        _forget("pictures")
        count = f"{len(uploads):,} file{'s' * (len(uploads) != 1)}"
        start_import(catalog, "files", upload=name, name=f"{count} of {label}", label=label)


def _archive(catalog: Catalog, busy: bool) -> None:
    upload = st.file_uploader(
        "Zip, tar, or a table of addresses",
        type=sorted({*PACKED, *TABLES}),
        key=_uploader_key("zip"),
    )
    table = upload if upload is not None and _is_table(upload.name) else None
    if table is not None:
        labels = ask_columns("upload", table_of(table.getvalue(), table.name))
    else:
        labels = ask_labels("zip", lambda: _inside(upload))
    if import_button("Import it", "import_zip", busy or upload is None) and upload is not None:
        labels = with_table_sent("zip", labels) if table is None else labels
        name = uuid.uuid4().hex
        upload.seek(0)  # the preview has read in it
        state.save_upload(upload, name)
        _forget("zip")
        way = "table" if table is not None else "archive"
        start_import(catalog, way, upload=name, name=upload.name, **labels)


def _is_table(name: str) -> bool:
    return not is_archive_name(name) and name.lower().endswith(TABLE_SUFFIXES)


def _whole_folder(catalog: Catalog, busy: bool) -> None:
    uploads = st.file_uploader(
        "A folder with its sub-folders",
        accept_multiple_files="directory",
        key=_uploader_key("directory"),
    )
    tree = FileTree("the folder", {file.name: file.getvalue for file in uploads})
    labels = ask_labels("directory", lambda: tree if uploads else None)
    if import_button("Import the folder", "import_directory", busy or not uploads):
        first = PurePosixPath(uploads[0].name).parts[0]
        labels = with_table_sent("directory", labels)
        name = _pack(uploads)
        _forget("directory")
        start_import(catalog, "archive", upload=name, name=first, **labels)


def _tree_at(path: str) -> FileTree | None:
    if not path:
        return None
    file = Path(path).expanduser()
    if is_archive_name(path) and file.is_file():
        with file.open("rb") as stream:
            tree = glance(stream, file.name, state.settings())
            return FileTree(tree.name, dict.fromkeys(tree.readers, bytes) | _tables(tree))
    return open_folder(file, state.settings(), limit=GLANCE)


def _tables(tree: FileTree) -> dict[str, Any]:
    """The tables of an archive, read while it is open."""
    tables = {}
    for path, read in tree.readers.items():
        if path.lower().endswith(TABLE_SUFFIXES):
            data = read()
            tables[path] = lambda data=data: data
    return tables


def _inside(upload: UploadedFile | None) -> FileTree | None:
    return None if upload is None else glance(upload, upload.name, state.settings())


def _pack(uploads: list[UploadedFile]) -> str:
    """Write uploads to the workspace as one file; its name."""
    name = f"{uuid.uuid4().hex}.zip"
    pack(((file.name, file) for file in uploads), state.workspace().uploads / name)
    return name


def _uploader_key(name: str) -> str:
    """A key for an uploader; a new one lets the server forget what was sent before."""
    number = st.session_state.get(f"{name}_number", 0)
    return f"{name}_{number}" if number else name


def _forget(name: str) -> None:
    st.session_state[f"{name}_number"] = st.session_state.get(f"{name}_number", 0) + 1
