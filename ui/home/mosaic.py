"""A mosaic of pictures, asked for all at once; what does not fit in its rows is cut off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.records import ImageRecord
from core.workspace import Workspace
from ui.pictures import thumbnails_url

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "mosaic",
    html='<div class="mosaic"></div>',
    css=(_HERE / "mosaic.css").read_text(encoding="utf-8"),
    js=(_HERE / "mosaic.js").read_text(encoding="utf-8"),
)


def show_mosaic(workspace: Workspace, images: Sequence[ImageRecord]) -> None:
    """Draw them in two rows; the labels are what a screen reader reads."""
    pictures = [{"id": image.id, "label": image.label} for image in images]
    _mount(key="mosaic", data={"address": thumbnails_url(workspace), "pictures": pictures})
