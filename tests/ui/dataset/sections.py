"""The Dataset page at one of its sections."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

STUDIO = Path(__file__).parent.parent.parent.parent / "ui" / "studio.py"


def open_section(name: str) -> AppTest:
    app = AppTest.from_file(str(STUDIO), default_timeout=30).run()
    app.switch_page("../pages/dataset.py").run()
    return app.segmented_control(key="section").set_value(name).run()
