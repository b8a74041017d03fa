"""Accuracy against time, with intervals and the line of those that none beats in both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.training.architecture_results import Standing
from ui.charts import COLOURS, Option

GAP = [None, None]


def accuracy_against_time(standings: Sequence[Standing]) -> Option:
    """One point an architecture: milliseconds for one picture, and accuracy in percent."""
    best_kind = sorted((s for s in standings if s.pareto), key=lambda s: s.candidate.one_ms)
    return {
        "animation": False,
        "color": COLOURS,
        "tooltip": {"trigger": "item", "formatter": "{b}: {c}"},
        "legend": {"top": 0, "left": 0, "data": ["frozen features", "fine-tuned", LINE]},
        "grid": {"left": 24, "right": 48, "top": 56, "bottom": 32, "containLabel": True},
        "xAxis": {
            "type": "log",
            "name": "milliseconds for one picture",
            "nameLocation": "middle",
            "nameGap": 28,
            **_range_of_times([s.candidate.one_ms for s in standings]),
        },
        "yAxis": {
            "type": "value",
            "name": "accuracy, %",
            "nameLocation": "middle",
            "nameGap": 38,
            "scale": True,
            "max": 100,
            "min": max(0, int(100 * min(s.candidate.accuracy.low for s in standings)) - 2),
        },
        "series": [_line(best_kind), _intervals(standings), *_points(standings)],
    }


LINE = "none is faster and better"


def _points(standings: Sequence[Standing]) -> list[Option]:
    return [
        {
            "name": how,
            "type": "scatter",
            "symbolSize": 13,
            "z": 4,
            "itemStyle": {"color": colour},
            "label": {"show": True, "formatter": "{b}", "position": "right"},
            "labelLayout": {"hideOverlap": True, "moveOverlap": "shiftY"},
            "data": [
                {"name": s.candidate.architecture, "value": [_time(s), _percent(s)]}
                for s in standings
                if s.candidate.how == how
            ],
        }
        for how, colour in zip(("frozen features", "fine-tuned"), COLOURS, strict=False)
    ]


def _line(standings: Sequence[Standing]) -> Option:
    return {
        "name": LINE,
        "type": "line",
        "symbol": "none",
        "silent": True,
        "lineStyle": {"type": "dashed", "color": COLOURS[2]},
        "itemStyle": {"color": COLOURS[2]},
        "data": [[_time(s), _percent(s)] for s in standings],
    }


def _intervals(standings: Sequence[Standing]) -> Option:
    ends: list[list[Any]] = []
    for standing in standings:
        share = standing.candidate.accuracy
        low, high = round(100 * share.low, 2), round(100 * share.high, 2)
        ends += [[_time(standing), low], [_time(standing), high], GAP]
    return {
        "name": "95 % interval",
        "type": "line",
        "symbol": "none",
        "silent": True,
        "lineStyle": {"width": 5, "opacity": 0.3, "color": COLOURS[0]},
        "data": ends,
    }


def _time(standing: Standing) -> float:
    return round(standing.candidate.one_ms, 2)


def _percent(standing: Standing) -> float:
    return round(100 * standing.candidate.accuracy.value, 1)


def _range_of_times(times_ms: Sequence[float]) -> Option:
    """Half a step of the logarithm on both sides, so that one point is no line."""
    return {"min": round(min(times_ms) / 1.5, 2), "max": round(max(times_ms) * 2.5, 2)}
