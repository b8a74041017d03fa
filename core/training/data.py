"""Labelled working copies as tensors: augmented for training, plain for validation."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from core.images.working_copy import read_copy
from core.models.augmentation import training_transform
from core.models.preprocessing import Preprocessing
from core.training.config import TrainConfig
from core.training.training_set import Labelled
from core.workspace import Workspace

Batch = tuple[torch.Tensor, torch.Tensor]


class TrainingBatches:
    """Shuffled, augmented batches; epoch and seed decide them, not what ran before."""

    def __init__(
        self,
        images: Labelled,
        workspace: Workspace,
        preprocessing: Preprocessing,
        config: TrainConfig,
    ) -> None:
        self._images = images
        self._workspace = workspace
        self._seed = config.seed
        self.batch_size = min(config.batch_size, len(images))
        self._transform = training_transform(preprocessing, config.min_crop_share)

    def __len__(self) -> int:
        """Batches in an epoch."""
        return math.ceil(len(self._images) / self.batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """float32 (b, 3, size, size) and int64 (b,), every image once."""
        # timm's transforms draw from both of these generators
        random.seed(self._seed * 10_007 + number)
        torch.manual_seed(self._seed * 10_007 + number)
        order = torch.randperm(len(self._images)).tolist()
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            pictures = [self._picture(row) for row in rows]
            yield torch.stack(pictures), torch.from_numpy(self._images.labels_n[rows])

    def _picture(self, row: int) -> torch.Tensor:
        image = read_copy(self._workspace, self._images.image_ids[row])
        return self._transform(image)


def evaluation_batches(
    image_ids: Sequence[str], workspace: Workspace, preprocessing: Preprocessing, size: int = 32
) -> Iterator[torch.Tensor]:
    """float32 (b, 3, size, size), in the order given, as the served classifier sees them."""
    for start in range(0, len(image_ids), size):
        crops = [
            preprocessing.crop(read_copy(workspace, image_id))
            for image_id in image_ids[start : start + size]
        ]
        yield torch.from_numpy(preprocessing.normalise(np.stack(crops)))
