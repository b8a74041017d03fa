"""The network of a bundle in ONNX Runtime: needs neither torch nor timm."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from core.errors import StudioError
from core.serving.layout import DISTANCE, EXPORT_AGAIN, FACTS, FEATURES, HEAT, LOGITS, PIXELS
from core.serving.outputs import Outputs


class OnnxNetwork:
    """A graph of the studio.

    Raises:
        StudioError: it is missing, damaged, or no such graph.
    """

    def __init__(self, file: Path) -> None:
        self._session = _open(file)
        names = {output.name for output in self._session.get_outputs()}
        if LOGITS not in names or [i.name for i in self._session.get_inputs()] != [PIXELS]:
            raise StudioError(f"{file.name} of this bundle is no graph of TopLoss.", EXPORT_AGAIN)
        self.has_heat = HEAT in names
        self.has_features = FEATURES in names
        self._distance = [DISTANCE] if DISTANCE in names else []

    @property
    def facts(self) -> dict[str, Any]:
        """What it says of itself: architecture, labels, preprocessing."""
        text = self._session.get_modelmeta().custom_metadata_map.get(FACTS, "{}")
        facts = json.loads(text)
        return facts if isinstance(facts, dict) else {}

    def run(self, images_nchw: np.ndarray, heat: bool = False) -> Outputs:
        names = [LOGITS, *self._distance, *([HEAT] if heat and self.has_heat else [])]
        outputs = dict(zip(names, self._session.run(names, {PIXELS: images_nchw}), strict=True))
        return Outputs(outputs[LOGITS], outputs.get(DISTANCE), outputs.get(HEAT))

    def features(self, images_nchw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits (n, classes) and features (n, f)."""
        logits, features = self._session.run([LOGITS, FEATURES], {PIXELS: images_nchw})
        return logits, features


def _open(file: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count() or 1
    # Waiting threads sleep, so that the next pictures are decoded on the same cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base
        raise StudioError(
            f"{file.name} of this bundle is missing or damaged.", EXPORT_AGAIN
        ) from error
