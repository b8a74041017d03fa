"""A workspace of many pictures with a finished quick run, written directly: importing would take
minutes, and neither the Review page nor its pictures' route looks at the originals.

Working copies are noise with the spectrum of photos (power falls with frequency), 427 x 320 px and
about 30 KB like copies of real ones, each a file of its own. Predictions, features and labels hang
together, so that scores, estimates and refits in the background have as much to do as in use.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.catalog import Catalog, open_catalog
from core.feature_store import FeatureStore
from core.records import ImageRecord, Predictions
from core.workspace import Workspace, open_workspace

WIDTH_PX, HEIGHT_PX = 427, 320
SPECTRUM = 1.5  # amplitude falls with frequency to this power: copies are as large as photos' are
BASES = 60  # different pictures; every file differs from all others by a comment
CLASSES = 12
WRONG = 0.08  # share of labels that are wrong
FEATURES = 1280  # numbers a view, as tf_efficientnet_lite0 gives
ARCHITECTURE = "tf_efficientnet_lite0"
FILE_OF_FEATURES = 500


@dataclass(frozen=True)
class Built:
    workspace: Workspace
    classes: tuple[str, ...]


def build_workspace(home: Path, images: int) -> Built:
    """A workspace named "benchmark" with that many pictures on the train and valid sides."""
    workspace = open_workspace(home, "benchmark")
    rng = np.random.default_rng(0)
    classes = tuple(f"class number {k:02d}" for k in range(CLASSES))
    true_n = rng.integers(0, CLASSES, images)
    wrong_n = rng.random(images) < WRONG
    given_n = np.where(wrong_n, (true_n + rng.integers(1, CLASSES, images)) % CLASSES, true_n)
    ids = _write_copies(workspace, images)
    records = [
        ImageRecord(
            image_id, ".jpg", 4032, 3024, classes[given], "valid" if n % 5 == 0 else "train",
            "hash", "in use", False, f"{classes[given]}/IMG_{n:05d}.jpg",
        )
        for n, (image_id, given) in enumerate(zip(ids, given_n, strict=True))
    ]  # fmt: skip
    catalog = open_catalog(workspace)
    catalog.images.add("a benchmark", records, [], 0)
    _store_run(catalog, ids, classes, _probabilities(rng, true_n))
    catalog.close()
    _write_features(workspace, rng, ids, true_n)
    return Built(workspace, classes)


def _write_copies(workspace: Workspace, images: int) -> list[str]:
    bases = [_noise_photo(seed) for seed in range(BASES)]
    ids = []
    for n in range(images):
        base, comment = bases[n % BASES], f"{n:08d}".encode()
        data = base[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + base[2:]
        image_id = hashlib.sha256(data).hexdigest()
        file = workspace.copy(image_id)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        ids.append(image_id)
    return ids


def _noise_photo(seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(HEIGHT_PX)[:, None], np.fft.rfftfreq(WIDTH_PX)[None]
    frequency = np.hypot(down, across)
    frequency[0, 0] = np.inf  # no mean

    def noise() -> np.ndarray:
        waves = rng.normal(size=frequency.shape) + 1j * rng.normal(size=frequency.shape)
        field_hw = np.fft.irfft2(waves / frequency**SPECTRUM, (HEIGHT_PX, WIDTH_PX))
        return field_hw / field_hw.std()

    light = noise()
    pixels_hwc = 128 + 45 * np.stack([0.9 * light + 0.3 * noise() for _ in range(3)], -1)
    buffer = io.BytesIO()
    Image.fromarray(pixels_hwc.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _probabilities(rng: np.random.Generator, true_n: np.ndarray) -> np.ndarray:
    """float32 (n, classes): mostly sure of the true class, sometimes of another."""
    logits_nc = rng.normal(0, 1.2, (len(true_n), CLASSES))
    logits_nc[np.arange(len(true_n)), true_n] += 4
    powers_nc = np.exp(logits_nc)
    return (powers_nc / powers_nc.sum(1, keepdims=True)).astype(np.float32)


def _store_run(
    catalog: Catalog, ids: list[str], classes: tuple[str, ...], probs_nc: np.ndarray
) -> None:
    run = catalog.runs.create("quick", {"architecture": ARCHITECTURE}, list(classes))
    predictions = Predictions(tuple(ids), probs_nc, run.classes)
    for scope in ("out-of-fold", "final"):
        catalog.runs.store_predictions(run.id, scope, predictions)


def _write_features(
    workspace: Workspace, rng: np.random.Generator, ids: list[str], true_n: np.ndarray
) -> None:
    store = FeatureStore(workspace.features / f"{ARCHITECTURE}-benchmark")
    centres_cf = rng.normal(0, 0.4, (CLASSES, FEATURES)).astype(np.float32)
    for start in range(0, len(ids), FILE_OF_FEATURES):
        part = slice(start, start + FILE_OF_FEATURES)
        picture_nf = centres_cf[true_n[part]] + rng.normal(
            0, 1, (len(true_n[part]), FEATURES)
        ).astype(np.float32)
        mirrored_nf = picture_nf + rng.normal(0, 0.1, picture_nf.shape).astype(np.float32)
        store.add(ids[part], np.stack([picture_nf, mirrored_nf], 1))
