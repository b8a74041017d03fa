"""The kit of a run: what a browser needs to answer as the run does, on the shelf of its weights.

try-it.onnx         the graph of `core.bundle.graph`, with the distance to what was learned
try-it.safetensors  "ids" uint8 (n, 32), "looks" float16 (n, f): training pictures as
                    `core.serving.off_topic.look_at` sees them; without a row where the
                    architecture has no features
try-it.json         preprocessing, and the distance above which a picture is none of the classes, or
                    null; written last, so where it is, all is there

`core.try_it.making` makes it, in a worker. Labels and temperature are those of today: together it
answers as a bundle would that is exported now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from core.bundle.evaluation import evaluate
from core.context import Context
from core.interpretation.shelf import Shelf, shelf_of
from core.records import Run
from core.web.web_runtime import RUNTIME, runtime_files

GRAPH, LOOKS, FACTS = "try-it.onnx", "try-it.safetensors", "try-it"


@dataclass(frozen=True)
class Kit:
    """What is there for one state of a run's weights."""

    shelf: Shelf
    threshold: float | None
    preprocessing: Mapping[str, Any]

    @property
    def graph(self) -> Path:
        return self.shelf.folder / GRAPH

    @property
    def looks(self) -> Path:
        return self.shelf.folder / LOOKS


def kit_of(context: Context, run: Run) -> Kit | None:
    """The kit of a run as its weights are now; None where it has to be made.

    Raises:
        StudioError: the weights of the run are gone.
    """
    shelf = shelf_of(context.workspace, context.catalog, run.id)
    facts = shelf.read(FACTS)
    runtime = runtime_files(context.settings.cache, RUNTIME)
    if not isinstance(facts, dict) or not all(file.is_file() for file in runtime):
        return None
    return Kit(shelf, facts["threshold"], facts["preprocessing"])


def about(context: Context, run: Run, kit: Kit) -> dict[str, Any]:
    """What the browser is told of the run, as in the classifier.json of a static page.

    Raises:
        StudioError: no picture is left to check the run on.
    """
    return {
        "labels": list(run.classes),
        "temperature": evaluate(context, run).temperature,
        "threshold": kit.threshold,
        "preprocessing": kit.preprocessing,
    }


def packed_looks(ids: Sequence[str], looks_nf: np.ndarray) -> bytes:
    """The file of these pictures' looks, float32 (n, f)."""
    names = np.frombuffer(bytes.fromhex("".join(ids)), np.uint8).reshape(-1, 32)
    packed: bytes = save({"ids": names, "looks": np.ascontiguousarray(looks_nf, np.float16)})
    return packed
