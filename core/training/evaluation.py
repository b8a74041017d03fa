"""What a network answers, as the served classifier would."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from core.metrics import softmax
from core.models.preprocessing import Preprocessing
from core.training.data import evaluation_batches
from core.workspace import Workspace


def predict(
    network: nn.Module,
    image_ids: tuple[str, ...],
    workspace: Workspace,
    preprocessing: Preprocessing,
) -> np.ndarray:
    """float32 (n, classes) probabilities of working copies, where the network is, in float32."""
    if not image_ids:
        return np.empty((0, network.num_classes), np.float32)  # type: ignore[arg-type]
    network.eval()
    device = next(network.parameters()).device
    logits = []
    with torch.no_grad():
        for images in evaluation_batches(image_ids, workspace, preprocessing):
            logits.append(network(images.to(device)).float().cpu().numpy())
    return softmax(np.concatenate(logits))
