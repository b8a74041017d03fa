"""One picture on its way through a network: what every layer makes of it, and the scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.images.sheet import between, jpeg, png, sheet
from core.images.working_copy import read_copy
from core.interpretation.network_of_run import OpenedNetwork, open_network
from core.interpretation.shelf import Shelf, shelf_of
from core.interpretation.spatial_maps import as_maps, layers_with_maps, watch_layers

MOST_CHANNELS = 64
COLUMNS, TILE_PX = 8, 56
MOST_LAYERS = 60


def walk_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "walk": the picture `args["image_id"]` through the run `args["run_id"]`."""
    return walk_through(context, args["run_id"], args["image_id"])


def walk_through(context: Context, run_id: int, image_id: str) -> Iterator[Event]:
    """Raises StudioError when the picture, the run or its weights are gone."""
    if context.catalog.images.get(image_id) is None:
        raise StudioError("This picture is not in the workspace.", "Choose another.")
    shelf = shelf_of(context.workspace, context.catalog, run_id)
    opened = yield from open_network(context, run_id)
    if opened is None:
        return
    yield Progressed(0, 0, "Walking the picture through")
    crop = opened.preprocessing.crop(read_copy(context.workspace, image_id))
    x_1chw = opened.input_of(crop[None])
    maps, logits_c = maps_of(opened, x_1chw)
    shelf.add_picture(f"walk/{image_id}/picture.jpg", jpeg(crop))
    layers = [
        _draw(shelf, f"walk/{image_id}/{k}.png", path, maps_chw)
        for k, (path, maps_chw) in enumerate(maps.items())
    ]
    logits = logits_c.tolist() if opened.classes else []
    shelf.write(f"walk/{image_id}", {"layers": layers, "logits": logits})


def maps_of(
    opened: OpenedNetwork, x_1chw: torch.Tensor
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Path -> maps (channels, rows, columns) in the order of the work, and what comes out at the
    end (classes,). Of more than 60 layers, evenly chosen ones.
    """
    paths = list(layers_with_maps(opened.network, x_1chw))
    spread = np.linspace(0, len(paths) - 1, min(MOST_LAYERS, len(paths))).round().astype(int)
    maps_of_layer: dict[str, np.ndarray] = {}

    def collect(path: str, answer: torch.Tensor) -> None:
        maps = as_maps(opened.network, answer, 1)
        if maps is not None:
            maps_of_layer[path] = maps[0].float().cpu().numpy().copy()

    with torch.no_grad(), watch_layers(opened.network, collect, [paths[k] for k in spread]):
        out = opened.network(x_1chw)
    return maps_of_layer, out[0].float().cpu().numpy()


def strongest(maps_chw: np.ndarray, count: int) -> list[int]:
    """The channels whose highest answer anywhere is highest, strongest first."""
    order = np.argsort(-maps_chw.max((1, 2)), kind="stable")
    return order[:count].tolist()


def _draw(shelf: Shelf, name: str, path: str, maps_chw: np.ndarray) -> dict[str, Any]:
    channels = strongest(maps_chw, MOST_CHANNELS)
    tiles = [between(maps_chw[channel]) for channel in channels]
    shelf.add_picture(name, png(sheet(tiles, COLUMNS, TILE_PX)))
    return {"path": path, "shape": list(maps_chw.shape), "channels": channels, "file": name}
