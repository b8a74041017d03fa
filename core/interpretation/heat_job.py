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
from core.interpretation.looked import (
    ACTUAL,
    MOST,
    PREDICTED,
    Look,
    crop_name,
    overlay_name,
    stored_looks,
    wanted_labels,
)
from core.interpretation.network_of_run import OpenedNetwork, open_network
from core.interpretation.shelf import Shelf, shelf_of
from core.records import ImageRecord, Run

DOING = "Looking where the model looks"


def heat_maps_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "heat-maps": the run `args["run_id"]`, the pictures `args["image_ids"]`, and
    `args["classes"]`, a name or several; "predicted" and "actual" stand for those of each picture.
    """
    asked = args.get("classes", [PREDICTED, ACTUAL])
    asked = [asked] if isinstance(asked, str) else list(asked)
    return make_heat_maps(context, args["run_id"], args["image_ids"], asked)


def make_heat_maps(
    context: Context, run_id: int, image_ids: Sequence[str], asked: Sequence[str]
) -> Iterator[Event]:
    """Raises StudioError when the run or its weights are gone, or it does not know a class."""
    run = context.catalog.runs.get(run_id)
    _check(run, asked)
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
        _look(context, opened, shelf, (run, image, asked))
    yield Progressed(len(images), len(images), DOING)


def _check(run: Run, asked: Sequence[str]) -> None:
    for name in asked:
        if name not in (PREDICTED, ACTUAL, *run.classes):
            raise StudioError(f"{run.name} does not know the class {name!r}.", "Choose another.")


def _look(
    context: Context,
    opened: OpenedNetwork,
    shelf: Shelf,
    question: tuple[Run, ImageRecord, Sequence[str]],
) -> None:
    """Answer one picture, keeping the answers about other classes that are there already."""
    run, image, asked = question
    crop = opened.preprocessing.crop(read_copy(context.workspace, image.id))
    probs_c, falls_chw = occlusion(opened, crop)
    labels = wanted_labels(run, image, run.classes[int(probs_c.argmax())], asked)
    numbers = [run.classes.index(label) for label in labels]
    cams = grad_cam(opened.network, opened.input_of(crop[None]), numbers) if numbers else None
    shelf.add_picture(crop_name(image.id), jpeg(crop))
    looks = stored_looks(shelf, run, image.id)
    for row, number in enumerate(numbers):
        cam = None if cams is None else cams[row]
        _draw(shelf, image.id, number, (crop, cam, falls_chw[number]))
        looks[run.classes[number]] = _look_of(run, number, probs_c, cam, falls_chw[number])
    shelf.write(f"heat/{image.id}", {look.number: _facts(look) for look in looks.values()})


def _look_of(
    run: Run, number: int, probs_c: np.ndarray, cam: np.ndarray | None, falls_hw: np.ndarray
) -> Look:
    agreed = None if cam is None else agreement(cam, falls_hw)
    fall = max(0.0, float(falls_hw.max()))
    label = run.classes[number]
    return Look(label, number, float(probs_c[number]), fall, agreed, cam is not None)


def _facts(look: Look) -> dict[str, Any]:
    facts = asdict(look)
    return {name: facts[name] for name in facts if name not in ("label", "number")}


def _draw(
    shelf: Shelf,
    image_id: str,
    number: int,
    drawn: tuple[np.ndarray, np.ndarray | None, np.ndarray],
) -> None:
    crop, cam, falls_hw = drawn
    heats = {"grad-cam": cam, "occlusion": heat_of_falls(falls_hw)}
    for method, heat in heats.items():
        if heat is not None:
            name = overlay_name(image_id, method, number)
            shelf.add_picture(name, heat_overlay(crop, heat))
