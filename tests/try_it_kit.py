"""A kit of a run, made in milliseconds: for what reads one, not for what answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.context import Context
from core.interpretation.shelf import Shelf, shelf_of
from core.models.head_weights import FILE
from core.try_it.kit import FACTS, GRAPH, LOOKS, Kit, kit_of, packed_looks
from core.web.web_runtime import runtime_files


def a_look(shelf: Shelf, ids: Sequence[str], looks_nf: np.ndarray | None = None) -> None:
    """How these pictures look to a network of two features; all the same, unless it is said."""
    looks_nf = np.float32([[1, 0]] * len(ids)) if looks_nf is None else looks_nf
    shelf.add_picture(LOOKS, packed_looks(ids, looks_nf))


def with_weights(context: Context, run_id: int = 1, data: bytes = b"weights") -> None:
    """Let a run have a file of weights."""
    folder = context.workspace.run(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(data)


def a_kit(context: Context, run_id: int = 1) -> Kit:
    """A kit of a run with weights; its graph is none, and what runs it in a browser is empty."""
    with_weights(context, run_id)
    for file in runtime_files(context.settings.cache):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    shelf = shelf_of(context.workspace, context.catalog, run_id)
    shelf.add_picture(GRAPH, b"a graph")
    a_look(shelf, [image.id for image in context.catalog.images.all(sides=["train"])])
    shelf.write(FACTS, {"threshold": 1.5, "preprocessing": {"size": 64}})
    kit = kit_of(context, context.catalog.runs.get(run_id))
    assert kit is not None
    return kit
