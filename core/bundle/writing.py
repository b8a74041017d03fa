"""Writing a bundle: the files of `core.serving.layout`, checked by reading them back."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from torch import nn

from core.bundle.evaluation import Evaluation, evaluate
from core.bundle.examples import write_examples
from core.bundle.figures import Figures, Int8Figures, NoneFigures
from core.bundle.graph import add_distance, write_graph
from core.bundle.int8 import Quantised, quantise
from core.bundle.model_card import Facts, model_card
from core.bundle.none_of_these import NoneOfThese, learn
from core.bundle.replay import check_bundle
from core.bundle.web_folder import forget_web
from core.context import Context
from core.errors import StudioError, from_os_error
from core.events import Event, Progressed
from core.files import write_atomically
from core.images.sound import SUFFIXES
from core.models.architectures import preprocessing_of
from core.models.hub_layout import write_hub_folder
from core.models.preprocessing import Preprocessing
from core.models.weights import load_weights
from core.owned import (
    Mark,
    inside,
    mark_of,
    numbered,
    passing_folder,
    put_in_place,
    remove_folder,
)
from core.records import Run
from core.serving.classifier import facts_of
from core.serving.config_file import read_config
from core.serving.layout import CARD, CONFIG, FIGURES, FORMAT, GRAPH, GRAPH_INT8
from core.serving.manifest import write_manifest
from core.serving.off_topic import threshold
from core.serving.onnx_network import OnnxNetwork
from core.serving.torch_network import Answering
from core.workspace import Workspace

NO_LICENCE = "other"
_LICENCE = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
SOUNDS = frozenset(SUFFIXES.values())


def export_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "export": the run `args["run_id"]`, under the hub's name of a licence."""
    return export_bundle(context, args["run_id"], args.get("license", NO_LICENCE))


def export_bundle(context: Context, run_id: int, licence: str = NO_LICENCE) -> Iterator[Event]:
    """Write the bundle of a run into the workspace's exports, by the run's number.

    An older export of the same run is replaced when the new one is whole, whatever the run was
    called then; nothing else is. Stopping leaves nothing.

    Args:
        licence: what the card says, as the hub spells it ("apache-2.0", "cc-by-4.0", "other").

    Raises:
        StudioError: the run left no model, no picture is left to check it on, or the bundle
            answers otherwise than the studio.
        WorkspaceError: it cannot be written.
    """
    run = context.catalog.runs.get(run_id)
    if not _LICENCE.fullmatch(licence):
        raise StudioError(f"{licence[:50]!r} is no licence of the hub.", "Write it as apache-2.0.")
    evaluation = evaluate(context, run)
    exports, mark = context.workspace.exports, Mark("bundle", str(run.id))
    target = inside(exports, numbered(run.id, run.name))
    try:
        with passing_folder(target, mark) as folder:
            facts = yield from _write(context, run, evaluation, folder)
            if facts is None or context.stop_requested():
                return
            card = model_card(facts, licence, date.today())
            (folder / CARD).write_text(card, encoding="utf-8")
            (folder / FIGURES).write_text(_figures(facts).to_json(), encoding="utf-8")
            write_manifest(folder)
            yield Progressed(0, 0, "Checking the bundle")
            check_bundle(folder, context.settings)
            put_in_place(folder, target, mark)
    except OSError as error:
        raise from_os_error(error, "writing the bundle") from error
    _forget_older(context.workspace, target, mark)
    yield Progressed(1, 1, "Done")


def _forget_older(workspace: Workspace, newest: Path, mark: Mark) -> None:
    """Remove what the same run was exported as under other names, and what was made of that."""
    for other in workspace.exports.glob("[!.]*"):
        if other != newest and mark_of(other) == mark:
            forget_web(workspace, other.name)
            remove_folder(other, mark)


def _write(
    context: Context, run: Run, evaluation: Evaluation, folder: Path
) -> Generator[Event, None, Facts | None]:
    """Everything but card and manifest; None when asked to stop."""
    yield Progressed(0, 0, "Writing the weights")
    network, preprocessing = network_of(context, run)
    write_hub_folder(network, run.classes, preprocessing, _own(context, run, evaluation), folder)
    write_examples(context, evaluation, folder)
    if context.stop_requested():
        return None
    yield Progressed(0, 0, "Writing the graph for ONNX Runtime")
    answering = Answering(network, preprocessing).eval()
    graph_facts = facts_of(read_config(folder))
    no_graph = write_graph(answering, preprocessing.size_px, graph_facts, folder / GRAPH)
    small, none = None, None
    if no_graph is None and answering.has_features and not context.stop_requested():
        small = yield from quantise(context, evaluation, preprocessing, folder)
        graph = OnnxNetwork(folder / GRAPH)
        none = yield from learn(context, evaluation, preprocessing, graph.features)
    if context.stop_requested():
        return None
    if none is not None:
        _add_none_of_these(folder, none, small)
    return Facts(context.workspace.name, run, evaluation, preprocessing, no_graph, small, none)


def _figures(facts: Facts) -> Figures:
    valid, none, small = facts.evaluation.valid, facts.none, facts.small
    return Figures(
        facts.evaluation.temperature,
        valid.accuracy,
        facts.evaluation.test.accuracy,
        {name: valid.recall(k) for k, name in enumerate(valid.classes)},
        facts.evaluation.valid_leak,
        facts.evaluation.test_leak,
        _none_figures(none) if none is not None else None,
        _int8_figures(small) if isinstance(small, Quantised) else None,
        small if isinstance(small, str) else "",
    )


def _none_figures(none: NoneOfThese) -> NoneFigures:
    return NoneFigures(none.threshold, none.pass_rate, none.passed, none.told)


def _int8_figures(small: Quantised) -> Int8Figures:
    return Int8Figures(
        small.kept, small.right, small.right_in_floats, small.file_bytes, small.one_ms
    )


def network_of(context: Context, run: Run) -> tuple[nn.Module, Preprocessing]:
    """The network of a run in evaluation mode, and how it wants its pictures.

    Raises:
        StudioError: its weights are missing or damaged.
    """
    weights = context.workspace.run(run.id)
    network = load_weights(str(run.config["architecture"]), len(run.classes), weights).eval()
    size_px, resize = run.config.get("size_px"), run.config.get("resize", "crop")
    return network, preprocessing_of(network, size_px, resize)


def _own(context: Context, run: Run, evaluation: Evaluation) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": context.workspace.name,
        "run": run.name,
        "sounds": any(image.suffix in SOUNDS for image in evaluation.valid.images),
        "temperature": evaluation.temperature,
        "none_of_these": None,
    }


def _add_none_of_these(folder: Path, none: NoneOfThese, small: Quantised | str | None) -> None:
    none.off_topic.save(folder)
    add_distance(folder / GRAPH, none.off_topic)
    none_facts = {"threshold": none.threshold, "pass_rate": none.pass_rate}
    if isinstance(small, Quantised) and small.kept:
        add_distance(folder / GRAPH_INT8, none.off_topic)
        none_facts["threshold_int8"], _ = threshold(none.off_topic.score(small.features_nf))
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    config["toploss"]["none_of_these"] = none_facts
    write_atomically(folder / CONFIG, json.dumps(config, indent=2).encode())
