"""What Python hands to the grid, and what it takes from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.review.marks import MOST_IMAGES
from tests.app import open_studio
from tests.builders import a_scored_workspace
from ui.review.filters import SIZES
from ui.review.grid import log

FOLDER = Path(__file__).parents[3] / "ui" / "review"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path))
    a_scored_workspace(tmp_path, {"ant": 3, "bee": 3})
    app = open_studio()
    return app.switch_page("../pages/review.py")


@pytest.mark.parametrize(
    "sent",
    [
        [],
        ["a mark"],
        [{"cid": "a", "seq": "1", "op": "keep", "ids": []}],
        [{"cid": {"a": 1}, "seq": 2, "op": "keep", "ids": ["x"]}],
        "marks",
    ],
)
def test_whatever_a_browser_sends_the_grid_is_drawn(app: AppTest, sent: object) -> None:
    app.session_state["review_grid"] = {"ops": sent}
    app.run()
    assert not app.exception
    assert len(app.get("bidi_component")) == 1


def test_the_script_is_one_module_with_one_way_in() -> None:
    script = log.script
    assert script.count("export default") == 1
    assert "import " not in script
    assert f"const MOST = {MOST_IMAGES};" in script
    assert max(SIZES) <= MOST_IMAGES


def test_colours_come_from_the_theme() -> None:
    css = (FOLDER / "grid.css").read_text(encoding="utf-8")
    assert "rgb(" not in css
    assert not [line for line in css.splitlines() if "#" in line]
