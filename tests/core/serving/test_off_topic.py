"""None of these: scikit-learn, NumPy and ONNX Runtime are the oracles."""

from __future__ import annotations

import math

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from sklearn.covariance import shrunk_covariance
from sklearn.metrics import roc_auc_score

from core.bundle.graph import add_distance
from core.errors import StudioError
from core.serving.layout import DISTANCE, FEATURES, OFF_TOPIC
from core.serving.off_topic import (
    SHRINKAGE,
    auroc,
    fit_off_topic,
    load_off_topic,
    look_at,
    threshold,
)


def features(count: int, seed: int, moved: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Of three classes, float32 (3 * count, 50); `moved` away from all of them."""
    centres = np.random.default_rng(0).gamma(2.0, 1.0, (3, 50))
    away = np.random.default_rng(1).gamma(2.0, 1.0, 50)
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), count)
    own = centres[labels] * (1 - moved) + away * moved
    return (own * rng.gamma(20.0, 0.05, own.shape)).astype(np.float32), labels


def test_strange_features_are_farther_and_the_pass_rate_holds():
    off_topic = fit_off_topic(*features(60, 2))
    limit, promised = threshold(off_topic.score(features(60, 3)[0]))
    assert promised == 0.95
    passed = (off_topic.score(features(400, 4)[0]) <= limit).mean()
    assert 0.9 < passed < 0.99
    strange = off_topic.score(features(60, 5, moved=0.7)[0])
    assert (strange > limit).mean() > 0.9
    assert auroc(off_topic.score(features(60, 6)[0]), strange) > 0.98


def test_with_all_directions_it_is_the_mahalanobis_distance_of_a_shrunken_covariance(monkeypatch):
    monkeypatch.setattr("core.serving.off_topic.DIRECTIONS", 50)
    x, labels = features(200, 7)
    off_topic = fit_off_topic(x, labels)
    unit = (look_at(x) - off_topic.mean_f) / off_topic.scale_f
    means = np.stack([unit[labels == k].mean(0) for k in range(3)])
    within = unit - means[labels]
    covariance = within.T.astype(float) @ within / (len(x) - 3)
    inverse = np.linalg.inv(shrunk_covariance(covariance, SHRINKAGE))
    apart = unit[:, None] - means
    expected = np.einsum("ncf,fg,ncg->nc", apart, inverse, apart).min(1) / 50
    np.testing.assert_allclose(off_topic.score(x), expected, rtol=1e-3)


def test_fewer_pictures_than_features_are_enough():
    x, labels = features(2, 8)
    scores = fit_off_topic(x, labels).score(features(30, 9)[0])
    assert np.isfinite(scores).all() and (scores > 0).all()


@pytest.mark.parametrize(
    ("count", "promised"), [(1, 1 / 2), (12, 12 / 13), (19, 0.95), (500, 0.95)]
)
def test_few_scores_promise_less(count, promised):
    rng = np.random.default_rng(count)
    limit, pass_rate = threshold(rng.random(count))
    assert pass_rate == pytest.approx(promised)
    passed = [rng.random() <= threshold(rng.random(count))[0] for _ in range(3000)]
    assert np.mean(passed) >= pass_rate - 0.02
    assert math.isfinite(limit)


def test_the_auroc_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    own, other = rng.integers(0, 9, 70), rng.integers(3, 12, 50)  # with ties
    expected = roc_auc_score([0] * 70 + [1] * 50, np.r_[own, other])
    assert auroc(own, other) == pytest.approx(expected)


def test_the_graph_says_the_same(tmp_path):
    x, labels = features(40, 10)
    x[0] *= -1  # as in transformers
    off_topic = fit_off_topic(x, labels)
    file = tmp_path / "graph.onnx"
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Identity", ["in"], [FEATURES])],
        "features",
        [value("in", TensorProto.FLOAT, ["n", 50])],
        [value(FEATURES, TensorProto.FLOAT, ["n", 50])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save(model, file)
    add_distance(file, off_topic)
    session = onnxruntime.InferenceSession(file)
    for part in (x, x[:1]):
        distances_n = session.run([DISTANCE], {"in": part})[0]
        np.testing.assert_allclose(distances_n, off_topic.score(part), rtol=1e-3)


def test_it_comes_back_from_disk(tmp_path):
    x, labels = features(10, 11)
    off_topic = fit_off_topic(x, labels)
    off_topic.save(tmp_path)
    np.testing.assert_array_equal(load_off_topic(tmp_path).score(x), off_topic.score(x))
    (tmp_path / OFF_TOPIC).write_bytes(b"\x00" * 50)
    with pytest.raises(StudioError, match="missing or damaged"):
        load_off_topic(tmp_path)
