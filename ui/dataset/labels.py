"""Which label each picture gets: the person chooses a rule and sees at once what it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import streamlit as st

from core.dataset.by_pattern import preview
from core.dataset.by_table import rows_of, table_in
from core.dataset.found import PICTURE_SUFFIXES, Place
from core.dataset.named_files import refuse_several_labels
from core.dataset.table import (
    FILE_NAMES,
    LABEL_NAMES,
    SPLIT_NAMES,
    SUFFIXES,
    URL_NAMES,
    Table,
    named,
)
from core.errors import StudioError
from core.markdown import plain
from ui.messages import show_error

FOLDER, PATTERN, TABLE = "Folder names", "File names", "A table"
EXAMPLE = """bears/grizzly/001.jpg
bears/grizzly/002.jpg
bears/teddy/001.jpg"""
MOST_SHOWN = 8
NO_SPLIT = "None"


def ask_labels(key: str, place: Callable[[], Place | None]) -> dict[str, str]:
    """Ask for the rule; what the import needs to know of it.

    Args:
        place: looks at what is there; None while nothing is chosen.
    """
    rule = st.segmented_control(
        "Labels come from",
        [FOLDER, PATTERN, TABLE],
        default=FOLDER,
        key=f"{key}_rule",
        required=True,
    )
    if rule == PATTERN:
        return _ask_pattern(key, place)
    if rule == TABLE:
        return _ask_table(key, place)
    st.caption(
        "One folder per class. Folders named train, valid and test above the classes are "
        "respected, and so is a metadata.csv beside the pictures."
    )
    st.code(EXAMPLE, language=None)
    return {}


def _ask_pattern(key: str, place: Callable[[], Place | None]) -> dict[str, str]:
    pattern = st.text_input(
        "Regular expression",
        value=r"([^/]+)_\d+\.\w+$",
        help="The brackets hold the label. A group named label, (?P<label>...), is used if there "
        "is one, and (?P<split>...) may say train, valid or test.",
        key=f"{key}_pattern",
    )
    try:
        there = place()
        paths = sorted(p for p in there.readers if _is_picture(p)) if there else []
        rows = preview(paths, pattern)
    except StudioError as error:
        show_error(error)
    else:
        _show_preview(rows)
    return {"labels": "pattern", "pattern": pattern}


def _show_preview(rows: list[tuple[str, str]]) -> None:
    if not rows:
        st.caption("A preview appears here once the pictures are chosen.")
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
    shown = [{"file": path, "label": label or None} for path, label in rows[::step][:MOST_SHOWN]]
    st.dataframe(shown, hide_index=True)


def _ask_table(key: str, place: Callable[[], Place | None]) -> dict[str, str]:
    try:
        there = place()
        tables = [p for p in there.readers if p.lower().endswith(SUFFIXES)] if there else []
        if there is None or not tables:
            st.caption(
                "There is no CSV, JSON lines or Parquet file in it: put the table beside the "
                "pictures."
                if there
                else "Choose the pictures first; the table lies beside them."
            )
            return {"labels": "table"}
        chosen = st.selectbox("Table", tables, key=f"{key}_table")
        return {**ask_columns(key, table_in(there, chosen)), "table": chosen}
    except StudioError as error:
        show_error(error)
    return {"labels": "table"}


def ask_columns(key: str, table: Table) -> dict[str, str]:
    """Ask which column is which; what the import needs to know of that."""
    columns = list(table.columns)
    file_guess = named(columns, (*URL_NAMES, *FILE_NAMES)) or columns[0]
    others = [column for column in columns if column != file_guess]
    label_guess = named(columns, LABEL_NAMES) or (others or columns)[0]
    splits = [NO_SPLIT, *columns]
    file, label, split = st.columns(3)
    chosen = {
        "file_column": file.selectbox(
            "File or address", columns, columns.index(file_guess), key=f"{key}_file_column"
        ),
        "label_column": label.selectbox(
            "Label", columns, columns.index(label_guess), key=f"{key}_label_column"
        ),
    }
    found = named(columns, SPLIT_NAMES) or NO_SPLIT
    side = split.selectbox("Split", splits, splits.index(found), key=f"{key}_split_column")
    if side != NO_SPLIT:
        chosen["split_column"] = side
    _show_rows(table, chosen)
    return {"labels": "table", **chosen}


def _show_rows(table: Table, chosen: dict[str, str]) -> None:
    rows = rows_of(table, chosen)
    try:
        refuse_several_labels(row.label for row in rows)
    except StudioError as error:
        show_error(error)
    labels = {row.label for row in rows if row.label}
    st.markdown(f"**{len(rows):,} rows, {len(labels):,} label{'s' * (len(labels) != 1)}**")
    columns = ("file or address", "label", "split")[: len(chosen)]
    st.dataframe(
        [dict(zip(columns, (r.file, r.label, r.split))) for r in rows[:MOST_SHOWN]],
        hide_index=True,
    )


def _is_picture(path: str) -> bool:
    return path.lower().endswith(tuple(PICTURE_SUFFIXES))
