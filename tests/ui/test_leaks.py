"""A leak is told wherever an accuracy is shown, with one way to where it can be closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.catalog.lookalikes import NearPair
from core.context import Context
from core.events import EpochEnded, RunEnded
from tests.app import open_page
from tests.builders import a_scored_workspace
from ui.dataset.check_pairs import BOTH_SIDES

PAGES = ("home", "training", "runs", "interpretation", "export")


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    context = a_scored_workspace(tmp_path / "home", {"ant": 20, "bee": 20})
    context.catalog.runs.record(1, EpochEnded(0, 0, "head", 0.5, 0.25, 8))
    context.catalog.runs.record(1, RunEnded("completed"))
    return context


def leak(context: Context, count: int | None = None) -> int:
    """Say that so many validation pictures, or all, have a copy in training."""
    train, *_ = context.catalog.images.all(sides=["train"])
    valid = context.catalog.images.all(sides=["valid"])[:count]
    pairs = [NearPair(train.id, image.id, 0.9) for image in valid]
    context.catalog.lookalikes.replace_pairs(pairs, "features")
    return len(valid)


@pytest.mark.parametrize("page", PAGES)
def test_it_is_told_beside_every_accuracy(insects, page):
    total = leak(insects)
    app = open_page(page)
    assert not app.exception
    sentence = f"{total} of {total} validation pictures have a copy in training: this number"
    assert [part.value for part in app.markdown if sentence in part.value]


@pytest.mark.parametrize("page", PAGES)
def test_without_a_known_copy_nothing_is_told(insects, page):
    leak(insects, 0)
    app = open_page(page)
    assert not app.exception
    assert not [part.value for part in app.markdown if "copy" in part.value]
    assert "leak_valid" not in [button.key for button in app.button]


def test_the_way_to_close_it_leads_to_the_very_pairs(insects):
    assert leak(insects, 1) == 1
    app = open_page("runs")
    app.button(key="leak_valid").click().run()
    assert app.session_state["section"] == "Check"
    assert app.session_state["check_open"] == BOTH_SIDES
