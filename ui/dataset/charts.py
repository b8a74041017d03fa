"""Plots of the Dataset page as ECharts options."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ui.charts import COLOURS, Option


def measure_histogram(counts: Sequence[int], top: float, limit: float) -> Option:
    """How many pictures have which value of 0..`top`, with a line at the limit and what is below
    it in another colour. Heights are square roots of counts: the few at the ends are what matters.
    """
    width = top / len(counts)
    steps = [[round(k * width, 4), round(math.sqrt(count), 3)] for k, count in enumerate(counts)]
    there = steps[min(len(steps) - 1, int(limit / width + 1e-9))][1]
    below = [step for step in steps if step[0] < limit]
    above = [step for step in steps if step[0] > limit]
    line = {"color": COLOURS[1], "type": "solid", "width": 2}
    mark = {"silent": True, "symbol": "none", "lineStyle": line, "label": {"show": False}}
    return {
        "animation": False,
        "grid": {"left": 8, "right": 16, "top": 8, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "min": 0, "max": top, "splitLine": {"show": False}},
        "yAxis": {"type": "value", "show": False},
        "series": [
            _steps([*below, [limit, below[-1][1] if below else 0]], COLOURS[1]),
            _steps([[limit, there], *above, [top, steps[-1][1]]], COLOURS[0])
            | {"markLine": mark | {"data": [{"xAxis": limit}]}},
        ],
    }


def _steps(points: Sequence[Sequence[float]], colour: str) -> dict[str, Any]:
    return {
        "type": "line",
        "step": "end",
        "symbol": "none",
        "silent": True,
        "color": colour,
        "lineStyle": {"width": 1},
        "areaStyle": {"opacity": 0.45},
        "data": list(points),
    }
