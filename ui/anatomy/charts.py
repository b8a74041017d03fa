"""Plots of the Anatomy page as ECharts options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui.charts import COLOURS, Option


def histogram(numbers: Mapping[str, Any]) -> Option:
    """How often a tensor holds numbers of each size: `core.interpretation.anatomy.numbers_of`."""
    counts, low = numbers["counts"], numbers["low"]
    width = (numbers["high"] - low) / len(counts)
    bars = [[low + (k + 0.5) * width, count] for k, count in enumerate(counts)]
    return {
        "color": COLOURS,
        "tooltip": {"trigger": "item"},
        "grid": {"left": 8, "right": 16, "top": 12, "bottom": 28, "containLabel": True},
        "xAxis": {"type": "value", "scale": True, "name": "value", "nameLocation": "middle",
                  "nameGap": 24},
        "yAxis": {"type": "value", "name": ""},
        "series": [{"type": "bar", "data": bars, "barWidth": f"{90 / len(counts):.2f}%"}],
    }  # fmt: skip
