"""The peer of the fine-tuning benchmark: what a good practitioner writes in an hour.

timm's network with its pretrained weights and a new head, its usual augmentation
(`RandomResizedCrop(224, scale=(0.35, 1))`, mirrored at random), batches of 32, AdamW at 1e-3 with
weight decay 0.05, label smoothing 0.1, the one-cycle schedule along the time that is there, the
last model taken. Nothing of the studio's training is used.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import nn
from torch.utils.data import DataLoader, Dataset

from benchmarks.fastai_side import Photo
from core.metrics import Share
from core.models.architectures import preprocessing_of, pretrained
from core.models.guarded_timm import timm
from core.models.preprocessing import Preprocessing
from core.records import Side

Transform = Callable[[Image.Image], torch.Tensor]
Loader = DataLoader[tuple[torch.Tensor, int]]
SIZE_PX, RESIZED_PX, BATCH = 224, 256, 32
RATE, DECAY, SMOOTHING, RISE = 1e-3, 0.05, 0.1, 0.25
CHECKED_AT_ONCE = 64


@dataclass(frozen=True)
class PlainRun:
    """Shares right, passes over the training photos (a fraction too), seconds of it all."""

    valid: Share
    test: Share
    epochs: float
    total_s: float


class Photos(Dataset[tuple[torch.Tensor, int]]):
    """Photos as tensors, made small once; a label that is not trained on is -1."""

    def __init__(
        self, photos: Sequence[Photo], classes: Sequence[str], transform: Transform
    ) -> None:
        self._transform = transform
        numbers = {name: k for k, name in enumerate(classes)}
        self._labels = [numbers.get(photo.label, -1) for photo in photos]
        self._files = [photo.file for photo in photos]
        self._small: dict[int, Image.Image] = {}

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, int]:
        if number not in self._small:
            with Image.open(self._files[number]) as image:
                upright = ImageOps.exif_transpose(image).convert("RGB")
            scale = RESIZED_PX / min(upright.size)
            size = (round(upright.width * scale), round(upright.height * scale))
            self._small[number] = upright.resize(size, Image.Resampling.BICUBIC)
        return self._transform(self._small[number]), self._labels[number]


def train_plainly(
    photos: Sequence[Photo], architecture: str, minutes: float, seed: int
) -> PlainRun:
    """Train for so many minutes, checking included, and answer the validation and test photos."""
    started = time.monotonic()
    torch.manual_seed(seed)
    by_side: dict[Side, list[Photo]] = {
        side: [p for p in photos if p.side == side] for side in ("train", "valid", "test")
    }
    classes = sorted({p.label for p in by_side["train"]})
    network = pretrained(architecture, len(classes))
    seen_as = preprocessing_of(network)
    checked = [
        DataLoader(Photos(by_side[side], classes, _plain(seen_as)), CHECKED_AT_ONCE)
        for side in ("valid", "test")
    ]
    for loader in checked:  # made small while nobody waits for it
        for _ in loader:
            pass
    limit_s = 60 * minutes - (time.monotonic() - started)
    train = DataLoader(
        Photos(by_side["train"], classes, _varied(seen_as)), BATCH, shuffle=True, drop_last=True
    )
    epochs = _learn(network, train, limit_s)
    valid, test = (_right(network, loader) for loader in checked)
    return PlainRun(valid, test, epochs, time.monotonic() - started)


def _varied(seen_as: Preprocessing) -> Transform:
    varied: Transform = timm.data.create_transform(
        SIZE_PX, is_training=True, scale=(0.35, 1.0), color_jitter=None, auto_augment=None,
        mean=seen_as.mean, std=seen_as.std,
    )  # fmt: skip
    return varied


def _plain(seen_as: Preprocessing) -> Transform:
    plain: Transform = timm.data.create_transform(SIZE_PX, mean=seen_as.mean, std=seen_as.std)
    return plain


def _learn(network: nn.Module, loader: Loader, limit_s: float) -> float:
    """Until the time is over; how often every photo was seen."""
    torch.set_num_threads(os.cpu_count() or 1)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    loss_of = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    network.train()
    started, steps = time.monotonic(), 0
    for images, labels in _again_and_again(loader):
        progress = (time.monotonic() - started) / limit_s
        if progress >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = RATE * _one_cycle(progress)
        optimiser.zero_grad()
        loss_of(network(images), labels).backward()
        optimiser.step()
        steps += 1
    return steps / max(1, len(loader))


def _again_and_again(loader: Loader) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    while True:
        yield from loader


def _one_cycle(progress: float) -> float:
    """Share of the highest rate: up by a cosine, then down by one."""
    if progress < RISE:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * progress / RISE)) / 2
    return (1 + math.cos(math.pi * (progress - RISE) / (1 - RISE))) / 2


def _right(network: nn.Module, loader: Loader) -> Share:
    network.eval()
    right = []
    with torch.no_grad():
        for images, labels in loader:
            right.append((network(images).argmax(1) == labels).numpy())
    flat = np.concatenate(right) if right else np.empty(0, bool)
    return Share(int(flat.sum()), len(flat))
