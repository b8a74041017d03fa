"""A bundle is read back from disk and has to answer as the studio did."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from core.calibration import tempered
from core.errors import StudioError
from core.serving.bundle_part import has_part, read_part
from core.serving.classifier import Classifier, load_classifier
from core.serving.layout import EXAMPLES, GRAPH, GRAPH_INT8, RECORDED
from core.serving.torch_network import load_torch_network
from core.settings import Settings

TOLERANCE = 1e-3


def check_bundle(folder: Path, settings: Settings) -> float:
    """Replay the recorded pictures through ONNX Runtime and through torch; the largest difference
    of a probability, 0..1.

    Raises:
        StudioError: it is beyond 0.001, the two differ in what is off topic, or the recordings
            are not usable.
    """
    classifier = load_classifier(folder)
    crops, expected_nc = _recorded(classifier, folder, settings)
    images = classifier.preprocessing.normalise(crops)
    apart = [_apart(_probabilities(classifier, images), expected_nc)]
    if has_part(folder, GRAPH):
        config = classifier.config
        in_torch = load_torch_network(
            folder, config.architecture, len(config.labels), config.preprocessing
        )
        ours, torchs = classifier.network.run(images), in_torch.run(images)
        apart.append(_apart(tempered(torchs.logits_nc, config.temperature), expected_nc))
        if ours.off_topic_n is not None and torchs.off_topic_n is not None:
            distance = _apart(ours.off_topic_n, torchs.off_topic_n)
            apart.append(distance / max(1.0, float(torchs.off_topic_n.max())))
    if has_part(folder, GRAPH_INT8):
        load_classifier(folder, int8=True)
    worst = float(np.max(apart))  # one NaN is the largest
    if not worst <= TOLERANCE:
        raise StudioError(
            f"The exported model answers otherwise than the studio (by {worst:.4f}).",
            "Train again and export that run; please report this.",
        )
    return worst


def _recorded(
    classifier: Classifier, folder: Path, settings: Settings
) -> tuple[np.ndarray, np.ndarray]:
    """Crops of the examples, and the probabilities that were recorded for them."""
    try:
        recorded = json.loads(read_part(folder, RECORDED))
        files = [read_part(folder, f"{EXAMPLES}/{Path(name).name}") for name in recorded]
        shares = [[answer[label] for label in classifier.labels] for answer in recorded.values()]
        crops = np.stack([classifier.crop(data, settings) for data in files])
        return crops, np.array(shares, float)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StudioError(
            f"{RECORDED} of this bundle or its examples are missing or damaged.",
            "Export it again from the studio's Export page.",
        ) from error


def _probabilities(classifier: Classifier, images_nchw: np.ndarray) -> np.ndarray:
    outputs = classifier.network.run(images_nchw)
    return tempered(outputs.logits_nc, classifier.config.temperature)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.max(np.abs(one - other)))
