"""The guided path ticks what the workspace shows, and leads to pages that exist."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.context import Context
from core.records import Predictions
from tests.app import open_page
from tests.builders import a_scored_workspace

TICK, OPEN = ":material/check_circle:", ":material/circle:"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def insects(home: Path) -> Context:
    return a_scored_workspace(home, {"ant": 6, "bee": 6})


def steps(app: AppTest, icon: str) -> list[str]:
    """The first words of the steps with this icon."""
    return [
        " ".join(m.value.split()[2:4]).strip(".:,")
        for m in app.markdown
        if m.value.startswith(icon)
    ]


def test_nothing_is_ticked_at_first() -> None:
    app = open_page("guide")
    assert steps(app, TICK) == []
    assert len(steps(app, OPEN)) == 6


def test_pictures_and_a_model_are_ticked(insects: Context) -> None:
    assert steps(open_page("guide"), TICK) == ["Bring pictures", "Train the"]


def test_a_run_that_left_no_model_is_not_ticked(insects: Context) -> None:
    insects.catalog.runs.create("fine-tune", {}, ["ant", "bee"])
    assert steps(open_page("guide"), TICK) == ["Bring pictures", "Train the"]


def test_a_mark_and_an_export_are_ticked(insects: Context) -> None:
    insects.catalog.journal.keep(insects.catalog.images.all()[0].id)
    (insects.workspace.exports / "insects-1").mkdir(parents=True)
    assert steps(open_page("guide"), TICK) == [
        "Bring pictures",
        "Train the",
        "Look at",
        "Export the",
    ]


def test_a_model_that_is_newer_than_the_first_mark_is_training_again(
    insects: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = insects.catalog
    image = catalog.images.all()[0].id
    catalog.journal.keep(image)
    assert "Train again" not in steps(open_page("guide"), TICK)
    monkeypatch.setattr("core.catalog.runs.now", lambda: "2100-01-01T00:00:00+00:00")
    run = catalog.runs.create("fine-tune", {}, ["ant", "bee"])
    answers = Predictions((image,), np.array([[0.5, 0.5]], np.float32), run.classes)
    catalog.runs.store_predictions(run.id, "final", answers)
    assert steps(open_page("guide"), TICK)[2:] == ["Fine-tune: let", "Look at", "Train again"]
