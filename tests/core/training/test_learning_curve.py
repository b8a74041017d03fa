"""The learning curve: nested parts of each class, the same validation images, the quick model."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from core.errors import StudioError
from core.feature_store import newest_store
from core.training.growth import SHARES
from core.training.learning_curve import learning_curve, learning_curve_task, subset
from core.training.quick import fit_on_training_side
from core.training.training_set import training_set
from tests.builders import run_import, tints

LABELS = np.array([0] * 40 + [1] * 9 + [2])


@pytest.mark.parametrize("repeat", range(3))
def test_parts_are_shares_of_each_class_and_nested(repeat: int) -> None:
    parts = [set(subset(LABELS, share, repeat)) for share in SHARES]
    for small, large in pairwise(parts):
        assert small < large
    counts = [np.bincount(LABELS[sorted(part)]).tolist() for part in parts]
    assert counts == [[10, 3, 1], [20, 5, 1], [30, 7, 1], [40, 9, 1]]


def test_repeats_draw_different_parts() -> None:
    assert set(subset(LABELS, 0.25, 0)) != set(subset(LABELS, 0.25, 1))
    np.testing.assert_array_equal(subset(LABELS, 0.25, 1), subset(LABELS, 0.25, 1))


def test_the_curve_ends_at_the_quick_model(fresh) -> None:
    pictures = tints({"a": "red", "b": "darkred"}, train=8, valid=6)
    run_import(fresh, (pictures, []))
    list(learning_curve_task(fresh, {}))
    study = fresh.catalog.studies.latest("learning curve")
    data = training_set(fresh)
    assert study.result["counts"] == [4, 8, 12, 16]
    assert study.result["valid_images"] == len(data.valid) == 12
    store = newest_store(fresh.workspace.features, study.config["architecture"])
    head = fit_on_training_side(data, store)
    answers = head.probabilities(store.get(data.valid.image_ids)[:, :1]).argmax(1)
    wrong = float((answers != data.valid.labels_n).mean())
    assert study.result["overall"]["error"][-1] == pytest.approx(wrong)
    assert set(study.result["classes"]) == {"a", "b"}


def test_stopping_leaves_no_study(fresh) -> None:
    run_import(fresh, (tints({"a": "red", "b": "blue"}), []))
    seen = []
    stopping = replace(
        fresh, stop_requested=lambda: any("parts" in getattr(e, "doing", "") for e in seen)
    )
    for event in learning_curve(stopping):
        seen.append(event)
    assert fresh.catalog.studies.latest("learning curve") is None


def test_a_handful_of_pictures_cannot_be_divided(fresh) -> None:
    run_import(fresh, (tints({"a": "red", "b": "blue"}, train=2), []))
    with pytest.raises(StudioError, match="only 4 training images"):
        list(learning_curve(fresh))
