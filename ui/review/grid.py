"""The review grid: tiles with buttons, driven by keys, mouse or touch.

What a person marks comes as a log (`ui/review/oplog.py`). Pictures come beside it: all thumbnails
of a page in a request or two, details when asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.catalog import Catalog
from core.markdown import plain
from core.review.history import describe_step
from core.review.marks import store_marks
from core.review.scores import Scored
from core.workspace import Workspace
from ui.pictures import pictures_url, thumbnails_url
from ui.review.oplog import OperationLog
from ui.routes import address_of

KEY = "review_grid"
log = OperationLog(KEY, "grid.css", ("grid.js", "select.js", "keys.js", "zoom.js"))


def store_what_was_sent(catalog: Catalog) -> str:
    """Store the marks of the grid; what was refused, or what an undo or redo took back."""
    stored = store_marks(catalog, log.sent())
    for problem in stored.problems:  # a message on the page would be gone at the next key
        st.toast(f"**{plain(problem.message)}** {plain(problem.hint)}", duration="long")
    if stored.problems:
        return stored.problems[-1].message
    steps = [edit for edit in stored.edits if edit.kind in ("undo", "redo")]
    if len(steps) != 1 or not steps[0].image_id:
        return describe_step(steps) if steps else ""
    (image,) = catalog.images.some([steps[0].image_id])  # it may be of another tab, not in sight
    return f"{describe_step(steps)} · {image.source_path}"


def show_grid(
    workspace: Workspace,
    tiles: Sequence[Scored],
    classes: Sequence[str],
    announcement: str = "",
    page: int = 0,
) -> None:
    """Draw the tiles as they are stored now.

    Args:
        announcement: a short sentence to show and to read out, such as what an undo took back.
        page: where in the queue this is; the browser scrolls to the top when it changes.
    """
    data = {
        "workspace": workspace.name,
        "thumbnails": thumbnails_url(workspace),
        "pictures": pictures_url(workspace),
        "details": f"detail/{address_of(workspace)}/",
        "tiles": [_tile(tile) for tile in tiles],
        "classes": list(classes),
        "announcement": announcement,
        "page": page,
    }
    log.mount(data)


def _tile(tile: Scored) -> dict[str, Any]:
    image = tile.image
    return {
        "id": image.id,
        "label": image.label,
        "deleted": image.status == "quarantined",
        "reviewed": image.reviewed,
        "predicted": tile.predicted,
        "probability": round(tile.probability, 3),
        "loss": round(tile.loss, 2),
        "wrong": round(tile.wrong, 3),
        "side": image.side,
        "file": image.source_path,
    }
