"""Compiles the frozen backbone, once per machine, and embeds pictures with it.

On a CPU ONNX Runtime runs EfficientNet-Lite several times faster than torch does (figures:
`python -m benchmarks.quick_model`). Scaling and mirroring are part of the graph, so that a
picture travels to it once, as bytes.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from core.files import save_atomically
from core.models.architectures import preprocessing_of, pretrained
from core.models.backbone import Backbone, graph_file
from core.models.preprocessing import Preprocessing

FEATURES_VERSION = 1
VIEWS = 2  # the picture and its mirror image


class Embedder:
    """Pictures to features.

    Args:
        architecture: one of `core.models.architectures.EMBEDDED`.
        cache: folder for the compiled graph.
    """

    def __init__(self, architecture: str, cache: Path) -> None:
        network = pretrained(architecture, num_classes=0).eval()
        self.preprocessing = preprocessing_of(network)
        self.key = f"{architecture}-{self.preprocessing.key}-v{FEATURES_VERSION}"
        file = graph_file(cache, self.key)
        try:
            self._backbone = Backbone(file)
        except Exception:  # noqa: BLE001 - missing or damaged; onnxruntime's errors share no base
            save_atomically(file, lambda path: _compile(network, self.preprocessing, path))
            self._backbone = Backbone(file)

    def embed(self, images_nhwc_u8: np.ndarray) -> np.ndarray:
        """Features of crops and of their mirror images: see `Backbone.embed`."""
        return self._backbone.embed(images_nhwc_u8)


class _Views(nn.Module):
    """Bytes in, features of both views out, and the maps of the picture as it is."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        self.mean = torch.tensor(preprocessing.mean).view(1, 3, 1, 1) * 255
        self.std = torch.tensor(preprocessing.std).view(1, 3, 1, 1) * 255

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = (images.permute(0, 3, 1, 2).float() - self.mean) / self.std  # (n, 3, h, w)
        views = torch.cat([x, x.flip(3)])  # (2n, 3, h, w)
        maps = self.network.forward_features(views)  # type: ignore[operator]
        features = self.network.forward_head(maps, pre_logits=True)  # type: ignore[operator]
        both = features.unflatten(0, (VIEWS, -1)).transpose(0, 1)  # (n, 2, features)
        return both, maps.unflatten(0, (VIEWS, -1))[0]  # (n, features, rows, columns)


def _compile(network: nn.Module, preprocessing: Preprocessing, path: Path) -> None:
    side = preprocessing.size_px
    example = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    torch.onnx.export(
        _Views(network, preprocessing).eval(),
        (example,),
        path,
        input_names=["images"],
        output_names=["features", "maps"],
        dynamic_shapes=({0: torch.export.Dim("n")},),
        external_data=False,
        verbose=False,
    )
    graph = onnx.load(path)
    onnx.helper.set_model_props(graph, {"preprocessing": json.dumps(preprocessing.to_dict())})
    onnx.save(graph, path)
