"""Starting an import, for all sections that have a way in."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.jobs import start_job
from ui import state


def start_import(way: str, **args: str | int | Sequence[str]) -> None:
    start_job(state.workspace(), state.catalog(), "import", {"way": way, **args})
    st.rerun()
