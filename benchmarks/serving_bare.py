"""A bundle without a server: the other side of `benchmarks.serving`, in a process of its own.

    python -m benchmarks.serving_bare BUNDLE PICTURES SECONDS

Prints one JSON line: `bare_ms`, `bare_rps` (the studio's own steps, in one thread and in as many as
the server uses) and `plain_ms` (decode, resize, forward and nothing else).
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.serving import SUFFIXES, timed
from core.export.classifier import Classifier, load_classifier
from core.export.layout import GRAPH
from core.export.service import Service
from core.settings import load_settings


def main() -> None:
    bundle, pictures, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    service = Service(load_classifier(bundle), load_settings())
    files = sorted(f for f in pictures.rglob("*") if f.suffix.lower() in SUFFIXES)
    data = [file.read_bytes() for file in files]

    def bare(k: int) -> object:
        return service.classifier.answer(data[k % len(data)], service.settings)

    one = timed(lambda: bare, seconds)
    many = timed(lambda: bare, seconds, service.workers)
    forward = _forward(service.classifier, bundle)

    def plain(k: int) -> object:
        return forward(_plain_pixels(data[k % len(data)], service.classifier.preprocessing.size_px))

    rps = max(one.rps, many.rps)
    plain_ms = timed(lambda: plain, seconds).p50_ms
    print(json.dumps({"bare_ms": one.p50_ms, "bare_rps": rps, "plain_ms": plain_ms}))


def _plain_pixels(data: bytes, size_px: int) -> np.ndarray:
    """float32 (1, 3, size, size), about as a network wants it."""
    image = Image.open(io.BytesIO(data)).convert("RGB").resize((size_px, size_px))
    values_hwc = np.asarray(image, np.float32) / 127.5 - 1
    return np.ascontiguousarray(values_hwc.transpose(2, 0, 1)[None])


def _forward(classifier: Classifier, bundle: Path) -> Callable[[np.ndarray], object]:
    """ONNX Runtime as it comes, or the bundle's network where the bundle has no graph."""
    if (bundle / GRAPH).exists():
        import onnxruntime

        session = onnxruntime.InferenceSession(str(bundle / GRAPH))
        name = session.get_inputs()[0].name
        logits = session.get_outputs()[0].name
        return lambda images_nchw: session.run([logits], {name: images_nchw})
    return classifier.network.run


if __name__ == "__main__":
    main()
