"""Runs compared honestly: on the same validation images, by today's labels, by a paired test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.catalog import Catalog
from core.metrics import Share, paired_p_value
from core.records import Run, Side

SURE = 0.05
"""Probability of chance below which a difference is called real."""


@dataclass(frozen=True, eq=False)
class RunResult:
    """How one run does on the images of today.

    Attributes:
        accuracy: share right of the images that it answered.
        image_ids: n ids of those.
        right_n: bool (n,), per image.
        missing: how many images of the comparison it never answered; its accuracy compares with
            others only when there are none.
    """

    run: Run
    accuracy: Share
    image_ids: tuple[str, ...]
    right_n: np.ndarray
    missing: int


@dataclass(frozen=True)
class Paired:
    """Two runs on the n images that both answered; `p_value` is an exact McNemar test."""

    images: int
    only_a: int
    only_b: int
    p_value: float


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


def run_results(
    catalog: Catalog, side: Side = "valid", runs: Sequence[Run] | None = None
) -> list[RunResult]:
    """Runs with a model, newest first, on the images in use that the newest of them answered.

    Labels are those of now, so a relabelled image counts the same for every run; an image taken
    out of use counts for none. A run that did not answer all of these images says so.

    Args:
        runs: which of those with a model; all when none are given.
    """
    labels = {image.id: image.label for image in catalog.images.all(sides=[side])}
    runs = catalog.runs.with_model() if runs is None else runs
    answers = {run.id: _answers(catalog, run, labels) for run in runs}
    if labels:  # without any image of this side, runs are listed all the same
        answers = {run_id: found for run_id, found in answers.items() if found}
    compared = sorted(next(iter(answers.values()), ()))
    return [_standing(run, answers[run.id], compared, labels) for run in runs if run.id in answers]


def comparable(runs: Sequence[RunResult]) -> list[RunResult]:
    """Those that answered the same images, best first; of equals the newest first."""
    return sorted((s for s in runs if not s.missing), key=lambda s: -s.accuracy.hits)


def paired(a: RunResult, b: RunResult) -> Paired:
    """Two runs, image by image, where both answered."""
    right_a = dict(zip(a.image_ids, a.right_n, strict=True))
    right_b = dict(zip(b.image_ids, b.right_n, strict=True))
    both = right_a.keys() & right_b.keys()
    a_n, b_n = (np.array([right[i] for i in both], bool) for right in (right_a, right_b))
    return Paired(
        len(both), int((a_n & ~b_n).sum()), int((b_n & ~a_n).sum()), paired_p_value(a_n, b_n)
    )


def before_after(catalog: Catalog) -> BeforeAfter | None:
    """The last two quick models, None when nothing was changed between them."""
    runs = [run for run in catalog.runs.with_model() if run.kind == "quick"]
    if len(runs) < 2:
        return None
    after, before = runs[:2]
    changed = catalog.journal.changed_images(before.edits, after.edits)
    found = run_results(catalog, runs=[after, before])
    if not changed or len(found) < 2:
        return None
    new, old = _on_common_images(*found)
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


def difference(a: RunResult, b: RunResult) -> str:
    """One sentence on whether two runs really differ (exact McNemar test)."""
    both = paired(a, b)
    if not both.images:
        return f"{a.run.name} and {b.run.name} have no images in common."
    where = (
        f" (on the {both.images:,} images that both have seen)" if a.missing or b.missing else ""
    )
    if both.only_a == both.only_b == 0:
        return f"{a.run.name} and {b.run.name} are right and wrong on the same images{where}."
    better, worse, more, fewer = (
        (a, b, both.only_a, both.only_b)
        if both.only_a >= both.only_b
        else (b, a, both.only_b, both.only_a)
    )
    verdict = "a real difference" if both.p_value < SURE else "that can be chance"
    return (
        f"{better.run.name} is right on {more} image{'s' * (more != 1)} that {worse.run.name} "
        f"gets wrong, and wrong on {fewer} that it gets right{where}: {verdict} "
        f"(p = {both.p_value:.2g})."
    )


def _standing(
    run: Run, found: Mapping[str, str], compared: Sequence[str], labels: Mapping[str, str]
) -> RunResult:
    ids = [image_id for image_id in compared if image_id in found]
    right = np.array([found[i] == labels[i] for i in ids], bool)
    return RunResult(run, _share(right), tuple(ids), right, len(compared) - len(ids))


def _on_common_images(a: RunResult, b: RunResult) -> tuple[RunResult, RunResult]:
    both = set(a.image_ids) & set(b.image_ids)
    return _only(a, both), _only(b, both)


def _only(standing: RunResult, ids: set[str]) -> RunResult:
    kept = [k for k, image_id in enumerate(standing.image_ids) if image_id in ids]
    right = standing.right_n[kept]
    names = tuple(standing.image_ids[k] for k in kept)
    return replace(standing, accuracy=_share(right), image_ids=names, right_n=right)


def _share(right_n: np.ndarray) -> Share:
    return Share(int(right_n.sum()), len(right_n))


def _answers(catalog: Catalog, run: Run, labels: dict[str, str]) -> dict[str, str]:
    predictions = catalog.runs.predictions(run.id, "final")
    best = predictions.probs_nc.argmax(1) if predictions.image_ids else []
    pairs = zip(predictions.image_ids, best, strict=True)
    return {i: predictions.classes[k] for i, k in pairs if i in labels}
