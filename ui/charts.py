"""What plots and pages share: colours, and the words for shares and counts."""

from __future__ import annotations

from typing import Any

from core.appearance import SERIES
from core.metrics import Share

COLOURS = list(SERIES)
Option = dict[str, Any]
"""What ECharts draws."""


def counted(count: int, noun: str) -> str:
    """So many of them in words."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def percent(share: Share) -> str:
    """The share in words; it may be of nothing."""
    return f"{share.value:.1%} right" if share.total else "no validation images left"
