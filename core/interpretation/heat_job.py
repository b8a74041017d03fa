"""The job that makes heat maps, and keeps them on the run's shelf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.images.overlay import heat_overlay
from core.images.sheet import jpeg
from core.images.working_copy import read_copy
from core.interpretation.heat_maps import agreement, grad_cam, heat_of_falls, occlusion
from core.interpretation.network_of_run import OpenedNetwork, open_network
from core.interpretation.shelf import Shelf, shelf_of
from core.interpretation.stored_heat_maps import (
    ACTUAL,
    MOST,
    PREDICTED,
    HeatMap,
    crop_name,
    overlay_name,
    requested_labels,
    stored_heat_maps,
)
from core.records import ImageRecord, Run

DOING = "Looking where the model looks"


def heat_maps_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "heat-maps": the run `args["run_id"]`, the pictures `args["image_ids"]`, and
    `args["classes"]`, a name or several; "predicted" and "actual" stand for those of each picture.
    """
    class_names = args.get("classes", [PREDICTED, ACTUAL])
    class_names = [class_names] if isinstance(class_names, str) else list(class_names)
    return make_heat_maps(context, args["run_id"], args["image_ids"], class_names)


def make_heat_maps(
    context: Context, run_id: int, image_ids: Sequence[str], class_names: Sequence[str]
) -> Iterator[Event]:
    """Raises StudioError when the run or its weights are gone, or it does not know a class."""
    run = context.catalog.runs.get(run_id)
    _check(run, class_names)
    shelf = shelf_of(context.workspace, context.catalog, run_id)
    images = context.catalog.images.some(image_ids[:MOST])
    if not images:
        raise StudioError("These pictures are gone.", "Choose others.")
    opened = yield from open_network(context, run_id)
    shelf.drop_older()
    for done, image in enumerate(images):
        yield Progressed(done, len(images), DOING)
        if opened is None or context.stop_requested():
            return
        _map_picture(context, opened, shelf, (run, image, class_names))
    yield Progressed(len(images), len(images), DOING)


def _check(run: Run, class_names: Sequence[str]) -> None:
    for name in class_names:
        if name not in (PREDICTED, ACTUAL, *run.classes):
            raise StudioError(f"{run.name} does not know the class {name!r}.", "Choose another.")


def _map_picture(
    context: Context,
    opened: OpenedNetwork,
    shelf: Shelf,
    question: tuple[Run, ImageRecord, Sequence[str]],
) -> None:
    """Answer one picture, keeping the answers about other classes that are there already."""
    run, image, class_names = question
    crop = opened.preprocessing.crop(read_copy(context.workspace, image.id))
    probs_c, falls_chw = occlusion(opened, crop)
    labels = requested_labels(run, image, run.classes[int(probs_c.argmax())], class_names)
    numbers = [run.classes.index(label) for label in labels]
    cams = grad_cam(opened.network, opened.input_of(crop[None]), numbers) if numbers else None
    shelf.add_picture(crop_name(image.id), jpeg(crop))
    heat_maps = stored_heat_maps(shelf, run, image.id)
    for row, number in enumerate(numbers):
        cam = None if cams is None else cams[row]
        _draw(shelf, image.id, number, (crop, cam, falls_chw[number]))
        heat_maps[run.classes[number]] = _heat_map_of(run, number, probs_c, cam, falls_chw[number])
    shelf.write(
        f"heat/{image.id}", {heat_map.number: _facts(heat_map) for heat_map in heat_maps.values()}
    )


def _heat_map_of(
    run: Run, number: int, probs_c: np.ndarray, cam: np.ndarray | None, falls_hw: np.ndarray
) -> HeatMap:
    agreed = None if cam is None else agreement(cam, falls_hw)
    fall = max(0.0, float(falls_hw.max()))
    label = run.classes[number]
    return HeatMap(label, number, float(probs_c[number]), fall, agreed, cam is not None)


def _facts(heat_map: HeatMap) -> dict[str, Any]:
    facts = asdict(heat_map)
    return {name: facts[name] for name in facts if name not in ("label", "number")}


def _draw(
    shelf: Shelf,
    image_id: str,
    number: int,
    maps: tuple[np.ndarray, np.ndarray | None, np.ndarray],
) -> None:
    crop, cam, falls_hw = maps
    heats = {"grad-cam": cam, "occlusion": heat_of_falls(falls_hw)}
    for method, heat in heats.items():
        if heat is not None:
            name = overlay_name(image_id, method, number)
            shelf.add_picture(name, heat_overlay(crop, heat))
