"""What there is to tell of a workspace: counts, shares and pictures, all from the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from core.catalog import Catalog
from core.interpretation.comparison import BeforeAfter, before_after, comparable, run_results
from core.interpretation.confusion import confusion_matrix, most_confused
from core.judged import Judged, judged
from core.metrics import Share
from core.records import EditKind, ImageRecord, Run, Side

MOSAIC = 40
EXAMPLES = 5
PAIRS = 3
FEW = 100
"""Checked pictures below which a share is too rough to compare with another one."""


@dataclass(frozen=True)
class Example:
    """A picture, its label, and what the model answers how surely (0..1)."""

    image_id: str
    label: str
    answer: str
    confidence: float


@dataclass(frozen=True)
class Mixup:
    """`count` of the `total` checked pictures of one class are taken for another."""

    label: str
    answer: str
    count: int
    total: int
    example: Example


@dataclass(frozen=True)
class Checked:
    """A run on pictures that it did not learn from.

    Attributes:
        side: "test" where there are test pictures, which chose nothing; else "valid".
        classes: shares right by class, the weakest first.
        right, wrong: the surest answers of both sorts; of the right ones, one of each class first.
    """

    run: Run
    side: Side
    accuracy: Share
    classes: tuple[tuple[str, Share], ...]
    right: tuple[Example, ...]
    wrong: tuple[Example, ...]
    mixups: tuple[Mixup, ...]


@dataclass(frozen=True)
class Story:
    """Of a workspace.

    Attributes:
        name: of the workspace.
        counts: pictures by class, the largest class first.
        mosaic: ids of pictures, the classes taking turns.
        checked: None as long as there is no model that answered anything.
        edits: what persons did, by kind, as far as it is in force.
        cleaning: the last two quick models, where something was changed between them.
    """

    name: str
    counts: tuple[tuple[str, int], ...]
    mosaic: tuple[str, ...]
    checked: Checked | None
    edits: dict[EditKind, int]
    cleaning: BeforeAfter | None

    @property
    def pictures(self) -> int:
        return sum(count for _, count in self.counts)


def story(catalog: Catalog, name: str, run: Run | None = None) -> Story:
    """The story as it stands today.

    Args:
        run: the model to tell of; the most accurate one on today's validation pictures if not
            given.
    """
    counts = {label: sum(sides.values()) for label, sides in catalog.images.counts().items()}
    return Story(
        name,
        tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        tuple(_mosaic(catalog.images.all())),
        _checked(catalog, run or _best_run(catalog)),
        catalog.journal.in_force(),
        before_after(catalog),
    )


def _best_run(catalog: Catalog) -> Run | None:
    results = comparable(run_results(catalog))
    return results[0].run if results else None


def _mosaic(images: Sequence[ImageRecord]) -> list[str]:
    by_class: dict[str, list[str]] = {}
    for image in images:
        by_class.setdefault(image.label, []).append(image.id)
    turns = zip_longest(*(sorted(ids)[:MOSAIC] for _, ids in sorted(by_class.items())))
    return [image_id for turn in turns for image_id in turn if image_id][:MOSAIC]


def _checked(catalog: Catalog, run: Run | None) -> Checked | None:
    if run is None:
        return None
    side: Side = "test"
    answers = judged(catalog, run, side)
    if not len(answers):
        side = "valid"
        answers = judged(catalog, run, side)
    if not len(answers):
        return None
    return Checked(
        run,
        side,
        answers.accuracy,
        tuple(_by_class(answers)),
        tuple(_surest_of_each(answers)),
        tuple(_surest(answers, ~answers.right_n)),
        tuple(_mixups(answers)),
    )


def _by_class(answers: Judged) -> list[tuple[str, Share]]:
    shares = [(name, answers.recall(k)) for k, name in enumerate(answers.classes)]
    return sorted((s for s in shares if s[1].total), key=lambda s: (s[1].value, -s[1].total))


def _surest(answers: Judged, wanted_n: np.ndarray) -> list[Example]:
    order = np.argsort(-answers.confidence_n, kind="stable")
    return [_example(answers, int(row)) for row in order if wanted_n[row]][:EXAMPLES]


def _surest_of_each(answers: Judged) -> list[Example]:
    """Right answers, one of a class as long as there are classes."""
    of_class = [answers.right_n & (answers.labels_n == k) for k in range(len(answers.classes))]
    examples = []
    for turn in zip_longest(*(_surest(answers, rows_n) for rows_n in of_class)):
        examples += sorted(filter(None, turn), key=lambda example: -example.confidence)
    return examples[:EXAMPLES]


def _example(answers: Judged, row: int) -> Example:
    image = answers.images[row]
    answer = answers.classes[int(answers.predicted_n[row])]
    return Example(image.id, image.label, answer, float(answers.confidence_n[row]))


def _mixups(answers: Judged) -> list[Mixup]:
    matrix = confusion_matrix(answers.labels_n, answers.predicted_n, len(answers.classes))
    mixups = []
    for pair in most_confused(matrix)[:PAIRS]:
        rows = (answers.labels_n == pair.actual) & (answers.predicted_n == pair.predicted)
        surest = _surest(answers, rows)[0]
        total = int(matrix[pair.actual].sum())
        mixups.append(Mixup(surest.label, surest.answer, pair.count, total, surest))
    return mixups
