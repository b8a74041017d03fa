"""The network of a bundle in torch: to write the graph from, and to answer where there is none."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.errors import StudioError
from core.models.heads import joint_head, without_head
from core.models.preprocessing import Preprocessing
from core.models.views import to_maps
from core.models.weights import load_weights
from core.serving.layout import EXPORT_AGAIN, OFF_TOPIC
from core.serving.off_topic import OffTopic, load_off_topic
from core.serving.outputs import Outputs


class Answering(nn.Module):
    """A network that also tells the features that it answers from, and where it finds a class.

    Answers (logits,), (logits, features) or (logits, features, heat): float32 (n, classes),
    (n, features) and (n, classes, rows, columns). Networks that do not end in a linear layer have
    logits only; heat needs features that are means of maps (`core.models.views`).

    Args:
        network: in evaluation mode; it is not changed.
    """

    weight: torch.Tensor
    bias: torch.Tensor

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        example = _example(preprocessing)
        weight, bias = joint_head(network)
        self.register_buffer("weight", weight, persistent=False)
        self.register_buffer("bias", bias, persistent=False)
        try:
            self.body, self.has_features = without_head(deepcopy(network), example), True
        except StudioError:
            self.body, self.has_features = network, False
        self._to_maps = to_maps(self.body, example) if self.has_features else None

    @property
    def has_heat(self) -> bool:
        return self._to_maps is not None

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        if not self.has_features:
            return (self.body(images),)
        if self._to_maps is None:
            features = self.body(images)
            return self._logits(features), features
        raw = self.body.forward_features(images)  # type: ignore[operator]
        features = self.body.forward_head(raw)  # type: ignore[operator]
        against = self.weight - self.weight.mean(0)  # for a class rather than for the others
        heat = nn.functional.conv2d(self._to_maps(raw), against[:, :, None, None])
        return self._logits(features), features, heat

    def _logits(self, features: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(features, self.weight, self.bias)


class TorchNetwork:
    """Answers as `OnnxNetwork` does, in torch."""

    def __init__(self, answering: Answering, off_topic: OffTopic | None) -> None:
        self._answering, self._off_topic = answering, off_topic
        self.has_heat = answering.has_heat

    def run(self, images_nchw: np.ndarray, heat: bool = False) -> Outputs:
        with torch.no_grad():
            outputs = [part.numpy() for part in self._answering(torch.from_numpy(images_nchw))]
        apart = self._off_topic.score(outputs[1]) if self._off_topic and len(outputs) > 1 else None
        return Outputs(outputs[0], apart, outputs[2] if heat and self.has_heat else None)


def load_torch_network(
    folder: Path, architecture: str, num_classes: int, preprocessing: Preprocessing
) -> TorchNetwork:
    """Raises StudioError when a file is missing, damaged, or of another network."""
    try:
        network = load_weights(architecture, num_classes, folder).eval()
    except StudioError as error:
        raise StudioError(error.message, EXPORT_AGAIN) from error
    off_topic = load_off_topic(folder) if (folder / OFF_TOPIC).exists() else None
    return TorchNetwork(Answering(network, preprocessing).eval(), off_topic)


def _example(preprocessing: Preprocessing) -> torch.Tensor:
    side = preprocessing.size_px
    noise_nhwc = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    return torch.from_numpy(preprocessing.normalise(noise_nhwc))
