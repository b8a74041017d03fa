"""Pictures of the lessons, taken from their pages by `docs/take_thumbnails.py`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

FOLDER = Path(__file__).parent.parent / "assets" / "lessons"


def thumbnail_of(lesson_id: str) -> Path:
    """The picture of a lesson in the theme that is seen; light where that is not known yet."""
    return FOLDER / f"{lesson_id}-{st.context.theme.type or 'light'}.webp"
