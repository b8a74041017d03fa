"""The last linear layers of any timm network: to read its features, and to put a head in.

The features of a network are what its last linear layer sees. Most have one such layer; some
(distilled transformers) answer with the mean of several, whose inputs stand side by side here.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from torch import nn
from torch.nn.functional import pad

from core.errors import StudioError

TOLERANCE = 1e-3  # of the largest logit; what remains is rounding


class LinearHead(Protocol):
    """weight_cf: float32 (classes, features); bias_c: float32 (classes,)."""

    @property
    def weight_cf(self) -> np.ndarray: ...
    @property
    def bias_c(self) -> np.ndarray: ...


def head_modules(network: nn.Module) -> list[nn.Module]:
    """What timm calls the classifier: one module, or one for each answer that is averaged."""
    find = getattr(network, "get_classifier", None)
    classifier: Any = find() if find else None
    parts = classifier if isinstance(classifier, tuple | list | nn.ModuleList) else [classifier]
    return [part for part in parts if isinstance(part, nn.Module)]


def last_linears(network: nn.Module) -> dict[str, nn.Linear | nn.Conv2d]:
    """Name -> the layers whose mean the logits are; none when there is no linear head."""
    inside = {id(m) for part in head_modules(network) for m in part.modules()}
    named = [(n, m) for n, m in network.named_modules() if id(m) in inside]
    classes = getattr(network, "num_classes", None)
    return {
        name: module
        for name, module in named
        if (isinstance(module, nn.Linear) and module.out_features == classes)
        or (isinstance(module, nn.Conv2d) and module.out_channels == classes)
    }


def with_head(network: nn.Module, head: LinearHead) -> nn.Module:
    """Put a head that was fitted to the network's features into it.

    Raises:
        StudioError: the network has no linear layers for that many features at its end.
    """
    layers = list(last_linears(network).values())
    sizes = [_width(layer) for layer in layers]
    if sum(sizes) != head.weight_cf.shape[1] or any(layer.bias is None for layer in layers):
        raise no_linear_head()
    weights = torch.from_numpy(head.weight_cf).split(sizes, dim=1)
    with torch.no_grad():
        for layer, weight in zip(layers, weights, strict=True):
            # the answer is the mean of what the layers say
            layer.weight.copy_((weight * len(layers)).reshape(layer.weight.shape))
            layer.bias.copy_(torch.from_numpy(head.bias_c))  # type: ignore[union-attr]
    return network


def joint_head(network: nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    """What its last linear layers do together to the features: weight (classes, features) and
    bias (classes,), both of none when there are no such layers.
    """
    layers = list(last_linears(network).values())
    if not layers:
        return torch.empty(0, 0), torch.empty(0)
    weights = [layer.weight.detach().flatten(1) for layer in layers]
    zeros = torch.zeros(len(weights[0]))
    biases = [zeros if layer.bias is None else layer.bias.detach() for layer in layers]
    return torch.cat(weights, 1) / len(layers), torch.stack(biases).mean(0)


def without_head(network: nn.Module, example_nchw: torch.Tensor) -> nn.Module:
    """The network, changed so that it answers with its features, float32 (n, features).

    Args:
        example_nchw: float32 (n, 3, size, size) on which this is checked.

    Raises:
        StudioError: its answers are no linear function of them.
    """
    layers = last_linears(network)
    with torch.no_grad():
        logits = network(example_nchw)
        for name, slot in zip(layers, _slots([_width(m) for m in layers.values()]), strict=True):
            parent, _, child = name.rpartition(".")
            setattr(network.get_submodule(parent), child, slot)
        features = network(example_nchw)
        if not _is_linear(list(layers.values()), features, logits):
            raise no_linear_head()
    return network


def no_linear_head() -> StudioError:
    return StudioError(
        "This architecture does not end in a linear layer on its features.",
        "Choose another architecture.",
    )


class _Slot(nn.Module):
    """Puts the features of one of several layers into its place among all; their mean has all."""

    def __init__(self, before: int, after: int, layers: int) -> None:
        super().__init__()
        self.before, self.after, self.layers = before, after, layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return pad(x, (self.before, self.after)) * self.layers


def _slots(sizes: list[int]) -> list[nn.Module]:
    if len(sizes) == 1:
        return [nn.Identity()]
    return [_Slot(sum(sizes[:k]), sum(sizes[k + 1 :]), len(sizes)) for k in range(len(sizes))]


def _is_linear(
    layers: list[nn.Linear | nn.Conv2d], features: torch.Tensor, logits: torch.Tensor
) -> bool:
    sizes = [_width(layer) for layer in layers]
    if not layers or features.shape != (len(logits), sum(sizes)):
        return False
    parts = zip(layers, features.split(sizes, dim=1), strict=True)
    answers = [nn.functional.linear(x, layer.weight.flatten(1), layer.bias) for layer, x in parts]
    apart = (torch.stack(answers).mean(0) - logits).abs().max()
    return bool(apart <= TOLERANCE * logits.abs().max().clamp(min=1.0))


def _width(layer: nn.Linear | nn.Conv2d) -> int:
    """Features that a layer sees."""
    return layer.weight[0].numel()
