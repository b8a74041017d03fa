"""The split: which pictures are for training and which for checking."""

from __future__ import annotations

import streamlit as st


def show_split(busy: bool) -> None:
    st.caption(
        "The side of a picture is decided once, from the picture itself, and never moves: runs "
        "are always compared on the same validation images."
    )
