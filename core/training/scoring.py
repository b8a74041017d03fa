"""Older models on the validation and test images of today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.context import Context
from core.events import Event, Progressed
from core.models.architectures import preprocessing_of
from core.models.weights import load_weights
from core.records import Predictions, Run, Side
from core.training.loop import predict

CHECKED: tuple[Side, ...] = ("valid", "test")
DOING = "Scoring on the images of today"


def score_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "score": the runs `args["run_ids"]` on `args["sides"]`."""
    return score_runs(context, args["run_ids"], args.get("sides", CHECKED))


def score_runs(
    context: Context, run_ids: Sequence[int], sides: Sequence[Side] = CHECKED
) -> Iterator[Event]:
    """Let stored models answer every image in use on these sides; a model that is stopped in
    between keeps its old answers.

    Raises:
        StudioError: a run or its weights are gone.
    """
    images = context.catalog.images.all(sides=sides)
    ids = tuple(image.id for image in images)
    total = len(ids) * len(run_ids)
    for number, run_id in enumerate(run_ids):
        run = context.catalog.runs.get(run_id)
        yield Progressed(number * len(ids), total, DOING)
        if context.stop_requested():
            return
        context.catalog.runs.store_predictions(run.id, "final", _answers(context, run, ids))
    yield Progressed(total, total, DOING)


def _answers(context: Context, run: Run, image_ids: tuple[str, ...]) -> Predictions:
    architecture = run.config["architecture"]
    network = load_weights(architecture, len(run.classes), context.workspace.run(run.id))
    preprocessing = preprocessing_of(
        network, run.config.get("size_px"), run.config.get("resize", "crop")
    )
    probs = predict(network, image_ids, context.workspace, preprocessing)
    return Predictions(image_ids, probs, run.classes)
