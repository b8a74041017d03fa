"""A map of the pictures: like ones, as the pretrained network sees them, lie together.

t-SNE (van der Maaten and Hinton 2008, JMLR 9) of the 50 strongest directions of the frozen
features, as openTSNE computes it. Distances between far groups mean little.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.feature_store import FeatureStore, newest_store
from core.files import save_atomically
from core.workspace import Workspace

FEWEST = 12
DIRECTIONS = 50
PERPLEXITY = 30.0
STEPS_TOGETHER = ((10, 12.0, 0.5), (20, 1.0, 0.8))
"""(rounds, exaggeration, momentum) as in the paper and its later practice; a round is 25 steps."""
ROUND = 25


@dataclass(frozen=True, eq=False)
class PictureMap:
    """n pictures and their places: float32 (n, 2), each axis within 0..1."""

    image_ids: tuple[str, ...]
    places_n2: np.ndarray


def map_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "map"."""
    return make_map(context)


def make_map(context: Context) -> Iterator[Event]:
    """Place all pictures in use that the newest quick model has seen, and store the map. A stop
    stores the map as far as it has come.

    Raises:
        StudioError: there is no quick model, or it saw too few pictures.
    """
    yield Progressed(0, 0, "Gathering what the network saw")
    ids, features_nf = _features(context)
    rounds = sum(count for count, _, _ in STEPS_TOGETHER)
    for done, places in enumerate(_rounds(strongest_directions(features_nf)), 1):
        yield Progressed(done, rounds, "Placing the pictures")
        if done == rounds or context.stop_requested():
            _save(context.workspace, ids, places)
            return


def stored_map(workspace: Workspace) -> PictureMap | None:
    """The map that was made last; None when there is none, or it cannot be read."""
    try:
        tensors = load_file(_file(workspace))
        ids = tuple(row.tobytes().hex() for row in tensors["ids"])
        return PictureMap(ids, tensors["places"])
    except (OSError, SafetensorError, KeyError):
        return None


def strongest_directions(features_nf: np.ndarray) -> np.ndarray:
    """float32 (n, at most 50): principal components of features, strongest first."""
    centred = features_nf - features_nf.mean(0)
    _, vectors_ff = np.linalg.eigh(centred.T @ centred / len(centred))
    count = min(DIRECTIONS, *features_nf.shape)
    return np.ascontiguousarray(centred @ vectors_ff[:, ::-1][:, :count], np.float32)


def _features(context: Context) -> tuple[tuple[str, ...], np.ndarray]:
    run = context.catalog.runs.latest("out-of-fold")
    store = newest_store(context.workspace.features, run.config["architecture"]) if run else None
    ids = (
        _with_features(store, [image.id for image in context.catalog.images.all()]) if store else ()
    )
    if store is None or len(ids) < FEWEST:
        raise StudioError(
            "There is nothing to place on a map yet.",
            f"Train the quick model on at least {FEWEST} pictures first.",
        )
    return ids, store.get(ids)[:, 0]


def _with_features(store: FeatureStore, image_ids: list[str]) -> tuple[str, ...]:
    missing = set(store.missing(image_ids))
    return tuple(image_id for image_id in image_ids if image_id not in missing)


def _rounds(components_nk: np.ndarray) -> Iterator[np.ndarray]:
    """Places (n, 2) after each 25 steps; seeded, so the same pictures give the same map."""
    import openTSNE  # here: it takes half a second, and pages that show a map do without

    cores = os.cpu_count() or 1
    affinities = openTSNE.affinity.PerplexityBasedNN(
        components_nk,
        perplexity=min(PERPLEXITY, (len(components_nk) - 1) / 3),
        n_jobs=cores,
        random_state=0,
    )
    start = openTSNE.initialization.pca(components_nk, random_state=0)
    embedding = openTSNE.TSNEEmbedding(start, affinities, n_jobs=cores, random_state=0)
    for count, exaggeration, momentum in STEPS_TOGETHER:
        for _ in range(count):
            embedding.optimize(ROUND, exaggeration=exaggeration, momentum=momentum, inplace=True)
            yield np.asarray(embedding)


def _save(workspace: Workspace, image_ids: tuple[str, ...], places_n2: np.ndarray) -> None:
    low, high = places_n2.min(0), places_n2.max(0)
    places = ((places_n2 - low) / np.maximum(high - low, 1e-9)).astype(np.float32)
    ids = np.frombuffer(bytes.fromhex("".join(image_ids)), np.uint8).reshape(-1, 32)
    tensors = {"ids": ids, "places": np.ascontiguousarray(places)}
    save_atomically(_file(workspace), lambda path: save_file(tensors, path))


def _file(workspace: Workspace) -> Path:
    return workspace.folder / "map.safetensors"
