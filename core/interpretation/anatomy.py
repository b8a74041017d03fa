"""A network taken apart: its layers by name, with shapes, times and numbers. Made once a run."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from torch import nn

from core.context import Context
from core.events import Event, Progressed
from core.images.sheet import between, png, sheet
from core.interpretation.network_of_run import OpenedNetwork, open_network
from core.interpretation.shelf import shelf_of

NAME = "anatomy"
PASSES = 5
BINS = 40
FILTERS = "anatomy/first-layer.png"
FILTER_PX, FILTER_COLUMNS = 40, 16


def anatomy_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "anatomy": of the run `args["run_id"]`, 0 for the bare network."""
    return take_apart(context, args["run_id"])


def take_apart(context: Context, run_id: int) -> Iterator[Event]:
    """Raises StudioError when the run or its weights are gone."""
    shelf = shelf_of(context.workspace, context.catalog, run_id)
    opened = yield from open_network(context, run_id)
    if opened is None:
        return
    yield Progressed(0, 0, "Timing the layers")
    shapes, times_ms = _run_through(opened)
    first = _first_convolution(opened.network)
    shelf.drop_older()
    if first is not None:
        shelf.add_picture(FILTERS, png(_filters(first[1])))
    facts = {
        "architecture": opened.architecture,
        "size_px": opened.preprocessing.size_px,
        "device": str(opened.device),
        "parameters": sum(p.numel() for p in opened.network.parameters()),
        "ms": times_ms[""],
        "first": None if first is None else first[0],
        "layers": [
            _facts(opened.network, path, shapes.get(path), times_ms.get(path))
            for path, _ in opened.network.named_modules()
            if path
        ],
    }
    shelf.write(NAME, facts)


def _facts(
    network: nn.Module, path: str, shape: list[int] | None, ms: float | None
) -> dict[str, Any]:
    module = network.get_submodule(path)
    return {
        "path": path,
        "kind": type(module).__name__,
        "shape": shape,
        "parameters": sum(p.numel() for p in module.parameters()),
        "ms": ms,
        "tensors": [
            numbers_of(name, parameter.detach().float().cpu().numpy())
            for name, parameter in module.named_parameters(recurse=False)
        ],
    }


def numbers_of(name: str, values: np.ndarray) -> dict[str, Any]:
    """A tensor as its histogram: BINS counts between its lowest and its highest number."""
    counts, edges = np.histogram(values, BINS)
    return {
        "name": name,
        "shape": list(values.shape),
        "low": float(edges[0]),
        "high": float(edges[-1]),
        "mean": float(values.mean()),
        "std": float(values.std()),
        "counts": counts.tolist(),
    }


def _run_through(opened: OpenedNetwork) -> tuple[dict[str, list[int]], dict[str, float]]:
    """By path: the shape of the answer to one picture, and milliseconds (the median of several
    passes; with all that is inside). What is never called is in neither.
    """
    side = opened.preprocessing.size_px
    noise = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), dtype=np.uint8)
    x_1chw, shapes = opened.input_of(noise), dict[str, list[int]]()
    passes: dict[str, list[float]] = defaultdict(list)
    with torch.no_grad(), ExitStack() as hooks:
        opened.network(x_1chw)  # the first is slower
        for path, module in opened.network.named_modules():
            _clock(path, module, (passes, shapes), hooks)
        for _ in range(PASSES):
            opened.network(x_1chw)
    totals = {path: 1000 * sum(times) / PASSES for path, times in passes.items()}
    once = {path: 1000 * statistics.median(t) for path, t in passes.items() if len(t) == PASSES}
    return shapes, {**totals, **once}


def _clock(
    path: str,
    module: nn.Module,
    records: tuple[dict[str, list[float]], dict[str, list[int]]],
    hooks: ExitStack,
) -> None:
    passes, shapes = records
    started: list[float] = []

    def before(*_: object) -> None:
        started.append(_now())

    def after(_: nn.Module, __: object, answer: object) -> None:
        passes[path].append(_now() - started.pop())
        if isinstance(answer, torch.Tensor):
            shapes[path] = list(answer.shape[1:])

    hooks.callback(module.register_forward_pre_hook(before).remove)
    hooks.callback(module.register_forward_hook(after).remove)


def _now() -> float:
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()  # a card works on while Python goes ahead
    return time.perf_counter()


def _first_convolution(network: nn.Module) -> tuple[str, np.ndarray] | None:
    """The path and the weights (filters, 3, rows, columns) of the layer that sees the pixels."""
    for path, module in network.named_modules():
        if isinstance(module, nn.Conv2d) and module.weight.shape[1] == 3:
            return path, module.weight.detach().float().cpu().numpy()
    return None


def _filters(weight_nchw: np.ndarray) -> np.ndarray:
    """Each filter as a picture in colour, as bright as it can be."""
    tiles = [between(kernel.transpose(1, 2, 0)) for kernel in weight_nchw]
    return sheet(tiles, FILTER_COLUMNS, FILTER_PX)
