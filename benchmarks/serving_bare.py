"""A bundle without a server: what `benchmarks.serving` compares it with."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from core.serving.classifier import Classifier, load_classifier
from core.serving.layout import GRAPH
from core.serving.service import Service
from core.settings import load_settings


class Bare:
    """The same bundle in this process, to be asked by several threads."""

    def __init__(self, bundle: Path, pictures: Sequence[bytes]) -> None:
        service = Service(load_classifier(bundle), load_settings())
        self._classifier, self._settings = service.classifier, service.settings
        self.workers = service.workers
        self._pictures = pictures
        self._forward = _forward(self._classifier, bundle)

    def answer(self, k: int) -> object:
        """The studio's own steps for one of the pictures."""
        return self._classifier.answer(self._pictures[k % len(self._pictures)], self._settings)

    def plain(self, k: int) -> object:
        """Decode, resize, forward."""
        side_px = self._classifier.preprocessing.size_px
        image = Image.open(io.BytesIO(self._pictures[k % len(self._pictures)]))
        pixels_hwc = np.asarray(image.convert("RGB").resize((side_px, side_px)), np.float32)
        values_chw = (pixels_hwc / 127.5 - 1).transpose(2, 0, 1)
        return self._forward(np.ascontiguousarray(values_chw[None]))


def _forward(classifier: Classifier, bundle: Path) -> Callable[[np.ndarray], object]:
    """ONNX Runtime as it comes, or the bundle's own network where it has no graph."""
    if not (bundle / GRAPH).exists():
        return classifier.network.run
    import onnxruntime

    session = onnxruntime.InferenceSession(str(bundle / GRAPH))
    name, logits = session.get_inputs()[0].name, session.get_outputs()[0].name
    return lambda images_nchw: session.run([logits], {name: images_nchw})
