"""A class that was renamed after training: the exported bundle answers in today's names."""

from __future__ import annotations

import json

import pytest

from core.bundle.writing import export_bundle
from core.context import Context
from core.interpretation.comparison import run_results
from core.serving.classifier import load_classifier
from core.training.quick import train_quick
from tests.builders import run_import, tinted, tints


@pytest.mark.slow
def test_a_bundle_speaks_of_classes_as_they_are_called_today(fresh: Context) -> None:
    catalog = fresh.catalog
    run_import(fresh, (tints({"red": "red", "blue": "blue"}), []))
    for event in train_quick(fresh):
        if event.kind not in ("progressed", "run_started"):
            catalog.runs.record(1, event)
    before = run_results(catalog)[0].accuracy
    catalog.classes.rename("red", "Rot /?")
    assert run_results(catalog)[0].accuracy == before
    list(export_bundle(fresh, 1))
    bundle = fresh.workspace.exports / "1-quick-1"
    assert json.loads((bundle / "config.json").read_text())["label_names"] == ["blue", "Rot /?"]
    answer = load_classifier(bundle).probabilities(tinted("red", 999), fresh.settings)
    assert max(answer, key=lambda name: answer[name]) == "Rot /?"
    assert "Rot" in (bundle / "README.md").read_text()
    recorded = json.loads((bundle / "recorded.json").read_text())
    assert {name for shares in recorded.values() for name in shares} == {"blue", "Rot /?"}
