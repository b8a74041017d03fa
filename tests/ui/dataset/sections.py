"""The Dataset page at one of its sections."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.app import open_page


def open_section(name: str) -> AppTest:
    return open_page("dataset").segmented_control(key="section").set_value(name).run()
