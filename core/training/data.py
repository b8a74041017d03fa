"""Labelled working copies as tensors: augmented for training, plain for validation.

What a batch holds follows from seed, epoch and place alone: not from threads, nor from what ran
before. So a run that is resumed in the middle of an epoch sees what it would have seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.nn.functional import one_hot

from core.ahead import made_ahead
from core.images.working_copy import CopyCache, read_copy
from core.models.augmentation import training_transform
from core.models.preprocessing import Preprocessing
from core.training.config import TrainConfig
from core.training.schedule import batches_in_epoch
from core.training.training_set import Labelled
from core.workspace import Workspace

Batch = tuple[torch.Tensor, torch.Tensor]
"""Images float32 (b, 3, size, size); labels int64 (b,), or shares float32 (b, classes) of mixup."""

BATCHES_AHEAD = 2
_BLEND = 1  # tells the draws of a batch from those of its pictures


class TrainingBatches:
    """Shuffled, augmented batches of nearly equal size."""

    def __init__(
        self,
        images: Labelled,
        workspace: Workspace,
        preprocessing: Preprocessing,
        config: TrainConfig,
    ) -> None:
        self._images = images
        self._copies = CopyCache(workspace)
        self._preprocessing = preprocessing
        self._config = config
        self._transform = training_transform(
            preprocessing, config.augmentation, config.min_crop_share
        )

    def __len__(self) -> int:
        """Batches in an epoch."""
        return batches_in_epoch(self._config, len(self._images))

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """Every image once, or, oversampled, every class equally often in as many draws.

        Args:
            first: how many batches to leave out at the beginning.
        """
        rng = np.random.default_rng([self._config.seed, number])
        labels_n = self._images.labels_n
        rows = (
            balanced(labels_n, rng) if self._config.oversample else rng.permutation(len(labels_n))
        )
        parts = [p.tolist() for p in np.array_split(np.arange(len(rows)), len(self))[first:]]

        def picture(place: int) -> np.ndarray:
            return self._picture(int(rows[place]), number, place)

        for places, pictures in zip(parts, made_ahead(parts, picture, BATCHES_AHEAD), strict=True):
            images = as_tensor(np.stack(pictures), self._preprocessing)
            labels = torch.from_numpy(labels_n[rows[places]])
            yield self._blended(images, labels, number, places[0])

    def _picture(self, row: int, epoch: int, place: int) -> np.ndarray:
        rng = np.random.default_rng([self._config.seed, epoch, place])
        return self._transform(self._copies.read(self._images.image_ids[row]), rng)

    def _blended(self, images: torch.Tensor, labels: torch.Tensor, epoch: int, place: int) -> Batch:
        """Mixup: each picture with another of the batch, the labels in the same shares."""
        alpha = self._config.mixup
        if not alpha:
            return images, labels
        rng = np.random.default_rng([self._config.seed, epoch, place, _BLEND])
        share = float(rng.beta(alpha, alpha))
        classes = int(self._images.labels_n.max()) + 1
        said = one_hot(labels, classes).float()
        blended = images.lerp(images.flip(0), 1 - share)
        return blended, said.lerp(said.flip(0), 1 - share)


def balanced(labels_n: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int (n,): rows, each class equally often (to within one), small classes several times."""
    classes = np.unique(labels_n)
    share = math.ceil(len(labels_n) / len(classes))
    drawn = [np.resize(rng.permutation(np.flatnonzero(labels_n == c)), share) for c in classes]
    # Cut as a deck is dealt: no class loses more than one of its share.
    dealt = np.stack(drawn, axis=1).ravel()[: len(labels_n)]
    return rng.permutation(dealt)


def as_tensor(images_nhwc_u8: np.ndarray, preprocessing: Preprocessing) -> torch.Tensor:
    """float32 (n, 3, h, w), channels last in memory; equal to `Preprocessing.normalise`."""
    scale = torch.tensor(1.0) / (255.0 * torch.tensor(preprocessing.std))
    offset = torch.tensor(preprocessing.mean) / torch.tensor(preprocessing.std)
    values = torch.from_numpy(images_nhwc_u8).float().mul_(scale).sub_(offset)
    return values.permute(0, 3, 1, 2)


def evaluation_batches(
    image_ids: Sequence[str], workspace: Workspace, preprocessing: Preprocessing, size: int = 16
) -> Iterator[torch.Tensor]:
    """float32 (b, 3, size, size), in the order given, as the served classifier sees them."""
    parts = [image_ids[start : start + size] for start in range(0, len(image_ids), size)]

    def crop(image_id: str) -> np.ndarray:
        return preprocessing.crop(read_copy(workspace, image_id))

    for crops in made_ahead(parts, crop, BATCHES_AHEAD):
        yield as_tensor(np.stack(crops), preprocessing)
