"""Plots of the Dataset page as ECharts options."""

from __future__ import annotations

from collections.abc import Sequence

from ui.charts import COLOURS, Option


def measure_histogram(counts: Sequence[int], top: float, limit: float) -> Option:
    """How many pictures have which value of 0..`top`; what is below the limit in another colour."""
    width = top / len(counts)
    bars = [
        {
            "value": [round((k + 0.5) * width, 4), count],
            "itemStyle": {"color": COLOURS[1] if (k + 0.5) * width < limit else COLOURS[0]},
        }
        for k, count in enumerate(counts)
    ]
    line = {"color": COLOURS[1], "type": "solid", "width": 2}
    return {
        "animation": False,
        "tooltip": {"trigger": "item", "formatter": "{c}"},
        "grid": {"left": 4, "right": 16, "top": 18, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "min": 0, "max": top},
        "yAxis": {"type": "value", "minInterval": 1, "splitNumber": 2},
        "series": [
            {
                "type": "bar",
                "data": bars,
                "barWidth": f"{90 / len(counts):.2f}%",
                "markLine": {
                    "silent": True,
                    "symbol": "none",
                    "lineStyle": line,
                    "label": {"show": False},
                    "data": [{"xAxis": limit}],
                },
            }
        ],
    }
