"""The card: metadata that the hub reads, and figures from the evaluation."""

from __future__ import annotations

import json

from huggingface_hub import ModelCard

from core.bundle.evaluation import evaluate
from core.owned import MARK
from core.serving.manifest import check_manifest


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
