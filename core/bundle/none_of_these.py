"""Learns what is on topic from training pictures, and measures how well it is told."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from core.bundle.evaluation import Evaluation
from core.bundle.figures import Separation
from core.bundle.network_pass import BATCH, ToFeatures, evenly, network_pass
from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.images.working_copy import open_copy, working_copy
from core.metrics import Share, label_numbers
from core.models.preprocessing import Preprocessing
from core.sample_photos import sample_photos
from core.serving.off_topic import OffTopic, auroc, fit_off_topic, threshold
from core.settings import Settings

TRAIN, CHECKED = 600, 300
STRANGERS = 100
LEFT_OUT = 3
FEWEST = 4
DOING = "Learning what is none of the classes"
SAMPLE = "photos of fruit (the sample that comes with TopLoss)"


@dataclass(frozen=True, eq=False)
class NoneOfThese:
    """What was learned and measured.

    Attributes:
        threshold: above it a picture is none of the classes.
        pass_rate: share of pictures like the validation pictures that stays below, 0..1.
        valid_scores_n: float32 (n,), of validation pictures.
        passed: how many test pictures stay below; they chose nothing.
        told: measured on pictures of something else.
    """

    off_topic: OffTopic
    threshold: float
    pass_rate: float
    passed: Share
    told: tuple[Separation, ...]


def learn(
    context: Context, evaluation: Evaluation, preprocessing: Preprocessing, to_features: ToFeatures
) -> Generator[Event, None, NoneOfThese | None]:
    """None when asked to stop, or when there are too few pictures."""
    classes = evaluation.valid.classes
    train_images = [i for i in context.catalog.images.all(sides=["train"]) if i.label in classes]
    sides = (train_images, evaluation.valid.images, evaluation.test.images)
    samples = [evenly(side, at_most) for side, at_most in zip(sides, (TRAIN, CHECKED, CHECKED))]
    if len(samples[0]) < FEWEST:
        return None
    outputs = yield from network_pass(
        context, list(chain(*samples)), preprocessing, to_features, DOING
    )
    if outputs is None:
        return None
    sizes = np.cumsum([len(side) for side in samples])[:2]
    train, valid, test = np.split(outputs[1], sizes)
    train_n, valid_n = (label_numbers((i.label for i in side), classes) for side in samples[:2])
    off_topic = fit_off_topic(train, train_n)
    own = off_topic.score(valid)
    limit, pass_rate = threshold(own)
    passed = Share(int((off_topic.score(test) <= limit).sum()) if len(test) else 0, len(test))
    yield Progressed(0, 0, "Measuring how well it is told")
    separations = _class_separations(classes, (train, train_n), (valid, valid_n))
    if strangers := _strangers(context):
        features = _features(strangers, context.settings, preprocessing, to_features)
        separations.insert(0, _separation(SAMPLE, own, off_topic.score(features), limit))
    return NoneOfThese(off_topic, limit, pass_rate, passed, tuple(separations))


def _strangers(context: Context) -> list[bytes]:
    """Some of the sample's photos, unless they are what was learned."""
    try:
        photos = sample_photos()
    except StudioError:  # not installed: nothing is measured, and the card says nothing of it
        return []
    if any(image.id in photos for image in context.catalog.images.all()):
        return []
    return [photos[name][1] for name in sorted(photos)[:STRANGERS]]


def _features(
    files: list[bytes], settings: Settings, preprocessing: Preprocessing, to_features: ToFeatures
) -> np.ndarray:
    copies = (open_copy(working_copy(data, settings)) for data in files)
    crops = np.stack([preprocessing.crop(copy) for copy in copies])
    parts = np.array_split(crops, math.ceil(len(crops) / BATCH))
    return np.concatenate([to_features(preprocessing.normalise(part))[1] for part in parts])


def _class_separations(
    classes: tuple[str, ...],
    train: tuple[np.ndarray, np.ndarray],
    valid: tuple[np.ndarray, np.ndarray],
) -> list[Separation]:
    """Each of the largest classes, when only the others are learned: something very near."""
    counts = np.bincount(valid[1][valid[1] >= 0], minlength=len(classes))
    if len(classes) < 3:
        return []
    separations = []
    for number in np.argsort(-counts, kind="stable")[:LEFT_OUT]:
        inside, outside = (side[1] != number for side in (train, valid))
        if counts[number] and inside.sum() >= FEWEST and outside.sum():
            others = fit_off_topic(train[0][inside], train[1][inside])
            own = others.score(valid[0][outside])
            strange = others.score(valid[0][~outside])
            what = f"{classes[number]}, when only the other classes are learned"
            separations.append(_separation(what, own, strange, threshold(own)[0]))
    return separations


def _separation(what: str, own: np.ndarray, strange: np.ndarray, limit: float) -> Separation:
    return Separation(what, auroc(own, strange), Share(int((strange <= limit).sum()), len(strange)))
