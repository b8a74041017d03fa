"""The history panel: what was done, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from html import escape

import streamlit as st

from core.catalog import Catalog
from core.errors import StudioError
from core.markdown import plain
from core.records import Edit, EditFilter, PastEdit
from core.review.history import WORDS, ago, describe, describe_step
from core.workspace import Workspace
from ui import state
from ui.messages import callback, show_error
from ui.pictures import picture_url

ROWS = 20
LONGEST_TEXT = 100
PAGE, PROBLEM = "history_page", "history_problem"

# Sizes are in pixels of the page; an ellipsis keeps each row at two lines, on a phone too.
ROW = """<div style="display:flex;gap:.75rem;align-items:center;min-width:0;line-height:1.35">
<img src="{src}" alt="" loading="lazy" style="width:44px;height:44px;flex:none;object-fit:cover;
  border-radius:.35rem"><div style="min-width:0;flex:1">
<div style="font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
  title="{what}">{what}</div>
<div style="font-size:.85rem;opacity:.7;display:flex;gap:.25rem"><span style="overflow:hidden;
  text-overflow:ellipsis;white-space:nowrap" title="{file}">{file}</span>
<span style="flex:none" title="{at}">· {ago}</span></div></div></div>"""

# An empty picture, in rows about a class.
_NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


def show_history(workspace: Workspace, catalog: Catalog) -> None:
    """Draw the panel. Its buttons act before the script runs again, so what stands beside it in
    the same fragment shows their effect.
    """
    problem = st.session_state.pop(PROBLEM, None)
    if problem is not None:
        show_error(StudioError(*problem))
    if not catalog.journal.count():
        st.markdown("Nothing was changed yet: what you mark in the grid appears here.")
        return
    _ask_for_step(catalog)
    edit_filter = _ask_for_filter(catalog)
    count = catalog.journal.count(edit_filter)
    st.caption(_summary(catalog, edit_filter, count))
    start = ROWS * (_page(count) - 1)
    for entry in catalog.journal.search(edit_filter, ROWS, start):
        _show_row(workspace, catalog, entry)
    if count > ROWS:
        st.pagination(_pages(count), key=PAGE)


def _ask_for_step(catalog: Catalog) -> None:
    journal = catalog.journal
    with st.container(horizontal=True, gap="small"):
        _step_button("Undo", ":material/undo:", journal.next_undo(), _undo)
        _step_button("Redo", ":material/redo:", journal.next_redo(), _redo)


def _step_button(name: str, icon: str, edits: Sequence[Edit], act: Callable[..., None]) -> None:
    """A button that says what it will do, and does that or nothing."""
    batch = edits[0].batch if edits else None
    st.button(
        plain(f"{name}: {describe_step(edits)}") if edits else name,
        icon=icon,
        key=f"history_{name.lower()}",
        on_click=act,
        args=(batch,),
        disabled=not edits,
    )


def _ask_for_filter(catalog: Catalog) -> EditFilter:
    left, file = st.columns(2)
    what, label = left.columns(2, wrap=False)  # side by side on a phone too
    kind = what.selectbox(
        "What",
        list(WORDS),
        index=None,
        format_func=WORDS.__getitem__,
        placeholder="Anything",
        key="history_kind",
        on_change=_first_page,
    )
    class_name = label.selectbox(
        "Class",
        catalog.images.classes(),
        index=None,
        placeholder="Any class",
        help="Before or after the change.",
        key="history_label",
        on_change=_first_page,
    )
    text = file.text_input(
        "File",
        max_chars=LONGEST_TEXT,
        placeholder="Part of its name",
        key="history_text",
        on_change=_first_page,
    )
    return EditFilter(kind, class_name, text.strip()[:LONGEST_TEXT])


def _summary(catalog: Catalog, edit_filter: EditFilter, count: int) -> str:
    """How many changes there are; without a filter also what is in force of each kind."""
    if not count:
        return "No change fits this choice."
    changes = "1 change" if count == 1 else f"{count:,} changes"
    if edit_filter != EditFilter():
        return f"{changes} found, newest first"
    kinds = catalog.journal.in_force()
    parts = [f"{kinds[kind]:,} {word}" for kind, word in WORDS.items() if kind in kinds]
    return f"{changes}, newest first · in force: {', '.join(parts)}" if parts else changes


def _show_row(workspace: Workspace, catalog: Catalog, entry: PastEdit) -> None:
    edit = entry.edit
    src = picture_url(workspace, edit.image_id) if edit.image_id else _NOTHING
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.html(
            ROW.format(
                src=escape(src),
                what=escape(describe(edit)),
                file=escape(entry.source_path or "class"),
                at=escape(edit.at),
                ago=ago(edit.at, datetime.now(UTC)),
            )
        )
        if entry.revertable:
            st.button(
                "Revert",
                key=f"history_revert_{edit.id}",
                help="Set this picture back to what it was before.",
                on_click=_revert,
                args=(edit.id,),
            )


@callback
def _undo(batch: int | None) -> None:
    with _problem_for_later():
        state.catalog().journal.undo(only=batch)


@callback
def _redo(batch: int | None) -> None:
    with _problem_for_later():
        state.catalog().journal.redo(only=batch)


@callback
def _revert(edit_id: int) -> None:
    with _problem_for_later():
        state.catalog().journal.revert(edit_id)


@contextmanager
def _problem_for_later() -> Iterator[None]:
    """Keep what goes wrong for the next drawing, which shows it where the button is."""
    try:
        yield
    except StudioError as problem:
        st.session_state[PROBLEM] = (problem.message, problem.hint)


def _pages(count: int) -> int:
    return max(1, -(-count // ROWS))


def _page(count: int) -> int:
    """The page that is shown, from 1 on; the journal may be shorter in another workspace."""
    return min(st.session_state.get(PAGE) or 1, _pages(count))


@callback
def _first_page() -> None:
    st.session_state[PAGE] = 1
