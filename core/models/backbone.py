"""The frozen backbone as a compiled graph for ONNX Runtime: needs neither torch nor timm."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import onnxruntime

from core.errors import StudioError
from core.models.preprocessing import Preprocessing

GRAPH_VERSION = 2


class Backbone:
    """Pictures to features, and to the maps that the features are the means of.

    Args:
        file: what `core.models.embedder` compiled.
    """

    def __init__(self, file: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        # Waiting threads sleep, so that the next pictures are decoded on the same cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(file, options, providers=providers)
        properties = self._session.get_modelmeta().custom_metadata_map
        self.preprocessing = Preprocessing.from_dict(json.loads(properties["preprocessing"]))

    def embed(self, images_nhwc_u8: np.ndarray) -> np.ndarray:
        """Features of crops and of their mirror images.

        Args:
            images_nhwc_u8: uint8 (n, size, size, 3), as `Preprocessing.crop` makes them.

        Returns:
            float32 (n, 2, features); [:, 0] are the pictures as they are.
        """
        features: np.ndarray = self._session.run(["features"], {"images": images_nhwc_u8})[0]
        return features

    def maps(self, images_nhwc_u8: np.ndarray) -> np.ndarray:
        """float32 (n, features, rows, columns): a feature is the mean of its map.

        Raises:
            StudioError: the features of this architecture are no means of maps.
        """
        if "maps" not in {output.name for output in self._session.get_outputs()}:
            raise StudioError(
                "This architecture has no heat maps.",
                "They need features that are averages over the picture: "
                "tf_efficientnet_lite0 and most other convolutional networks have them.",
            )
        maps: np.ndarray = self._session.run(["maps"], {"images": images_nhwc_u8})[0]
        return maps


def graph_file(cache: Path, key: str) -> Path:
    """Where the compiled graph of an embedder is, by its key."""
    return cache / "backbones" / f"{key}-graph{GRAPH_VERSION}.onnx"
