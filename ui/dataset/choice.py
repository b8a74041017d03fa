"""Pictures to choose from, alone or side by side; buttons beside them act on what is chosen.

Contract with the browser: `data.groups` holds the cards, the state `chosen` the ids of those that
are pressed. Ids that are not shown (any more) are not chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.records import ImageRecord
from core.workspace import Workspace
from ui.pictures import picture_url
from ui.sounds import sound_url

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "choice",
    html='<div class="root"></div>',
    css=(_HERE / "choice.css").read_text(encoding="utf-8"),
    js=(_HERE / "choice.js").read_text(encoding="utf-8"),
)


def card(workspace: Workspace, image: ImageRecord, note: str) -> dict[str, Any]:
    """One picture with its label and a note under it."""
    return {
        "id": image.id,
        "src": picture_url(workspace, image.id),
        "label": image.label,
        "note": note,
        "file": image.source_path,
        "sound": sound_url(workspace, image),
    }


def show_choice(key: str, groups: Sequence[Sequence[Mapping[str, Any]]]) -> None:
    """Draw the cards; those of a group stand side by side."""
    _mount(key=key, data={"groups": groups}, default={"chosen": []}, on_chosen_change=lambda: None)


def chosen_ids(key: str, ids_shown: Sequence[str]) -> list[str]:
    """The ids that are chosen, of those that are shown, in their order."""
    value = st.session_state.get(key)
    names = value.get("chosen") if isinstance(value, Mapping) else getattr(value, "chosen", None)
    pressed = {i for i in names or [] if isinstance(i, str)}
    return [image_id for image_id in ids_shown if image_id in pressed]
