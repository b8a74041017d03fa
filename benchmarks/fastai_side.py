"""The same photos through fastai's usual recipe, with the studio's backbone and split.

Presizing 460 -> 224 with `aug_transforms`, batch size 64, the body and head that `vision_learner`
makes of a timm network, `fine_tune(1)`: one epoch of the head, one of the whole network, on the
CPU. Everything that is not named here is fastai's default.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from torch import nn

from benchmarks.clock import cpu_seconds
from core.errors import StudioError
from core.metrics import Share
from core.models.architectures import preprocessing_of, pretrained
from core.models.preprocessing import Preprocessing
from core.records import SIDES, Side

BATCH, SEED = 64, 42
PRESIZE_PX, SIZE_PX, MIN_SCALE = 460, 224, 0.75


@dataclass(frozen=True)
class Photo:
    """One original file, its label and its side of the split."""

    file: Path
    label: str
    side: Side


@dataclass(frozen=True)
class FineTuned:
    """From building the data loaders to the evaluated model, in seconds; shares right; training
    images of each stage a second, and a second of work of any core, without validation.
    """

    total_s: float
    cpu_s: float
    valid: Share
    test: Share
    frozen_per_s: float
    unfrozen_per_s: float
    frozen_per_cpu_s: float
    unfrozen_per_cpu_s: float


def need_fastai() -> None:
    """Raises StudioError when fastai is not installed."""
    if importlib.util.find_spec("fastai") is None:
        raise StudioError(
            "fastai is not installed: run pip install -r requirements-bench.txt", "Then try again."
        )


def fine_tune_with_fastai(
    photos: Sequence[Photo], architecture: str, epochs: int = 1, seed: int = SEED
) -> FineTuned:
    """Train on the train side; the shares count every photo of their side.

    Raises:
        StudioError: there are fewer training photos than fastai's one batch.
    """
    import fastai.vision.all as fv

    sides = _by_side(photos)
    known = {p.label for p in sides["train"]}  # fastai refuses photos of any other class
    checked = {name: [p for p in side if p.label in known] for name, side in sides.items()}

    started, cpu_started_s = time.perf_counter(), cpu_seconds()
    fv.default_device(False)
    fv.set_seed(seed)
    backbone = pretrained(architecture, num_classes=0)
    loaders = _loaders(fv, checked["train"] + checked["valid"], preprocessing_of(backbone))
    learner = _learner(fv, loaders, backbone)
    learner.add_cb(clock := _clock(fv))
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(epochs)
        valid = learner.final_record[-1]  # of the last epoch: no second pass
        test = _test_accuracy(learner, checked["test"]) if checked["test"] else 0.0
    total_s = time.perf_counter() - started

    seen = len(loaders.train) * BATCH  # the last images of an epoch, if no whole batch, are not
    return FineTuned(
        total_s,
        cpu_seconds() - cpu_started_s,
        Share(round(valid * len(checked["valid"])), len(sides["valid"])),
        Share(round(test * len(checked["test"])), len(sides["test"])),
        seen / clock.seconds[0],
        seen * epochs / sum(clock.seconds[1:]),
        seen / clock.cpu_s[0],
        seen * epochs / sum(clock.cpu_s[1:]),
    )


def _clock(fv: Any) -> Any:
    """A callback with the seconds of training of each epoch, waiting for pictures included; and
    the seconds of work, its loaders' too (they have ended by then).
    """

    class Clock(fv.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.seconds: list[float] = []
            self.cpu_s: list[float] = []

        def before_train(self) -> None:
            self._since, self._worked_s = time.perf_counter(), cpu_seconds()

        def after_train(self) -> None:
            self.seconds.append(time.perf_counter() - self._since)
            self.cpu_s.append(cpu_seconds() - self._worked_s)

    return Clock()


def _by_side(photos: Sequence[Photo]) -> dict[Side, list[Photo]]:
    sides = {name: [p for p in photos if p.side == name] for name in SIDES}
    if len(sides["train"]) < BATCH:
        raise StudioError(
            f"fastai needs {BATCH} training photos, there are {len(sides['train'])}.", "Add photos."
        )
    return sides


def _loaders(fv: Any, photos: Sequence[Photo], preprocessing: Preprocessing) -> Any:
    return fv.DataBlock(
        blocks=(fv.ImageBlock, fv.CategoryBlock),
        get_x=attrgetter("file"),
        get_y=attrgetter("label"),
        splitter=fv.FuncSplitter(_is_valid),
        item_tfms=fv.Resize(PRESIZE_PX),
        batch_tfms=[
            *fv.aug_transforms(size=SIZE_PX, min_scale=MIN_SCALE),
            fv.Normalize.from_stats(preprocessing.mean, preprocessing.std),
        ],
    ).dataloaders(photos, bs=BATCH)


def _is_valid(photo: Photo) -> bool:
    return photo.side == "valid"


def _learner(fv: Any, loaders: Any, backbone: nn.Module) -> Any:
    """What `vision_learner` makes of a timm name, with the weights that are installed here."""
    from fastai.vision.learner import TimmBody, add_head, default_split

    body = TimmBody(backbone)
    model = add_head(body, body.model.num_features, loaders.c, pool=body.needs_pool)
    learner = fv.Learner(loaders, model, splitter=default_split, metrics=fv.accuracy)
    learner.freeze()
    return learner


def _test_accuracy(learner: Any, photos: Sequence[Photo]) -> float:
    loader = learner.dls.test_dl(photos, with_labels=True)
    return float(learner.validate(dl=loader)[-1])
