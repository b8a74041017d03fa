"""The first training of a workspace: look-alikes are looked for with features, and what they say
moves, before the split is locked. It stands above dataset and training because it is of both.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from core.catalog.lookalikes import KINDS_OF_PAIRS
from core.context import Context
from core.dataset.groups import regrouped
from core.events import Event
from core.lookalikes import find_lookalikes
from core.training import fine_tune, quick
from core.training.config import DEFAULT_ARCHITECTURE
from core.training.quick import features_of
from core.training.training_set import training_set


def quick_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "quick"."""
    first = context.catalog.may_choose_split()
    yield from settle_split(context, args.get("architecture", DEFAULT_ARCHITECTURE))
    if not (first and context.stop_requested()):
        yield from quick.quick_task(context, args)


def fine_tune_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "fine-tune"."""
    started, first = time.monotonic(), context.catalog.may_choose_split()
    yield from settle_split(context, DEFAULT_ARCHITECTURE)  # not every network has features
    if not (first and context.stop_requested()):
        yield from fine_tune.fine_tune_task(context, args, started)  # its minutes hold for both


def settle_split(context: Context, architecture: str) -> Iterator[Event]:
    """Put look-alikes on one side, by features, as long as nothing was trained; then nothing is
    done. Stopping leaves the split as it was, and it may still be chosen.

    Raises:
        StudioError: there is nothing to train on, or the features cannot be computed.
    """
    catalog = context.catalog
    if not catalog.may_choose_split():
        return
    yield from features_of(context, architecture, training_set(context))
    if context.stop_requested():
        return
    yield from find_lookalikes(context)
    if context.stop_requested():
        return
    with catalog.atomic():
        if catalog.may_choose_split():  # nobody trained meanwhile
            pairs = [p for kind in KINDS_OF_PAIRS for p in catalog.lookalikes.open_pairs(kind)]
            images = regrouped(catalog.images.of_any_status(), pairs, catalog.seed)
            catalog.choose_split(catalog.seed, catalog.valid_share, images)
