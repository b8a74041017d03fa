"""Runs compared honestly: on the same validation images, by today's labels, by a paired test."""

from __future__ import annotations

from collections.abc import Sequence
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
        image_ids: the n common images.
        right_n: bool (n,), per common image.
        own_images: how many images of this side it was checked on itself.
    """

    run: Run
    accuracy: Share
    image_ids: tuple[str, ...]
    right_n: np.ndarray
    own_images: int


@dataclass(frozen=True)
class BeforeAfter:
    """Two runs with cleaning in between, on the same images, by today's labels.

    Attributes:
        kept_before, kept_after: shares right where nobody touched the label.
        changed_before, changed_after: shares right where the label was changed in between; the
            older run learned from, or was checked on, another one.
        p_value: exact McNemar test on the images with the label kept.
    """

    before: Run
    after: Run
    kept_before: Share
    kept_after: Share
    changed_before: Share
    changed_after: Share
    p_value: float


def standings(
    catalog: Catalog, side: Side = "valid", runs: Sequence[Run] | None = None
) -> list[Standing]:
    """Runs with a model, newest first, on the images in use that all of them answered.

    Labels are those of now, so a relabelled image counts the same for every run; an image taken
    out of use counts for none.
    """
    labels = {image.id: image.label for image in catalog.images.all(sides=[side])}
    runs = catalog.runs.all() if runs is None else runs
    with_model = [run for run in runs if catalog.runs.is_checked(run.id)]
    answers = {run.id: _answers(catalog, run, labels) for run in with_model}
    if labels:  # without any image of this side, runs are listed all the same
        answers = {run_id: found for run_id, found in answers.items() if found}
    common = sorted(set.intersection(*map(set, answers.values()))) if answers else []
    result = []
    for run in with_model:
        if run.id in answers:
            found = answers[run.id]
            right = np.array([found[i] == labels[i] for i in common], bool)
            share = _share(right)
            result.append(Standing(run, share, tuple(common), right, len(found)))
    return result


def before_after(catalog: Catalog) -> BeforeAfter | None:
    """The last two quick models, None when nothing was changed between them."""
    runs = [r for r in catalog.runs.all() if r.kind == "quick" and catalog.runs.is_checked(r.id)]
    if len(runs) < 2:
        return None
    after, before = runs[:2]
    changed = catalog.journal.touched(before.config.get("journal", 0), after.config.get("journal"))
    found = standings(catalog, runs=[after, before])
    if not changed or len(found) < 2:
        return None
    new, old = found
    is_changed = np.array([i in changed for i in new.image_ids], bool)
    return BeforeAfter(
        before,
        after,
        _share(old.right_n[~is_changed]),
        _share(new.right_n[~is_changed]),
        _share(old.right_n[is_changed]),
        _share(new.right_n[is_changed]),
        paired_p_value(new.right_n[~is_changed], old.right_n[~is_changed]),
    )


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


def _share(right_n: np.ndarray) -> Share:
    return Share(int(right_n.sum()), len(right_n))


def _answers(catalog: Catalog, run: Run, labels: dict[str, str]) -> dict[str, str]:
    predictions = catalog.runs.predictions(run.id, "final")
    best = predictions.probs_nc.argmax(1) if predictions.image_ids else []
    pairs = zip(predictions.image_ids, best, strict=True)
    return {i: predictions.classes[k] for i, k in pairs if i in labels}
