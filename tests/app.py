"""The studio without a browser: its pages, driven by the keys of their widgets."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.browser import ROOT


def open_studio() -> AppTest:
    """The Home page, over the workspaces in $TOPLOSS_HOME."""
    return AppTest.from_file(str(ROOT / "ui" / "studio.py"), default_timeout=60).run()


def open_page(name: str, **remembered: object) -> AppTest:
    """A page by the name of its file below `pages/`, reached from Home, with answers of before."""
    app = open_studio()
    for key, value in remembered.items():
        app.session_state[key] = value
    return app if name == "home" else app.switch_page(f"../pages/{name}.py").run()
