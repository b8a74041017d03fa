"""The review queue: which images to look at, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.catalog import Catalog
from core.records import ImageRecord, Side
from core.review.scores import Scored, Scores

Show = Literal["to review", "reviewed", "deleted"]
Order = Literal["most suspicious", "highest loss", "least sure", "alike together"]

CONTROL_EVERY = 24  # one in so many is a picture that nothing speaks against
FEWEST_FOR_CONTROLS = 96


@dataclass(frozen=True)
class Filter:
    """What to show; empty words mean any.

    Attributes:
        text: part of the file's name, in any case.
        ids: only these images; empty for any.
        order: "highest loss" is that of the given label, whatever answers have taught of it;
            "least sure" has the lowest probability first, whatever the label says.
    """

    show: Show = "to review"
    label: str = ""
    predicted: str = ""
    side: Side | None = None
    text: str = ""
    order: Order = "most suspicious"
    ids: frozenset[str] = frozenset()

    def takes(self, scored: Scored) -> bool:
        image = scored.image
        return (
            _shown_under(image) == self.show
            and self.label in ("", image.label)
            and self.predicted in ("", scored.predicted)
            and self.side in (None, image.side)
            and (not self.ids or image.id in self.ids)
            and self.text.casefold() in image.source_path.casefold()
        )


def queue(
    catalog: Catalog,
    scores: Scores,
    shown_filter: Filter,
    alike: Callable[[Sequence[str]], list[str]] = list,
) -> list[str]:
    """Ids of the images that fit, in the order to look at them.

    Args:
        alike: puts ids in an order in which like pictures are together.
    """
    images = catalog.images.of_any_status()
    matches = [scored for scored in scores.of(images) if shown_filter.takes(scored)]
    if shown_filter.order == "least sure":
        return [s.image.id for s in sorted(matches, key=lambda s: (s.probability, s.image.id))]
    if shown_filter.order == "highest loss":
        return [s.image.id for s in sorted(matches, key=lambda s: (-s.loss, s.image.id))]
    worst = [s.image.id for s in sorted(matches, key=lambda s: (-s.wrong, -s.loss, s.image.id))]
    if shown_filter.order == "alike together":
        return alike(worst)
    return with_controls(worst) if shown_filter.show == "to review" else worst


def with_controls(worst_first: Sequence[str]) -> list[str]:
    """Move some pictures of the unsuspected half between the suspicious ones.

    What is said about them tells how much is missed further down. Ids are hashes: the lowest of
    the lower half are a fair sample of it, and stay the same when the queue is made again.
    """
    if len(worst_first) < FEWEST_FOR_CONTROLS:
        return list(worst_first)
    middle = len(worst_first) // 2
    controls = sorted(worst_first[middle:])[: middle // (CONTROL_EVERY - 1)]
    control_ids, mixed = set(controls), list[str]()
    suspects = [i for i in worst_first if i not in control_ids]
    for k, control in enumerate(controls):
        block = suspects[k * (CONTROL_EVERY - 1) : (k + 1) * (CONTROL_EVERY - 1)]
        position = int(control[-8:], 16) % (len(block) + 1)
        mixed += [*block[:position], control, *block[position:]]
    return mixed + suspects[len(controls) * (CONTROL_EVERY - 1) :]


def _shown_under(image: ImageRecord) -> Show:
    if image.status == "quarantined":
        return "deleted"
    return "reviewed" if image.reviewed else "to review"
