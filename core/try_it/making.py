"""Makes the kit of a run."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from core.bundle.evaluation import Evaluation, evaluate
from core.bundle.graph import add_distance, write_graph
from core.bundle.network_pass import evenly, network_pass
from core.bundle.none_of_these import CHECKED, FEWEST, TRAIN
from core.bundle.writing import network_of
from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.feature_store import newest_store
from core.interpretation.shelf import shelf_of
from core.metrics import label_numbers
from core.models.preprocessing import Preprocessing
from core.records import ImageRecord, Run
from core.serving.off_topic import fit_off_topic, look_at, threshold
from core.serving.onnx_network import OnnxNetwork
from core.serving.torch_network import Answering
from core.try_it.kit import FACTS, GRAPH, LOOKS, packed_looks
from core.web.static_page import in_a_browser
from core.web.web_runtime import RUNTIME, Package, fetch_runtime

DOING = "Looking at the training pictures"
NO_PICTURES: tuple[list[str], np.ndarray] = ([], np.zeros((0, 0), np.float32))


def kit_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "try-it"; `args["run_id"]` is the number of a run."""
    return make_kit(context, args["run_id"])


def make_kit(context: Context, run_id: int, package: Package = RUNTIME) -> Iterator[Event]:
    """Write the kit of a run as its weights are now; older ones are thrown away. Stopping leaves
    nothing that counts.

    Raises:
        StudioError: the run left no model, a browser cannot run it, or the runtime cannot be had.
        WorkspaceError: it cannot be written.
    """
    run = context.catalog.runs.get(run_id)
    shelf = shelf_of(context.workspace, context.catalog, run_id)
    evaluation = evaluate(context, run)
    yield Progressed(0, 0, "Writing the network for the browser")
    network, preprocessing = network_of(context, run)
    how = in_a_browser(preprocessing)
    runtime = yield from fetch_runtime(context.settings.cache, package, context.stop_requested)
    if not runtime:
        return
    answering = Answering(network, preprocessing).eval()
    with TemporaryDirectory() as folder:
        file = Path(folder, GRAPH)
        problem = write_graph(answering, preprocessing.size_px, {"run": run.id}, file)
        if problem is not None:
            raise _no_graph(run, problem)
        limit, looks = None, NO_PICTURES
        if answering.has_features:
            parts = yield from _learn(context, run, evaluation, preprocessing, file)
            if parts is None:
                return
            limit, looks = parts
        shelf.add_picture(GRAPH, file.read_bytes())
    shelf.add_picture(LOOKS, packed_looks(*looks))
    shelf.write(FACTS, {"threshold": limit, "preprocessing": how})
    shelf.drop_older()
    yield Progressed(1, 1, "Done")


def _learn(
    context: Context, run: Run, evaluation: Evaluation, preprocessing: Preprocessing, graph: Path
) -> Generator[Event, None, tuple[float | None, tuple[list[str], np.ndarray]] | None]:
    """The threshold of "none of these", with the distance in the graph, as an export finds them;
    and the ids of all training pictures with how they look. None when asked to stop.
    """
    images = context.catalog.images.all(sides=["train"])
    train = [image for image in images if image.label in run.classes]
    valid = evenly(evaluation.valid.images, CHECKED)
    features = yield from _features(context, run, [*train, *valid], preprocessing, graph)
    if features is None:
        return None
    train_nf, valid_nf = np.split(features, [len(train)])
    looks = [image.id for image in train], look_at(train_nf)
    row_of = {image.id: k for k, image in enumerate(train)}
    rows = [row_of[image.id] for image in evenly(train, TRAIN)]
    if len(rows) < FEWEST:
        return None, looks
    labels = label_numbers((train[k].label for k in rows), run.classes)
    off_topic = fit_off_topic(train_nf[rows], labels)
    add_distance(graph, off_topic)
    return threshold(off_topic.score(valid_nf))[0], looks


def _features(
    context: Context,
    run: Run,
    images: Sequence[ImageRecord],
    preprocessing: Preprocessing,
    graph: Path,
) -> Generator[Event, None, np.ndarray | None]:
    """float32 (n, f), by the run's own network: a quick model left them on disk."""
    ids = [image.id for image in images]
    if run.kind == "quick":
        store = newest_store(context.workspace.features, str(run.config["architecture"]))
        if store is not None and not store.missing(ids):
            frozen: np.ndarray = store.get(ids)[:, 0]
            return frozen
    see = OnnxNetwork(graph).features
    outputs = yield from network_pass(context, images, preprocessing, see, DOING)
    return None if outputs is None else outputs[1]


def _no_graph(run: Run, problem: str) -> StudioError:
    architecture = run.config.get("architecture")
    return StudioError(
        f"The network of {run.name} ({architecture}) cannot run in a browser: {problem}.",
        "Choose another run, or train another architecture.",
    )
