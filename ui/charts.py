"""What all plots share: colours, and the words for shares."""

from __future__ import annotations

from typing import Any

from core.appearance import SERIES
from core.metrics import Share

COLOURS = list(SERIES)
Option = dict[str, Any]
"""What ECharts draws."""


def percent(share: Share) -> str:
    """The share in words; it may be of nothing."""
    return f"{share.value:.1%} right" if share.total else "no validation images left"
