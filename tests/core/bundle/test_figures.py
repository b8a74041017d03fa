"""The figures of a bundle beside its card, and bundles of before there were any."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from core.bundle.evaluation import evaluate
from core.bundle.figures import figures_of
from core.errors import StudioError
from core.serving.classifier import load_classifier
from core.serving.layout import CARD, FIGURES, RECORDED
from core.serving.service import Service
from tests.builders import tinted
from tests.web_bundle import FIGURES_OF_COLOURS, a_bundle

STORED = Path(__file__).parent.parent / "serving"
SECOND = STORED / "bundle_of_format_2"
"""Made by `tests.web_bundle.a_bundle` as it was before there was a third format."""


def test_what_is_written_is_read_back(tmp_path):
    folder = a_bundle(tmp_path / "bundle")
    (folder / CARD).write_text("Right on 1 of 2 validation images: 50.0%", encoding="utf-8")
    assert figures_of(folder) == FIGURES_OF_COLOURS


def test_other_programs_find_the_interval_beside_the_counts(tmp_path):
    facts = json.loads((a_bundle(tmp_path / "bundle") / FIGURES).read_text(encoding="utf-8"))
    right = FIGURES_OF_COLOURS.validation
    assert facts["validation"] == {
        "hits": 11,
        "total": 12,
        "low": round(right.low, 6),
        "high": round(right.high, 6),
    }


def test_the_figures_of_an_export_are_those_that_were_measured(bundle, trained):
    figures, evaluation = figures_of(bundle), evaluate(trained, trained.catalog.runs.get(1))
    own = json.loads((bundle / "config.json").read_text(encoding="utf-8"))["toploss"]
    assert figures.validation == evaluation.valid.accuracy
    assert figures.test == evaluation.test.accuracy
    assert list(figures.classes) == list(evaluation.valid.classes)
    assert sum(share.total for share in figures.classes.values()) == figures.validation.total
    assert figures.temperature == own["temperature"]
    assert figures.none_of_these.threshold == own["none_of_these"]["threshold"]
    assert [
        separation.what for separation in figures.none_of_these.told if "fruit" in separation.what
    ]
    assert figures.int8.kept is (bundle / "model-int8.onnx").exists()
    assert FIGURES in json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))["files"]


DAMAGED = r"figures\.json of this bundle is damaged"


@pytest.mark.parametrize("text", ["[]", "{", "null", '{"temperature": 1}', "[" * 100_000])
def test_figures_that_are_none_are_said_in_a_sentence(text, tmp_path):
    file = a_bundle(tmp_path / "bundle") / FIGURES
    file.write_text(text)
    with pytest.raises(StudioError, match=DAMAGED):
        figures_of(file.parent)


@pytest.mark.parametrize(
    "part",
    [
        {"validation": {"hits": 3, "total": 2}},
        {"classes": []},
        {"int8": {"kept": True}},
        {"temperature": 10**400},
    ],
)
def test_a_damaged_figure_is_said_in_a_sentence(part, tmp_path):
    file = a_bundle(tmp_path / "bundle") / FIGURES
    whole = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**whole, **part}))
    with pytest.raises(StudioError, match=DAMAGED):
        figures_of(file.parent)


@pytest.mark.parametrize("name", ["bundle_of_format_1", "bundle_of_format_2"])
def test_earlier_bundles_have_their_figures_in_the_card(name):
    assert figures_of(STORED / name) is None


def test_a_bundle_of_the_second_format_opens_and_answers_as_it_did(tmp_path, settings):
    folder = shutil.copytree(SECOND, tmp_path / "bundle")
    classifier = load_classifier(folder)
    assert classifier.says_none_of_these
    recorded = json.loads((folder / RECORDED).read_text(encoding="utf-8"))
    service = Service(classifier, settings)
    for example in classifier.examples:
        answer = service.answer(example.read_bytes())
        assert answer.probabilities == pytest.approx(recorded[example.name], abs=1e-3)
    assert service.answer(tinted("red", 7)).label == "red"
