"""The Interpretation page: its numbers are those of scikit-learn, its cells open their pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics
from streamlit.testing.v1 import AppTest

from core.context import Context
from core.interpretation.shelf import shelf_of
from core.records import Predictions
from tests.app import open_page
from tests.builders import a_scored_workspace

COUNTS = {"ant": 30, "bee": 30, "fly": 20}


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    return a_scored_workspace(tmp_path / "home", COUNTS)


def truth(context: Context) -> tuple[list[str], list[str], np.ndarray]:
    """Labels, predictions and probabilities of the validation images, straight from storage."""
    labels = {image.id: image.label for image in context.catalog.images.all(sides=["valid"])}
    predictions = context.catalog.runs.predictions(1, "final")
    rows = [k for k, image_id in enumerate(predictions.image_ids) if image_id in labels]
    predicted = [predictions.classes[k] for k in predictions.probs_nc[rows].argmax(1)]
    return [labels[predictions.image_ids[k]] for k in rows], predicted, predictions.probs_nc[rows]


def plot(app: AppTest, key: str) -> dict:
    """A figure as it goes to the browser."""
    charts = [c.proto for c in app.main.get("plotly_chart")]
    (proto,) = (c for c in charts if key in c.id)
    return json.loads(proto.spec)


def text_of(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.info, *app.success, *app.warning]
    return " ".join(element.value for element in elements)


def test_the_error_rate_is_said_with_its_interval(insects: Context) -> None:
    labels, predicted, _ = truth(insects)
    wrong = sum(a != b for a, b in zip(labels, predicted, strict=True))
    assert f"{wrong} of {len(labels)} images (95 % interval" in text_of(open_page("interpretation"))


def test_the_matrix_in_the_browser_is_that_of_scikit_learn(insects: Context) -> None:
    labels, predicted, _ = truth(insects)
    drawn = plot(open_page("interpretation"), "confusion_plot")
    order = drawn["layout"]["yaxis"]["ticktext"]
    expected = metrics.confusion_matrix(labels, predicted, labels=order)
    text_of = [text.rpartition(": ")[2] for text in drawn["data"][-1]["hovertext"]]
    assert np.array_equal(np.array(text_of, int).reshape(3, 3), expected)


def test_the_figures_of_each_class_are_those_of_scikit_learn(insects: Context) -> None:
    labels, predicted, _ = truth(insects)
    app = open_page("interpretation")
    (table,) = (f.value for f in app.dataframe if "recall" in f.value)
    expected = metrics.precision_recall_fscore_support(labels, predicted, labels=sorted(COUNTS))
    for column, values in zip(("precision", "recall", "F1"), expected[:3], strict=True):
        ours = [float(text.split("(")[0]) if "(" in text else 0.0 for text in table[column]]
        np.testing.assert_allclose(ours, values, atol=0.005)


def test_a_cell_opens_its_pictures_and_leads_to_review(insects: Context) -> None:
    labels, predicted, _ = truth(insects)
    app = open_page("interpretation")
    order = plot(app, "confusion_plot")["layout"]["yaxis"]["ticktext"]
    matrix = metrics.confusion_matrix(labels, predicted, labels=order)
    cell = int((matrix - 99 * np.eye(3)).argmax())
    app.session_state["confusion_plot"] = {
        "selection": {"points": [{"curve_number": 2, "point_index": cell}]}
    }
    app.run()
    count = matrix.ravel()[cell]
    assert f"{count} picture" in text_of(app)
    app.button(key="confusion_cell_review").click().run()
    assert len(app.session_state["review_ids"]) == count
    assert app.title[0].value == "Review"
    assert f"**{count}** pictures chosen elsewhere" in text_of(app)


def test_top_losses_come_worst_first(insects: Context) -> None:
    app = open_page("interpretation")
    app.session_state["interpretation_section"] = "Top losses"
    app.run()
    labels, _, probs = truth(insects)
    own = [p[sorted(COUNTS).index(label)] for p, label in zip(probs, labels, strict=True)]
    worst = -np.log(min(own))
    (proto,) = (c.proto for c in app.main.get("bidi_component") if "top_losses" in c.proto.id)
    notes = [group[0]["note"] for group in json.loads(proto.json)["groups"]]
    shown = [float(note.rpartition(" ")[2]) for note in notes]
    assert shown == sorted(shown, reverse=True)
    assert shown[0] == pytest.approx(worst, abs=0.01)


def test_calibration_is_said_in_words_and_thresholds_are_counted(insects: Context) -> None:
    app = open_page("interpretation")
    app.session_state["interpretation_section"] = "Confidence"
    app.run()
    labels, predicted, probs = truth(insects)
    sure = probs.max(1) >= 0.5
    right = sum(a == b for a, b, s in zip(labels, predicted, sure, strict=True) if s)
    assert f"{sure.sum()} of {len(labels)} images are answered" in text_of(app)
    assert f"{sure.sum() - right} of these answers are wrong" in text_of(app)
    assert "Expected calibration error" in text_of(app)


def test_a_side_that_was_not_answered_leads_on(insects: Context) -> None:
    images = insects.catalog.images.all(sides=["valid"])
    run = insects.catalog.runs.create("fine-tune", {}, tuple(COUNTS))
    probs = np.full((len(images), 3), 1 / 3, np.float32)
    ids = tuple(image.id for image in images)
    insects.catalog.runs.store_predictions(run.id, "final", Predictions(ids, probs, run.classes))
    app = open_page("interpretation")
    app.session_state["look_at_side"] = "train"
    app.run()
    assert "has not answered the training images yet" in text_of(app)
    app.button(key="answer_side").click().run()
    job = insects.catalog.jobs.latest("score")
    assert job is not None and job.args == {"run_ids": [2], "sides": ["valid", "test", "train"]}


def test_a_class_that_a_run_does_not_know_is_said(insects: Context) -> None:
    image = insects.catalog.images.all(sides=["valid"])[0]
    other = insects.catalog.images.all(sides=["train"])[0]
    insects.catalog.journal.relabel(image.id, other.label)
    insects.catalog.classes.add("moth")
    insects.catalog.journal.relabel(image.id, "moth")
    app = open_page("interpretation")
    assert not app.exception and not app.error
    assert "a label that this run does not know: 1." in text_of(app)


@pytest.mark.parametrize("section", ["Map", "Shortcuts"])
def test_the_dataset_is_looked_at_without_a_run(section: str, insects: Context) -> None:
    app = open_page("interpretation")
    app.session_state["interpretation_section"] = section
    app.run()
    assert not app.exception and not app.error
    assert app.button(key="make_map" if section == "Map" else "check_shortcuts").label


def open_top_losses() -> AppTest:
    app = open_page("interpretation")
    app.session_state["interpretation_section"] = "Top losses"
    return app.run()


def test_heat_maps_that_are_stored_are_shown_at_once(insects: Context) -> None:
    folder = insects.workspace.run(1)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    shelf = shelf_of(insects.workspace, insects.catalog, 1)
    facts = {"probability": 0.625, "fall": 0.4, "agreement": 0.71, "has_grad_cam": True}
    for image in insects.catalog.images.all():
        shelf.write(f"heat/{image.id}", {0: facts, 1: facts, 2: facts})
    app = open_top_losses()
    app.button(key="top_losses_heat").click().run()
    assert not app.exception and not app.error
    assert "62.5%. Covering the most important place lowers it by 40 points" in text_of(app)
    assert "agree \\(correlation 0.71\\)" in text_of(app)
    assert insects.catalog.jobs.latest("heat-maps") is None


def test_heat_maps_of_a_run_without_its_model_say_so_and_the_page_goes_on(
    insects: Context,
) -> None:
    app = open_top_losses()
    app.button(key="top_losses_heat").click().run()
    assert not app.exception
    assert "model file of this run is missing" in app.error[0].value
    assert "Error rate" in text_of(app)
    app.segmented_control(key="interpretation_section").set_value("Confidence").run()
    assert not app.exception and not app.error
    assert "images are answered" in text_of(app)
