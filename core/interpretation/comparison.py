"""Runs compared honestly: on the same validation images, by today's labels, by a paired test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.catalog import Catalog
from core.metrics import Share, paired_p_value
from core.records import Run, Side


@dataclass(frozen=True, eq=False)
class Standing:
    """How one run does.

    Attributes:
        accuracy: share of the common images that it gets right.
        right_n: bool (n,), per common image.
        own_images: how many images of this side it was checked on itself.
    """

    run: Run
    accuracy: Share
    right_n: np.ndarray
    own_images: int


def standings(catalog: Catalog, side: Side = "valid") -> list[Standing]:
    """Every run with a model, newest first, on the images in use that all of them answered.

    Labels are those of now, so a relabelled image counts the same for every run; an image taken
    out of use counts for none.
    """
    labels = {image.id: image.label for image in catalog.images.all(sides=[side])}
    with_model = [run for run in catalog.runs.all() if catalog.runs.is_checked(run.id)]
    answers = {run.id: _answers(catalog, run, labels) for run in with_model}
    if labels:  # without any image of this side, runs are listed all the same
        answers = {run_id: found for run_id, found in answers.items() if found}
    common = sorted(set.intersection(*map(set, answers.values()))) if answers else []
    result = []
    for run in with_model:
        if run.id in answers:
            found = answers[run.id]
            right = np.array([found[i] == labels[i] for i in common], bool)
            share = Share(int(right.sum()), len(common))
            result.append(Standing(run, share, right, len(found)))
    return result


def difference(a: Standing, b: Standing) -> str:
    """One sentence on whether two runs really differ (exact McNemar test)."""
    if not len(a.right_n):
        return f"{a.run.name} and {b.run.name} have no images in common."
    p = paired_p_value(a.right_n, b.right_n)
    only_a = int((a.right_n & ~b.right_n).sum())
    only_b = int((b.right_n & ~a.right_n).sum())
    if only_a == only_b == 0:
        return f"{a.run.name} and {b.run.name} are right and wrong on the same images."
    better, worse, more, fewer = (
        (a, b, only_a, only_b) if only_a >= only_b else (b, a, only_b, only_a)
    )
    counted = (
        f"{better.run.name} is right on {more} image{'s' * (more != 1)} that {worse.run.name} "
        f"gets wrong, and wrong on {fewer} that it gets right"
    )
    if p < 0.05:
        return f"{counted}: a real difference (p = {p:.2g})."
    return f"{counted}: that can be chance (p = {p:.2g})."


def _answers(catalog: Catalog, run: Run, labels: dict[str, str]) -> dict[str, str]:
    predictions = catalog.runs.predictions(run.id, "final")
    best = predictions.probs_nc.argmax(1) if predictions.image_ids else []
    pairs = zip(predictions.image_ids, best, strict=True)
    return {i: predictions.classes[k] for i, k in pairs if i in labels}
