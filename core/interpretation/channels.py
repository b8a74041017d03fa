"""What each channel looks for: the nine pictures of the dataset that excite it most, cut to the
part that it sees (Zeiler and Fergus 2013, arXiv 1311.2901, figure 2), at five depths.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.images.sheet import jpeg, sheet
from core.images.working_copy import read_copy
from core.interpretation.network_of_run import OpenedNetwork, open_network
from core.interpretation.receptive_field import field_px, patch_box
from core.interpretation.shelf import Shelf, shelf_of
from core.interpretation.spatial_maps import as_maps, layers_with_maps, watch_layers
from core.records import ImageRecord

NAME = "channels"
DEPTHS = 5
TOP = 9
MOST_IMAGES = 300
MOST_CHANNELS = 96  # of a layer; the others are left out, evenly
BATCH = 16
PATCH_PX = 64
DOING = "Looking for what excites each channel"


@dataclass(frozen=True, eq=False)
class Excitement:
    """n images on c channels of one layer: the highest answer, and the position
    (row * columns + column) that gave it. Arrays are (n, c); `shape` is (channels, rows, columns)
    of the layer.
    """

    shape: tuple[int, ...]
    channels: np.ndarray
    values_nc: np.ndarray
    positions_nc: np.ndarray


def channels_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "channels": of the run `args["run_id"]`, 0 for the bare network."""
    return find_channels(context, args["run_id"])


def find_channels(context: Context, run_id: int) -> Iterator[Event]:
    """Look at up to 300 pictures; a stop keeps what those seen so far say.

    Raises:
        StudioError: the run or its weights are gone, there are fewer than nine pictures, or the
            architecture has no spatial maps.
    """
    shelf = shelf_of(context.workspace, context.catalog, run_id)
    images = context.catalog.images.sample(MOST_IMAGES)  # by id, so mixed at random
    if len(images) < TOP:
        raise StudioError(f"There are fewer than {TOP} pictures.", "Add pictures first.")
    opened = yield from open_network(context, run_id)
    if opened is None:
        return
    layers = five_layers(_layers(opened))
    crops = list[np.ndarray]()
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {path: [] for path in layers}
    for start in range(0, len(images), BATCH):
        yield Progressed(start, len(images), DOING)
        if context.stop_requested() and start >= TOP:
            break
        some = _crops(context, opened, images[start : start + BATCH])
        crops += some
        _measure(opened, np.stack(some), layers, parts)
    yield Progressed(0, 0, "Cutting out what they saw")
    excitements = {path: _joined(layers[path], parts[path]) for path in layers}
    _store(context, opened, shelf, (images[: len(crops)], crops), excitements)


def _layers(opened: OpenedNetwork) -> dict[str, tuple[int, ...]]:
    side = opened.preprocessing.size_px
    example = torch.zeros(1, 3, side, side, device=opened.device)
    shapes = layers_with_maps(opened.network, example)
    if not shapes:
        raise StudioError(
            "The layers of this architecture answer with no maps of the picture.",
            "Choose a run of another architecture.",
        )
    return {path: tuple(shape) for path, shape in shapes.items()}


def five_layers(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The last layer of each size of maps, of at most five sizes; of networks that work in fewer
    sizes, five layers at even distances.
    """
    paths = list(shapes)
    last_of_size = list({shapes[path][1]: path for path in paths}.values())
    enough = last_of_size if len(last_of_size) >= DEPTHS else paths
    spread = np.linspace(0, len(enough) - 1, min(DEPTHS, len(enough))).round().astype(int)
    return {enough[k]: shapes[enough[k]] for k in spread}


def _crops(
    context: Context, opened: OpenedNetwork, images: Sequence[ImageRecord]
) -> list[np.ndarray]:
    crop = opened.preprocessing.crop
    return [crop(read_copy(context.workspace, image.id)) for image in images]


def _measure(
    opened: OpenedNetwork,
    crops_nhwc_u8: np.ndarray,
    layers: Mapping[str, tuple[int, ...]],
    parts: Mapping[str, list[tuple[np.ndarray, np.ndarray]]],
) -> None:
    def collect(path: str, answer: torch.Tensor) -> None:
        maps = as_maps(opened.network, answer, len(crops_nhwc_u8))
        if maps is not None:
            some = maps[:, _channels(layers[path])]
            best = some.flatten(2).max(2)
            parts[path].append((best.values.float().cpu().numpy(), best.indices.cpu().numpy()))

    with torch.no_grad(), watch_layers(opened.network, collect, list(layers)):
        opened.network(opened.input_of(crops_nhwc_u8))


def _channels(shape: tuple[int, ...]) -> np.ndarray:
    return np.linspace(0, shape[0] - 1, min(MOST_CHANNELS, shape[0])).round().astype(int)


def _joined(shape: tuple[int, ...], parts: list[tuple[np.ndarray, np.ndarray]]) -> Excitement:
    values, places = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Excitement(shape, _channels(shape), values, places)


def _store(
    context: Context,
    opened: OpenedNetwork,
    shelf: Shelf,
    pictures: tuple[Sequence[ImageRecord], Sequence[np.ndarray]],
    excitements: Mapping[str, Excitement],
) -> None:
    images, crops = pictures
    ids = [image.id for image in images]
    layers = []
    for number, (path, excitement) in enumerate(excitements.items(), 1):
        side = field_px(opened, path, excitement.shape)
        rows = [
            _channel(shelf, f"channels/{number}-{channel}.jpg", (ids, crops), (excitement, k, side))
            for k, channel in enumerate(excitement.channels.tolist())
        ]
        layers.append({"path": path, "shape": excitement.shape, "field_px": side, "channels": rows})
    total = sum(sum(sides.values()) for sides in context.catalog.images.counts().values())
    facts = {"images": len(images), "of": total, "size_px": opened.preprocessing.size_px}
    shelf.write(NAME, {**facts, "layers": layers})


def _channel(
    shelf: Shelf,
    name: str,
    pictures: tuple[Sequence[str], Sequence[np.ndarray]],
    channel: tuple[Excitement, int, int],
) -> dict[str, Any]:
    """Draw the nine patches of one channel, the most exciting first."""
    ids, crops = pictures
    excitement, column, side = channel
    values_n = excitement.values_nc[:, column]
    rows = np.argsort(-values_n, kind="stable")[:TOP].tolist()
    patches = []
    for row in rows:
        position = divmod(int(excitement.positions_nc[row, column]), excitement.shape[2])
        top, left = patch_box(position, excitement.shape, side, len(crops[row]))
        patches.append(crops[row][top : top + side, left : left + side])
    shelf.add_picture(name, jpeg(sheet(patches, 3, PATCH_PX)))
    return {
        "number": int(excitement.channels[column]),
        "file": name,
        "images": [ids[row] for row in rows],
        "highest": float(values_n[rows[0]]),
    }
