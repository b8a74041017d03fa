"""Making an earlier checkpoint the model of its run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.context import Context
from core.errors import Conflict
from core.events import Event, Progressed
from core.models.architectures import preprocessing_of
from core.models.devices import choose_device
from core.models.weights import load_weights
from core.records import Predictions
from core.training.checkpoints import (
    checkpoints_of,
    file_of,
    folder_of,
    no_checkpoint,
    put_in_use,
)
from core.training.config import TrainConfig
from core.training.evaluation import predict


def go_back_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "go-back": the run `args["run_id"]` answers with `args["checkpoint"]`."""
    return go_back(context, args["run_id"], args["checkpoint"])


def go_back(context: Context, run_id: int, name: str) -> Iterator[Event]:
    """Make a checkpoint the run's model, with its answers on today's checked images.

    Raises:
        StudioError: there is no such checkpoint, or it is damaged; the model is then as it was.
        Conflict: the run goes on.
    """
    run = context.catalog.runs.get(run_id)
    if run.ending is None:
        raise Conflict(f"{run.name} is still going on.", "Stop it first.", "busy")
    if name not in [c.name for c in checkpoints_of(context.workspace, run_id)]:
        raise no_checkpoint(str(name))
    yield Progressed(0, 0, f"Going back to {name}")
    config = TrainConfig.from_dict(run.config)
    file = file_of(context.workspace, run_id, name)
    folder = folder_of(context.workspace, run_id)
    network = load_weights(config.architecture, len(run.classes), folder, file.name)
    preprocessing = preprocessing_of(network, config.size_px, config.resize)
    network = network.to(choose_device(context.settings))
    ids = tuple(i.id for i in context.catalog.images.all(sides=["valid", "test"]))
    probs = predict(network, ids, context.workspace, preprocessing)
    put_in_use(context.workspace, run_id, name)
    answers = Predictions(ids, probs, run.classes)
    context.catalog.runs.store_predictions(run_id, "final", answers)
    yield Progressed(1, 1, f"Going back to {name}")
