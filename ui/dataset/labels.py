"""Which label each picture gets: the person chooses a rule and sees at once what it does."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core.dataset.by_pattern import preview
from core.dataset.by_table import rows_of
from core.dataset.metadata import by_metadata
from core.dataset.named_files import refuse_several_labels
from core.dataset.new_pictures import PICTURE_SUFFIXES, FileTree
from core.dataset.table import (
    FILE_NAMES,
    LABEL_NAMES,
    SPLIT_NAMES,
    SUFFIXES,
    URL_NAMES,
    Table,
    find_column,
    read_table,
)
from core.errors import StudioError
from core.markdown import plain
from ui import state
from ui.messages import show_error

FOLDER, PATTERN, TABLE = "Folder names", "File names", "A table"
EXAMPLE = """bears/grizzly/001.jpg
bears/grizzly/002.jpg
bears/teddy/001.jpg"""
MOST_SHOWN = 8
NO_SPLIT = "None"
ELSEWHERE = "Another one …"


def ask_labels(key: str, open_tree: Callable[[], FileTree | None]) -> dict[str, str]:
    """Ask for the rule; what the import needs to know of it.

    Args:
        open_tree: reads the names of the files; None while nothing is chosen.
    """
    rule = st.segmented_control(
        "Labels come from",
        [FOLDER, PATTERN, TABLE],
        default=FOLDER,
        key=f"{key}_rule",
        required=True,
    )
    if rule == PATTERN:
        return _ask_pattern(key, open_tree)
    if rule == TABLE:
        return _ask_table(key, open_tree)
    _show_folders(open_tree)
    return {}


def _show_folders(open_tree: Callable[[], FileTree | None]) -> None:
    """What the folders say, or how they should lie as long as none is chosen."""
    st.caption(
        "One folder per class. Folders named train, valid and test above the classes are "
        "respected, and so is a metadata.csv beside the pictures."
    )
    try:
        tree = open_tree()
        if tree is None:
            st.code(EXAMPLE, language=None)
            return
        pictures, unlabelled = by_metadata(tree)
    except StudioError as error:
        show_error(error)
    else:
        rows = [(item.path, item.label) for item in pictures]
        rows += [(item.path, "") for item in unlabelled]
        _show_preview([row for row in rows if _is_picture(row[0])])


def _ask_pattern(key: str, open_tree: Callable[[], FileTree | None]) -> dict[str, str]:
    pattern = st.text_input(
        "Regular expression",
        value=r"([^/]+)_\d+\.\w+$",
        help="The brackets hold the label. A group named label, (?P<label>...), is used if there "
        "is one, and (?P<split>...) may say train, valid or test.",
        key=f"{key}_pattern",
    )
    try:
        tree = open_tree()
        if tree is None:
            st.caption("A preview appears here once the pictures are chosen.")
        else:
            _show_preview(preview(sorted(filter(_is_picture, tree.readers)), pattern))
    except StudioError as error:
        show_error(error)
    return {"labels": "pattern", "pattern": pattern}


def _show_preview(rows: list[tuple[str, str]]) -> None:
    if not rows:
        st.caption("No picture is there.")
        return
    labels = Counter(label for _, label in rows if label)
    common = ", ".join(f"{plain(label)} ({n:,})" for label, n in labels.most_common(MOST_SHOWN))
    none = sum(not label for _, label in rows)
    st.markdown(
        f"**{len(labels):,} label{'s' * (len(labels) != 1)}** in {len(rows):,} pictures looked at"
        + (f", {none:,} without one" if none else "")
        + (f": {common}" if labels else "")
        + (" …" if len(labels) > MOST_SHOWN else "")
    )
    step = max(1, len(rows) // MOST_SHOWN)  # from all over, since names of one class are together
    sample = [{"file": path, "label": label or None} for path, label in rows[::step][:MOST_SHOWN]]
    st.dataframe(sample, hide_index=True)


def _ask_table(key: str, open_tree: Callable[[], FileTree | None]) -> dict[str, str]:
    try:
        tree = open_tree()
        if tree is None:
            st.caption("Choose the pictures first.")
            return {"labels": "table"}
        tables = [p for p in tree.readers if p.lower().endswith(SUFFIXES)]
        choices = [*tables, ELSEWHERE]
        name = st.selectbox("Table", choices, key=f"{key}_table") if tables else ELSEWHERE
        if name == ELSEWHERE:
            return _ask_to_send_table(key)
        return {**ask_columns(key, table_of(tree.readers[name](), name)), "table": name}
    except StudioError as error:
        show_error(error)
    return {"labels": "table"}


def _ask_to_send_table(key: str) -> dict[str, str]:
    """A table that does not lie among the pictures."""
    upload = st.file_uploader(
        "Table with a row for each picture", [s[1:] for s in SUFFIXES], key=_table_key(key)
    )
    if upload is None:
        return {"labels": "table"}
    table = table_of(upload.getvalue(), upload.name)
    return {**ask_columns(key, table), "table_name": upload.name}


def with_table_sent(key: str, labels: dict[str, str]) -> dict[str, str]:
    """What `ask_labels` returned; a table that was sent is written to the workspace now.

    Raises:
        WorkspaceError: the disk is full or not writable.
    """
    if "table_name" not in labels:
        return labels
    name, upload = f"{uuid.uuid4().hex}.table", st.session_state[_table_key(key)]
    upload.seek(0)  # the preview has read in it
    state.save_upload(upload, name)
    return {**labels, "table_upload": name}


def _table_key(key: str) -> str:
    return f"{key}_table_sent"


def ask_columns(key: str, table: Table) -> dict[str, str]:
    """Ask which column is which; what the import needs to know of that."""
    columns = list(table.columns)
    file_guess = find_column(columns, (*URL_NAMES, *FILE_NAMES)) or columns[0]
    others = [column for column in columns if column != file_guess]
    label_guess = find_column(columns, LABEL_NAMES) or (others or columns)[0]
    splits = [NO_SPLIT, *columns]
    file, label, split = st.columns(3)
    choice = {
        "file_column": file.selectbox(
            "File or address", columns, columns.index(file_guess), key=f"{key}_file_column"
        ),
        "label_column": label.selectbox(
            "Label", columns, columns.index(label_guess), key=f"{key}_label_column"
        ),
    }
    split_guess = find_column(columns, SPLIT_NAMES) or NO_SPLIT
    side = split.selectbox("Split", splits, splits.index(split_guess), key=f"{key}_split_column")
    if side != NO_SPLIT:
        choice["split_column"] = side
    _show_rows(table, choice)
    return {"labels": "table", **choice}


def _show_rows(table: Table, choice: dict[str, str]) -> None:
    labels = set(table.column(choice["label_column"]))
    try:
        refuse_several_labels(labels)
    except StudioError as error:
        show_error(error)
    count = len(labels - {""})
    st.markdown(f"**{len(table.rows):,} rows, {count:,} label{'s' * (count != 1)}**")
    columns = ("file or address", "label", "split")[: len(choice)]
    rows = rows_of(replace(table, rows=table.rows[:MOST_SHOWN]), choice)
    st.dataframe([dict(zip(columns, (r.file, r.label, r.split))) for r in rows], hide_index=True)


@st.cache_resource(max_entries=2, show_spinner="Reading the table …")
def table_of(data: bytes, name: str) -> Table:
    """`read_table`, once for all runs of the page that look at a table."""
    return read_table(data, name)


def _is_picture(path: str) -> bool:
    return path.lower().endswith(tuple(PICTURE_SUFFIXES))
