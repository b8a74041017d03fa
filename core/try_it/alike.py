"""The training pictures that a run's network finds most like one that it was just shown."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from core.catalog import Catalog
from core.errors import StudioError
from core.records import ImageRecord
from core.serving.off_topic import look_at

NEAREST = 5
LOOKED_AT = 50  # of these some may have been deleted since


def most_alike(
    looks: Path, catalog: Catalog, features_f: np.ndarray, but: str = ""
) -> list[ImageRecord]:
    """At most five pictures in use, the most alike first, with the labels of today.

    Args:
        looks: that file of the run's kit.
        features_f: float32 (f,), which the run's network answers beside its logits.
        but: the id of the picture itself.

    Raises:
        StudioError: the kit is gone or damaged, or the features are those of another network.
    """
    ids, looks_nf = _read(looks)
    if features_f.shape != looks_nf.shape[1:] or not np.isfinite(features_f).all():
        raise StudioError("This is not what the network says.", "Reload the page.")
    likeness_n = looks_nf @ look_at(features_f[None].astype(np.float32))[0]
    nearest = [ids[k] for k in np.argsort(-likeness_n, kind="stable")[:LOOKED_AT]]
    images = catalog.images.some([image_id for image_id in nearest if image_id != but])
    return [image for image in images if image.status == "in use"][:NEAREST]


def _read(looks: Path) -> tuple[list[str], np.ndarray]:
    try:
        return _looks_of(looks, looks.stat().st_mtime_ns)
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise StudioError(
            "What this model learned from is not at hand any more.", "Reload the page."
        ) from error


@lru_cache(maxsize=4)  # of 10,000 pictures about 50 MB
def _looks_of(looks: Path, written_ns: int) -> tuple[list[str], np.ndarray]:
    tensors = load_file(looks)
    ids = [row.tobytes().hex() for row in tensors["ids"]]
    return ids, tensors["looks"].astype(np.float32)
