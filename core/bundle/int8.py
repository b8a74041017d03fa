"""The graph in 8-bit integers: a quarter of the size, kept only where it is as accurate.

Static quantisation of weights (per channel) and activations, calibrated on training pictures
(onnxruntime.quantization); it needs none of the tools that made the graph.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from core.bundle.evaluation import Evaluation
from core.bundle.network_pass import BATCH, crops_of, evenly, network_pass
from core.context import Context
from core.events import Event, Progressed
from core.metrics import Share
from core.models.preprocessing import Preprocessing
from core.owned import remove_file
from core.serving.layout import GRAPH, GRAPH_INT8, PIXELS
from core.serving.onnx_network import OnnxNetwork

LOSS = 0.01
"""How much of the accuracy on validation pictures may be lost, 0..1."""
CALIBRATION, CHECKED = 48, 400
TIMES = 12


@dataclass(frozen=True, eq=False)
class Quantised:
    """The graph in integers beside the graph in floats, on the same validation pictures.

    Attributes:
        kept: whether it lost at most `LOSS`.
        file_bytes, one_ms: of both: size, and median time for one picture.
        features_nf: float32 (n, f) of the validation pictures; None where there are none.
    """

    kept: bool
    right: Share
    right_in_floats: Share
    file_bytes: tuple[int, int]
    one_ms: tuple[float, float]
    features_nf: np.ndarray


def quantise(
    context: Context, evaluation: Evaluation, preprocessing: Preprocessing, folder: Path
) -> Generator[Event, None, Quantised | str | None]:
    """Write model-int8.onnx if it pays; a word on why it cannot be; None when asked to stop."""
    yield Progressed(0, 0, "Making a smaller graph in 8-bit integers")
    train = evenly(context.catalog.images.all(sides=["train"]), CALIBRATION)
    crops = crops_of(context, train, preprocessing)
    floats, integers = folder / GRAPH, folder / GRAPH_INT8
    try:
        quantize_static(
            floats,
            integers,
            _Reader(preprocessing.normalise(crops)),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
    except Exception as error:  # noqa: BLE001 - the quantiser's errors share no base
        remove_file(folder, integers)
        return str(error).strip().split("\n")[0][:200] or type(error).__name__
    network = OnnxNetwork(integers)
    images = evenly(evaluation.valid.images, CHECKED)
    doing = "Checking the graph in 8-bit integers"
    outputs = yield from network_pass(context, images, preprocessing, network.features, doing)
    if outputs is None:
        return None
    right, in_floats = _rights(evaluation, [image.id for image in images], outputs[0])
    times = [_one_ms(each, preprocessing, crops[:1]) for each in (network, OnnxNetwork(floats))]
    sizes = [file.stat().st_size for file in (integers, floats)]
    pays = in_floats.value - right.value <= LOSS and sizes[0] < sizes[1]
    if not pays:
        remove_file(folder, integers)
    return Quantised(pays, right, in_floats, (sizes[0], sizes[1]), (times[0], times[1]), outputs[1])


def _rights(evaluation: Evaluation, ids: list[str], logits_nc: np.ndarray) -> tuple[Share, Share]:
    """Right answers of the integers, and of the studio's model."""
    valid = evaluation.valid
    row = {image.id: k for k, image in enumerate(valid.images)}
    rows = [row[i] for i in ids]
    labels = valid.labels_n[rows]
    answers = logits_nc.argmax(1), valid.probs_nc[rows].argmax(1)
    right, in_floats = (
        Share(int((predicted_n == labels).sum()), len(rows)) for predicted_n in answers
    )
    return right, in_floats


def _one_ms(network: OnnxNetwork, preprocessing: Preprocessing, crops: np.ndarray) -> float:
    """Median time for one picture."""
    images, times = preprocessing.normalise(crops), []
    for _ in range(TIMES):
        start = time.perf_counter()
        network.run(images)
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Hands out batches."""

    def __init__(self, images_nchw: np.ndarray) -> None:
        starts = range(0, len(images_nchw), BATCH)
        self._batches: Iterator[np.ndarray] = (images_nchw[k : k + BATCH] for k in starts)

    def get_next(self) -> dict[str, np.ndarray] | None:
        batch = next(self._batches, None)
        return None if batch is None else {PIXELS: batch}
