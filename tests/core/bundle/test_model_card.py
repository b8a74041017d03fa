"""The card: metadata that the hub reads, and figures from the evaluation."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from huggingface_hub import ModelCard

from core.bundle.evaluation import evaluate
from core.bundle.model_card import Facts, model_card
from core.leaks import Leak
from core.metrics import Share
from core.models.architectures import preprocessing_of, untrained
from core.owned import MARK
from core.serving.manifest import check_manifest


@pytest.fixture
def trained_facts(trained):
    """Of that run, as when nothing but the weights was written."""
    run = trained.catalog.runs.get(1)
    preprocessing = preprocessing_of(untrained(run.config["architecture"], len(run.classes)))
    return Facts("colours", run, evaluate(trained, run), preprocessing, "no", None, None)


def test_the_hub_reads_the_metadata(bundle, trained):
    card = ModelCard.load(bundle / "README.md")
    assert card.data.library_name == "timm"
    assert card.data.pipeline_tag == "image-classification"
    assert card.data.license == "other"
    metrics = {r.dataset_split: r.metric_value for r in card.data.eval_results}
    evaluation = evaluate(trained, trained.catalog.runs.get(1))
    assert metrics == {
        "validation": round(evaluation.valid.accuracy.value, 4),
        "test": round(evaluation.test.accuracy.value, 4),
    }


def test_the_card_tells_temperature_threshold_and_confusion(bundle, trained):
    text = (bundle / "README.md").read_text(encoding="utf-8")
    own = json.loads((bundle / "config.json").read_text(encoding="utf-8"))["toploss"]
    assert f"divided by {own['temperature']:.2f}" in text
    assert f"{own['none_of_these']['threshold']:.3f} (`off_topic`)" in text
    assert "photos of fruit" in text and "AUROC" in text
    valid = evaluate(trained, trained.catalog.runs.get(1)).valid
    for counts in valid.confusion_cc:
        assert f"| {' | '.join(map(str, counts))} |" in text
    assert valid.confusion_cc.sum() == 12


def test_the_manifest_names_every_file_and_the_tools(bundle):
    check_manifest(bundle)
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    files = {p.relative_to(bundle).as_posix() for p in bundle.rglob("*") if p.is_file()}
    assert set(manifest["files"]) == files - {"manifest.json", MARK}
    assert {"torch", "timm", "onnx", "onnxruntime"} < set(manifest["made_with"])
    assert manifest["format"] == 3


def test_the_card_says_of_copies_what_is_known_and_no_more(trained_facts):
    text = model_card(trained_facts, "other", date(2026, 1, 2))
    assert "near-duplicates" not in text
    assert "Nobody has looked yet whether the validation pictures have copies in training." in text


def test_the_card_says_that_a_number_means_nothing(trained_facts):
    right = Share(12, 12)
    leak = Leak("valid", 12, right, Share(0, 0), searched=True, not_searched=0)
    facts = replace(trained_facts, evaluation=replace(trained_facts.evaluation, valid_leak=leak))
    text = model_card(facts, "other", date(2026, 1, 2))
    assert (
        "12 of 12 validation pictures have a copy in training: this number means nothing." in text
    )
