"""Plots as ECharts options: they are redrawn every second without a flicker."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.metrics import Share
from core.records import SIDES, Side

MAX_POINTS = 1000
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


def loss_curve(batches: Sequence[Mapping[str, Any]], epochs: Sequence[Mapping[str, Any]]) -> Option:
    """Training loss of every batch, smoothed, and validation loss after each epoch."""
    smooth = _smooth([b["train_loss"] for b in batches])
    train = [[b["step"], round(loss, 4)] for b, loss in zip(batches, smooth, strict=True)]
    valid = [[e["step"], round(e["valid_loss"], 4)] for e in epochs]
    return _lines([("training loss", _thin(train), False), ("validation loss", valid, True)])


def error_curve(epochs: Sequence[Mapping[str, Any]]) -> Option:
    """Error rate on the validation images, with its 95 % interval, after each epoch."""
    low, reach, points = [], [], []
    for epoch in epochs:
        total = epoch["valid_images"]
        share = Share(round(epoch["error_rate"] * total), total)
        low.append([epoch["step"], round(100 * share.low, 2)])
        reach.append([epoch["step"], round(100 * (share.high - share.low), 2)])
        points.append([epoch["step"], round(100 * share.value, 2)])
    option = _lines([("error rate, %", points, True)])
    band = {"type": "line", "stack": "band", "symbol": "none", "silent": True}
    hidden = {"lineStyle": {"opacity": 0}, "tooltip": {"show": False}}
    option["series"] += [
        {**band, **hidden, "name": "low", "data": low},
        {
            **band,
            **hidden,
            "name": "95 % interval",
            "data": reach,
            "areaStyle": {"opacity": 0.15, "color": COLOURS[0]},
        },
    ]
    option["legend"]["data"] = ["error rate, %"]
    return option


def rate_curve(batches: Sequence[Mapping[str, Any]]) -> Option:
    """The head's learning rate at every batch."""
    points = [[b["step"], b["learning_rate"]] for b in batches]
    return _lines([("learning rate", _thin(points), False)])


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


def _lines(series: Sequence[tuple[str, list[list[float]], bool]]) -> Option:
    return {
        "animation": False,
        "color": COLOURS,
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "left": 0, "data": [name for name, _, _ in series]},
        "grid": {"left": 4, "right": 16, "top": 34, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "name": "batch", "minInterval": 1, "max": "dataMax"},
        "yAxis": {"type": "value", "scale": True},
        "series": [
            {"name": name, "type": "line", "data": data, "showSymbol": dots, "symbolSize": 8}
            for name, data, dots in series
        ],
    }


def _smooth(values: Sequence[float], memory: float = 0.9) -> list[float]:
    """Exponential moving average without the pull to zero at its start (as in Adam)."""
    mean, result = 0.0, []
    for count, value in enumerate(values, 1):
        mean = memory * mean + (1 - memory) * value
        result.append(mean / (1 - memory**count))
    return result


def _thin(points: list[list[float]]) -> list[list[float]]:
    return points[:: math.ceil(len(points) / MAX_POINTS) or 1]
