"""When to stop: how the last answers went, what the next ones would bring, and how fast it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.catalog import Catalog
from core.records import ReviewProgress
from core.review.chance_wrong import Count
from core.review.scores import Scores

NEXT = 20
FEW = 1.0  # expected wrong labels among the next ones: a page looks alright
SHORTEST_S = 10.0  # many pictures marked in one step are no pace
RECENT = timedelta(minutes=5)


@dataclass(frozen=True)
class Outlook:
    """How the review stands.

    Attributes:
        per_minute: pictures marked a minute of late; None when there are too few to tell.
        ahead: wrong labels among the next pictures of the queue.
        last_wrong, last_total: how many of the pictures looked at last needed something.
    """

    progress: ReviewProgress
    per_minute: float | None
    ahead: Count
    last_wrong: int
    last_total: int

    @property
    def looks_alright(self) -> bool:
        """The rule of the course: stop when a page of pictures looks alright."""
        enough = self.last_total == NEXT and self.ahead.total > 0
        return enough and self.last_wrong <= FEW and self.ahead.expected <= FEW


def outlook(catalog: Catalog, scores: Scores, coming: Sequence[str], now: datetime) -> Outlook:
    """How the review stands at this moment (with a time zone).

    Args:
        coming: ids of pictures still to review, in the order of the queue.
    """
    since = (now - RECENT).astimezone(UTC).isoformat(timespec="seconds")
    progress = catalog.answers.progress(("train", "valid"), since)
    last = catalog.answers.last(NEXT)
    return Outlook(
        progress=progress,
        per_minute=_per_minute(progress),
        ahead=scores.count(coming[:NEXT]),
        last_wrong=sum(last),
        last_total=len(last),
    )


def _per_minute(progress: ReviewProgress) -> float | None:
    if progress.recent < 5 or not progress.recent_first or not progress.recent_last:
        return None
    first, last = map(datetime.fromisoformat, (progress.recent_first, progress.recent_last))
    return 60 * progress.recent / max((last - first).total_seconds(), SHORTEST_S)
