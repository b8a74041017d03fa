"""The frozen backbone, compiled once per machine for ONNX Runtime.

On a CPU ONNX Runtime runs EfficientNet-Lite several times faster than torch does (figures:
`python -m benchmarks.quick_model`). Scaling and mirroring are part of the graph, so that a
picture travels to it once, as bytes.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

from core.files import save_atomically
from core.models.architectures import preprocessing_of, pretrained
from core.models.preprocessing import Preprocessing

GRAPH_VERSION = 1
VIEWS = 2  # the picture and its mirror image


class Embedder:
    """Pictures to features.

    Args:
        architecture: one of `core.models.architectures.EMBEDDED`.
        cache: folder for the compiled graph.
    """

    def __init__(self, architecture: str, cache: Path) -> None:
        backbone = pretrained(architecture, num_classes=0).eval()
        self.preprocessing = preprocessing_of(backbone)
        self.key = f"{architecture}-{self.preprocessing.key}-v{GRAPH_VERSION}"
        file = cache / "backbones" / f"{self.key}.onnx"
        try:
            self._session = _session(file)
        except Exception:  # noqa: BLE001 - missing or damaged; onnxruntime's errors share no base
            save_atomically(file, lambda path: _compile(backbone, self.preprocessing, path))
            self._session = _session(file)

    def embed(self, images_nhwc_u8: np.ndarray) -> np.ndarray:
        """Features of crops and of their mirror images.

        Args:
            images_nhwc_u8: uint8 (n, size, size, 3), as `Preprocessing.crop` makes them.

        Returns:
            float32 (n, 2, features); [:, 0] are the pictures as they are.
        """
        features: np.ndarray = self._session.run(None, {"images": images_nhwc_u8})[0]
        return features


def _session(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count() or 1
    # Waiting threads sleep, so that the next pictures are decoded on the same cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


class _Views(nn.Module):
    """Bytes in, features of both views out."""

    def __init__(self, backbone: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.backbone = backbone
        self.mean = torch.tensor(preprocessing.mean).view(1, 3, 1, 1) * 255
        self.std = torch.tensor(preprocessing.std).view(1, 3, 1, 1) * 255

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = (images.permute(0, 3, 1, 2).float() - self.mean) / self.std  # (n, 3, h, w)
        views = torch.cat([x, x.flip(3)])  # (2n, 3, h, w)
        return self.backbone(views).unflatten(0, (VIEWS, -1)).transpose(0, 1)  # (n, 2, features)


def _compile(backbone: nn.Module, preprocessing: Preprocessing, path: Path) -> None:
    side = preprocessing.size_px
    example = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    torch.onnx.export(
        _Views(backbone, preprocessing).eval(),
        (example,),
        path,
        input_names=["images"],
        output_names=["features"],
        dynamic_shapes=({0: torch.export.Dim("n")},),
        external_data=False,
        verbose=False,
    )
