"""The review grid: tiles with buttons, driven by keys, mouse or touch.

Contract with the browser (why, in `docs/decisions.md`):
* A mark is painted at once and appended to a log that is component *state* (triggers lose events
  under fast typing). Each has a client id and a number, and the journal stores each once.
* A mark is `{"cid", "seq", "op", "ids", "label", "was"}` as in `core.review.marks`. `was` is what
  the person saw; it is left out while an undo is on its way, whose result nobody knows yet.
* `data` is always what is stored. The browser lays marks that are not stored yet over it, so a
  refused mark disappears by itself, and a grid that is mounted again shows the truth.
* Pictures come beside it: all thumbnails of a page in a request or two, details when asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import streamlit as st

from core.review.scores import Scored
from core.workspace import Workspace
from ui.pictures import thumbnails_url

KEY = "review_grid"
PARTS = ("grid.js", "select.js", "keys.js", "zoom.js")
"""One script for the browser, in files that a person can read."""
_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "review_grid",
    html='<div class="root"></div>',
    css=(_HERE / "grid.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / part).read_text(encoding="utf-8") for part in PARTS),
)


def sent_marks() -> list[Mapping[str, Any]]:
    """Marks that the browser has sent, stored or not, oldest first."""
    state = st.session_state.get(KEY)
    operations = state.get("ops") if isinstance(state, Mapping) else getattr(state, "ops", None)
    return [op for op in operations or [] if isinstance(op, Mapping)]


def show_grid(
    workspace: Workspace,
    tiles: Sequence[Scored],
    classes: Sequence[str],
    said: str = "",
    page: int = 0,
) -> None:
    """Draw the tiles as they are stored now.

    Args:
        said: a short sentence to show and to read out, such as what an undo took back.
        page: where in the queue this is; the browser scrolls to the top when it changes.
    """
    handled: dict[str, int] = {}
    for mark in sent_marks():
        client, number = str(mark.get("cid")), mark.get("seq")
        handled[client] = max(handled.get(client, 0), number if isinstance(number, int) else 0)
    data = {
        "workspace": workspace.name,
        "thumbnails": thumbnails_url(workspace),
        "pictures": f"picture/{quote(workspace.name)}/",
        "details": f"detail/{quote(workspace.name)}/",
        "tiles": [_tile(tile) for tile in tiles],
        "classes": list(classes),
        "handled": handled,
        "said": said,
        "page": page,
    }
    _mount(key=KEY, data=data, default={"ops": []}, on_ops_change=lambda: None)


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
        "side": image.side,
        "file": image.source_path,
    }
