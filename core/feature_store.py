"""Features on disk, so that each image goes through the backbone once.

One folder per embedder key (backbone, preprocessing, graph); in it, files of up to a few hundred
images, written once and never changed. A damaged file is set aside and its images computed again.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from core.files import save_atomically
from core.owned import rename_file


class FeatureStore:
    """Features by image id: float32 (2, features) each, the picture and its mirror image."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._features: dict[str, np.ndarray] = {}
        for file in sorted(folder.glob("*.safetensors")):
            self._features.update(_read(file))

    def missing(self, image_ids: Iterable[str]) -> list[str]:
        return [i for i in image_ids if i not in self._features]

    def add(self, image_ids: Sequence[str], features_nvf: np.ndarray) -> None:
        """Keep features (n, 2, features) of n images, on disk and in memory."""
        ids = np.frombuffer(bytes.fromhex("".join(image_ids)), np.uint8).reshape(-1, 32)
        tensors = {"ids": ids, "features": np.ascontiguousarray(features_nvf)}
        file = self._folder / f"{uuid.uuid4().hex}.safetensors"
        save_atomically(file, lambda path: save_file(tensors, path), durable=False)
        self._features.update(zip(image_ids, features_nvf, strict=True))

    def get(self, image_ids: Sequence[str]) -> np.ndarray:
        """float32 (n, 2, features), in the order asked for.

        Raises:
            KeyError: an image has no features yet.
        """
        return np.stack([self._features[i] for i in image_ids])


def _read(file: Path) -> dict[str, np.ndarray]:
    try:
        tensors = load_file(file)
        ids = [row.tobytes().hex() for row in tensors["ids"]]
        return dict(zip(ids, tensors["features"], strict=True))
    except (SafetensorError, KeyError, ValueError, OSError):
        rename_file(file.parent, file, file.with_suffix(".damaged").name)
        return {}


def newest_folder(features: Path, architecture: str) -> Path | None:
    """Where the features of that network are that were computed last; None when there are none.

    Its name is the embedder's key.

    Args:
        features: the folder of a workspace that has a folder for each network and preprocessing.
        architecture: timm's name, which those folders begin with.
    """
    folders = [f for f in features.glob(f"{architecture}-*") if any(f.iterdir())]
    return max(folders, key=lambda folder: folder.stat().st_mtime, default=None)


def newest_store(features: Path, architecture: str) -> FeatureStore | None:
    """What is in that folder."""
    folder = newest_folder(features, architecture)
    return FeatureStore(folder) if folder else None
