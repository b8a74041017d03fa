"""Pictures that say how good a model is although it has learned from a copy of them.

The facts are made of the pairs of look-alikes that are known, so they say too how much was looked
at. Where an accuracy is shown they are told beside it, always in the same sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.catalog import Catalog
from core.metrics import Share
from core.records import SIDE_NAMES, Side


@dataclass(frozen=True)
class Leak:
    """What is known of copies in training of the pictures that a model was checked on.

    Attributes:
        copied: how many of these pictures have a copy in training.
        every: right answers on all of them.
        clean: right answers on those that have none.
        searched: whether copies were ever looked for.
        not_searched: how many pictures of the workspace came after the last search.
    """

    side: Side
    copied: int
    every: Share
    clean: Share
    searched: bool
    not_searched: int


def find_leak(catalog: Catalog, side: Side, image_ids: Sequence[str], right_n: np.ndarray) -> Leak:
    """The leak of n pictures of one side.

    Args:
        right_n: bool (n,), whether each was answered rightly.
    """
    copied_ids = catalog.lookalikes.copied_in_training()
    clean_n = np.array([i not in copied_ids for i in image_ids], bool)
    right_n = np.asarray(right_n, bool)
    return Leak(
        side,
        int((~clean_n).sum()),
        Share(int(right_n.sum()), len(right_n)),
        Share(int(right_n[clean_n].sum()), int(clean_n.sum())),
        catalog.lookalikes.searched_with() is not None,
        catalog.lookalikes.came_since(),
    )


def leak_sentence(leak: Leak) -> str:
    """What is known, in words; without any copy, how much was looked at."""
    pictures = f"{SIDE_NAMES[leak.side]} picture{'s' * (leak.every.total != 1)}"
    if not leak.searched:
        return f"Nobody has looked yet whether the {pictures} have copies in training."
    if not leak.copied:
        came = f"{leak.not_searched:,} picture{'s' * (leak.not_searched != 1)} came after it"
        later = f"; {came}" if leak.not_searched else ""
        return f"The last search found no copy of the {pictures} in training{later}."
    has = "has" if leak.copied == 1 else "have"
    counted = f"{leak.copied:,} of {leak.every.total:,} {pictures} {has} a copy in training"
    if not leak.clean.total:
        return f"{counted}: this number means nothing."
    return (
        f"{counted}: on the other {leak.clean.total:,} the model is right {leak.clean.value:.1%} "
        f"of the time (95 % interval {leak.clean.low:.1%} to {leak.clean.high:.1%}), not "
        f"{leak.every.value:.1%}."
    )
