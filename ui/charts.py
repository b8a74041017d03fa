"""Plots as ECharts options: they are redrawn every second without a flicker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.metrics import Share
from core.records import SIDES, Side

MOST_CLASSES = 60
SIDE_NAMES: dict[Side, str] = {"train": "training", "valid": "validation", "test": "test"}
COLOURS = ["#0f766e", "#e07a1f", "#7c6fd0"]
Option = dict[str, Any]


def percent(share: Share) -> str:
    """The share in words; it may be of nothing."""
    return f"{share.value:.1%} right" if share.total else "no validation images left"


def class_counts(counts: Mapping[str, Mapping[Side, int]]) -> Option:
    """Pictures per class, stacked by side; the largest class on top. Of very many classes, the
    largest and the smallest.
    """
    names = sorted(counts, key=lambda name: sum(counts[name].values()))
    if len(names) > MOST_CLASSES:
        names = names[: MOST_CLASSES // 2] + names[-MOST_CLASSES // 2 :]
    used = [side for side in SIDES if any(counts[name][side] for name in names)]
    return {
        "color": COLOURS,
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "legend": {"top": 0, "left": 0},
        "grid": {"left": 4, "right": 24, "top": 32, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {"type": "category", "data": names, "axisLabel": {"width": 140, **_CUT}},
        "series": [
            {
                "name": SIDE_NAMES[side],
                "type": "bar",
                "stack": "pictures",
                "barMaxWidth": 22,
                "data": [counts[name][side] for name in names],
            }
            for side in used
        ],
    }


_CUT = {"overflow": "truncate"}


def accuracies(names: Sequence[str], shares: Sequence[Share]) -> Option:
    """Accuracy of each run with its 95 % interval; the first name on top."""
    rows = list(zip(names, shares, strict=True))[::-1]
    bar = {"type": "bar", "stack": "interval", "barWidth": 6, "silent": True}
    dots = [[round(100 * s.value, 2), k] for k, (_, s) in enumerate(rows)]
    return {
        "color": COLOURS,
        "tooltip": {"trigger": "item", "formatter": "{c} %"},
        "grid": {"left": 4, "right": 32, "top": 8, "bottom": 28, "containLabel": True},
        "xAxis": {
            "type": "value",
            "scale": True,
            "name": "accuracy, % (bar: 95 % interval)",
            "nameLocation": "middle",
            "nameGap": 26,
            "min": min((max(0, 5 * int(20 * s.low - 0.4)) for _, s in rows), default=0),
            "max": 100,
        },
        "yAxis": {"type": "category", "data": [name for name, _ in rows]},
        "series": [
            {
                **bar,
                "data": [100 * s.low for _, s in rows],
                "itemStyle": {"color": "transparent"},
            },
            {
                **bar,
                "data": [100 * (s.high - s.low) for _, s in rows],
                "itemStyle": {"opacity": 0.35},
            },
            {"type": "scatter", "symbolSize": 12, "data": [[d[0], d[1]] for d in dots], "z": 3},
        ],
    }
