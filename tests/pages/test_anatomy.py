"""The Anatomy page: its numbers are those of the network, whatever is missing is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.context import Context
from core.interpretation.shelf import shelf_of
from tests.app import open_page
from tests.builders import a_scored_workspace

LOGITS = [2.0, -1.0, 0.5]


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A run whose model file is there, with what jobs would have stored about it."""
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    context = a_scored_workspace(tmp_path / "home", {"ant": 6, "bee": 6, "fly": 6})
    folder = context.workspace.run(1)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    shelf = shelf_of(context.workspace, context.catalog, 1)
    counts = np.histogram([-1.0, 0.0, 0.5, 1.0], 40)[0].tolist()
    tensor = {"name": "weight", "shape": [2, 2], "low": -1.0, "high": 1.0, "mean": 0.125}
    layers = [
        {"path": "blocks", "kind": "Sequential", "shape": [4, 8, 8], "parameters": 4, "ms": 2.5},
        {"path": "blocks.0", "kind": "Conv2d", "shape": [4, 8, 8], "parameters": 4, "ms": 1.25},
    ]
    tensors: list[list[dict]] = [[], [{**tensor, "std": 0.74, "counts": counts}]]
    shelf.write(
        "anatomy",
        {
            "architecture": "tiny",
            "size_px": 32,
            "device": "cpu",
            "parameters": 4,
            "ms": 3.5,
            "first": "blocks.0",
            "layers": [
                {**layer, "tensors": own} for layer, own in zip(layers, tensors, strict=True)
            ],
        },
    )
    return context


def text_of(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error]
    return " ".join(element.value for element in elements)


def test_layers_are_listed_with_shapes_parameters_and_times(insects: Context) -> None:
    app = open_page("anatomy")
    assert not app.exception
    assert "**tiny**: 4 parameters in 2 layers" in text_of(app)
    (table,) = (frame.value for frame in app.dataframe if "kind" in frame.value)
    assert [name.strip() for name in table["layer"]] == ["blocks", "blocks.0"]
    assert list(table["shape"]) == ["4 × 8 × 8"] * 2
    assert list(table["milliseconds"]) == [2.5, 1.25]
    assert "mean 0.125" in text_of(app)


def test_scores_become_probabilities_step_by_step(insects: Context) -> None:
    image = next(i for i in insects.catalog.images.all() if i.label == "fly")
    shelf = shelf_of(insects.workspace, insects.catalog, 1)
    shelf.write(f"walk/{image.id}", {"layers": [], "logits": LOGITS})
    app = open_page("anatomy", anatomy_image=image.id, anatomy_section="Walk")
    assert not app.exception and not app.error
    powers = np.exp(LOGITS)
    expected = powers / powers.sum()
    (table,) = (frame.value for frame in app.dataframe if "probability" in frame.value)
    rows = dict(zip(table["class"], table["probability"], strict=True))
    for name, p in zip(("ant", "bee", "fly"), expected, strict=True):
        assert rows[name] == pytest.approx(p, abs=1e-6)
    assert f"**{-np.log(expected[2]):.4f}**" in text_of(app)
    assert "**ant**" in text_of(app)


def test_a_class_that_the_run_does_not_know_has_no_loss(insects: Context) -> None:
    image = insects.catalog.images.all()[0]
    insects.catalog.classes.add("wasp")
    insects.catalog.journal.relabel(image.id, "wasp")
    shelf = shelf_of(insects.workspace, insects.catalog, 1)
    shelf.write(f"walk/{image.id}", {"layers": [], "logits": LOGITS})
    app = open_page("anatomy", anatomy_image=image.id, anatomy_section="Walk")
    assert not app.exception
    assert "does not know the class wasp" in text_of(app)


def test_a_run_without_its_model_is_explained_and_others_can_be_chosen(insects: Context) -> None:
    (insects.workspace.run(1) / "model.safetensors").unlink()
    app = open_page("anatomy")
    assert not app.exception
    assert "model file of this run is missing" in app.warning[0].value
    app.selectbox(key="anatomy_run").set_value(0).run()
    assert not app.exception and not app.error


def test_new_weights_have_a_shelf_of_their_own(insects: Context) -> None:
    (insects.workspace.run(1) / "model.safetensors").write_bytes(b"other weights")
    app = open_page("anatomy")
    assert not app.exception and not app.error
    assert app.button(key="take_apart").label == "Take it apart"


def test_channels_are_turned_a_page_at_a_time(insects: Context) -> None:
    ids = [image.id for image in insects.catalog.images.all()][:9]
    channels = [
        {"number": k, "file": f"channels/1-{k}.jpg", "images": ids, "highest": 1.0}
        for k in range(20)
    ]
    layer = {"path": "blocks.0", "shape": [20, 8, 8], "field_px": 7, "channels": channels}
    shelf = shelf_of(insects.workspace, insects.catalog, 1)
    shelf.write("channels", {"images": 18, "of": 18, "size_px": 32, "layers": [layer]})
    app = open_page("anatomy", anatomy_section="Channels")
    assert not app.exception and not app.error
    assert "20 channels, 8 × 8 places each; a place sees about 7 of 32 px" in text_of(app)
    assert "all 18 pictures" in text_of(app)
