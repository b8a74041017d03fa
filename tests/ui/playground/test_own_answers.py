"""From scores to answers on one's own pictures."""

from __future__ import annotations

import pytest

from tests.app import open_page
from tests.builders import a_scored_workspace


def test_without_a_model_there_is_a_hint(home):
    app = open_page("playground/softmax")
    assert not app.exception
    assert any("Train a model" in caption.value for caption in app.main.caption)


@pytest.mark.parametrize("kind", ["most confident error", "least sure answer", "surest answer"])
def test_the_numbers_are_the_models(home, kind):
    catalog = a_scored_workspace(home, {"ant": 20, "bee": 20, "<b>fly</b>": 20}).catalog
    app = open_page("playground/softmax")
    app.segmented_control(key="own_answer").set_value(kind).run()
    assert not app.exception
    table = app.dataframe[-1].value
    assert table["probability"].sum() == pytest.approx(100, abs=0.1)
    best = catalog.runs.predictions(1, "final").probs_nc.max(1)
    if kind == "surest answer":
        assert table["probability"].max() <= 100 * best.max() + 1e-3
    assert "the loss is" in app.markdown[-1].value
