"""Shortcuts: planted ones are found, chance is left alone; scikit-learn and SciPy are oracles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import matthews_corrcoef, roc_auc_score

from core.interpretation import shortcuts
from core.interpretation.shortcuts import category_cue, numeric_cue, try_cue, try_sides

WORDS = ("dark", "bright")


def labels_of(counts: list[int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))


def brightness(labels: np.ndarray, planted: int | None, seed: int = 1) -> np.ndarray:
    values = np.random.default_rng(seed).uniform(0, 0.8, len(labels))
    return np.where(labels == planted, 0.8 + values / 4, values)


@pytest.mark.parametrize("counts", [[100] * 14, [150, 150], [40, 300, 60], [20, 20]])
def test_a_class_that_is_bright_is_found(counts):
    labels = labels_of(counts)
    shortcut = try_cue(numeric_cue("brightness", brightness(labels, 1), WORDS), labels, len(counts))
    assert shortcut.is_strong
    assert shortcut.told == 1 or len(counts) == 2  # of two classes one is told as well as the other
    assert shortcut.right.value > shortcut.baseline.value
    assert shortcut.correlation > 0.8


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("counts", [[100] * 14, [150, 150], [40, 300, 60], [20, 20]])
def test_chance_is_left_alone(counts, seed):
    labels = labels_of(counts, seed)
    values = brightness(labels, None, seed + 50)
    assert not try_cue(numeric_cue("brightness", values, WORDS), labels, len(counts)).is_strong


def test_the_place_of_the_shortcut_is_said_in_words():
    labels = labels_of([100] * 4)
    shortcut = try_cue(numeric_cue("brightness", brightness(labels, 2), WORDS), labels, 4)
    cue = numeric_cue("brightness", brightness(labels, 2), WORDS)
    typical = np.bincount(cue.values_n[labels == 2]).argmax()
    assert shortcut.where in cue.names and abs(cue.names.index(shortcut.where) - typical) <= 4


def test_the_baseline_is_the_most_frequent_class():
    labels = labels_of([10, 90])
    shortcut = try_cue(numeric_cue("noise", np.random.default_rng(3).random(100), WORDS), labels, 2)
    assert shortcut.baseline.hits == 90


def test_a_source_that_has_one_class_is_found():
    labels = labels_of([60, 60, 60])
    sources = ["web" if label == 2 else f"phone {k % 2}" for k, label in enumerate(labels)]
    shortcut = try_cue(category_cue("source", sources), labels, 3)
    assert shortcut.is_strong and (shortcut.told, shortcut.where) == (2, "web")


def test_rare_names_count_as_one():
    cue = category_cue("camera", ["a"] * 9 + ["b", "c"])
    assert cue.names == ("a", "others")
    assert cue.values_n.tolist() == [0] * 9 + [1, 1]


@pytest.mark.parametrize("values", [np.zeros(30), np.arange(30) % 2], ids=["constant", "two"])
def test_few_different_values_are_no_trouble(values):
    labels = labels_of([15, 15])
    cue = numeric_cue("size", values, ("small", "large"))
    assert set(cue.values_n) <= set(range(len(cue.names)))
    assert not try_cue(cue, labels, 2).is_strong or len(set(values)) == 2


def test_the_correlation_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth, predicted = rng.random(200) < 0.3, rng.random(200) < 0.4
    ours = shortcuts._matthews(truth, predicted)
    assert ours == pytest.approx(matthews_corrcoef(truth, predicted))
    assert shortcuts._matthews(truth, np.zeros(200, bool)) == 0.0


def test_sides_that_differ_are_told_apart_and_fair_ones_are_not():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(500, 20))
    is_valid = rng.random(500) < 0.2
    fair = try_sides("looks", features, is_valid)
    assert 0.4 < fair.area < 0.6 and fair.p_value > 0.01
    features[is_valid, 3] += 2
    unfair = try_sides("looks", features, is_valid)
    assert unfair.area > 0.85 and unfair.p_value < 1e-6


def test_area_and_p_value_are_those_of_the_libraries(monkeypatch):
    scores = np.round(np.random.default_rng(1).normal(size=80), 1)  # with ties
    is_valid = np.arange(80) % 4 == 0
    monkeypatch.setattr(shortcuts, "_ridge", lambda z, target: np.ones(1))
    test = try_sides("scores", scores[:, None], is_valid)
    assert test.area == pytest.approx(roc_auc_score(is_valid, scores))
    expected = mannwhitneyu(
        scores[is_valid],
        scores[~is_valid],
        alternative="greater",
        use_continuity=False,
        method="asymptotic",
    )
    assert test.p_value == pytest.approx(expected.pvalue, rel=0.02)  # they correct for ties
