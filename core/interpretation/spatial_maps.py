"""What layers answer, as maps over the picture; whatever the family of the network."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

OnAnswer = Callable[[str, torch.Tensor], None]


def as_maps(network: nn.Module, output: torch.Tensor, images: int) -> torch.Tensor | None:
    """A layer's answer as (images, channels, rows, columns); None when it is no such maps.

    Understood are maps with the channels before or after the places, and rows of tokens, the
    special ones (class token, registers) first. Pictures are square, so maps are.
    """
    if output.shape[0] != images or not output.is_floating_point():
        return None
    if output.ndim == 4:
        first = _square(output)
        return first if first is not None else _square(output.permute(0, 3, 1, 2))
    if output.ndim == 3:
        special = int(getattr(network, "num_prefix_tokens", 0))
        places = _tokens(output[:, special:])
        return places if places is not None else _tokens(output)  # before they were put in front
    return None


@contextmanager
def watch_layers(
    network: nn.Module, on_answer: OnAnswer, layers: list[str] | None = None
) -> Iterator[None]:
    """Call `seen(path, answer)` whenever one of the layers (all when None) has answered."""

    def hook(path: str) -> Callable[[nn.Module, object, object], None]:
        def report(module: nn.Module, inputs: object, answer: object) -> None:
            if isinstance(answer, torch.Tensor):
                on_answer(path, answer)

        return report

    named = dict(network.named_modules())
    paths = [path for path in named if path] if layers is None else layers
    handles = [named[path].register_forward_hook(hook(path)) for path in paths]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def layers_with_maps(network: nn.Module, example_nchw: torch.Tensor) -> dict[str, torch.Size]:
    """Paths of the layers and blocks that answer with maps, in the order in which they work, with
    the shape (channels, rows, columns) of each.
    """
    shapes: dict[str, torch.Size] = {}

    def collect(path: str, answer: torch.Tensor) -> None:
        maps = as_maps(network, answer, len(example_nchw))
        if maps is not None and maps.shape[2] > 1:
            shapes[path] = maps.shape[1:]

    with torch.no_grad(), watch_layers(network, collect, list(_units(network, ""))):
        network(example_nchw)
    return shapes


def _units(module: nn.Module, path: str) -> Iterator[str]:
    """What stands in a row: sequences, and stages of blocks, are what they are made of."""
    for name, child in module.named_children():
        inner = f"{path}.{name}" if path else name
        if isinstance(child, nn.Sequential | nn.ModuleList) or hasattr(child, "blocks"):
            yield from _units(child, inner)
        else:
            yield inner


def _square(maps_nchw: torch.Tensor) -> torch.Tensor | None:
    return maps_nchw if maps_nchw.shape[2] == maps_nchw.shape[3] else None


def _tokens(tokens_ntc: torch.Tensor) -> torch.Tensor | None:
    side = math.isqrt(tokens_ntc.shape[1])
    if side == 0 or side * side != tokens_ntc.shape[1]:
        return None
    return tokens_ntc.transpose(1, 2).unflatten(2, (side, side))
