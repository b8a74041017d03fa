"""Plots of the Interpretation page, as ECharts options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.interpretation.calibration import Calibration
from core.interpretation.thresholds import AtThreshold
from ui.charts import COLOURS

Option = dict[str, Any]
MOST_WRITTEN = 16
"""Most classes for which the cells have their numbers written into them."""


def selected(key: str) -> list[int]:
    """What is chosen in a plot with that key: places in its data."""
    value = st.session_state.get(key)
    groups = value["selection"]["selected"] if isinstance(value, Mapping) else []
    return [int(place) for group in groups for place in group["data_indices"]]


def confusion_plot(
    matrix_cc: np.ndarray, order: np.ndarray, classes: Sequence[str], as_shares: bool
) -> Option:
    """Actual classes down, predicted ones across; cell k of the data is [k // c, k % c]."""
    cells = matrix_cc[np.ix_(order, order)].astype(float)
    totals = cells.sum(1, keepdims=True)
    values = np.round(100 * cells / np.maximum(totals, 1), 1) if as_shares else cells
    errors = np.where(np.eye(len(order), dtype=bool), 0, values)
    worst = max(1.0, float(errors.max(initial=0)))
    names = [classes[k] for k in order]
    axis = {"type": "category", "data": names, "axisLabel": _names()}
    return {
        "animation": False,
        "tooltip": {"formatter": "{b}"},
        "grid": {"left": 8, "right": 16, "top": 8, "bottom": 8, "containLabel": True},
        "xAxis": {**axis, "position": "top", "axisLabel": {**_names(), "rotate": 40}},
        "yAxis": {**axis, "inverse": True},
        "visualMap": {
            "show": False,
            "min": 0,
            "max": worst,
            "dimension": 3,
            "inRange": {"color": ["rgba(224,122,31,0.04)", "#c2410c"]},
        },
        "series": [
            {
                "type": "heatmap",
                "selectedMode": "single",
                "select": {"itemStyle": {"borderColor": COLOURS[0], "borderWidth": 3}},
                "data": _cells(values, errors, worst, names),
            }
        ],
    }


def _cells(
    values_cc: np.ndarray, errors_cc: np.ndarray, worst: float, names: Sequence[str]
) -> list[Option]:
    """Right answers have a colour of their own: only errors are to be compared."""
    count = len(values_cc)
    cells = []
    for row in range(count):
        for column in range(count):
            value, error = float(values_cc[row, column]), float(errors_cc[row, column])
            label = {
                "show": count <= MOST_WRITTEN and value > 0,
                "formatter": f"{value:g}",
                "color": "#ffffff" if error > worst / 2 else "#7b828a",
                "fontWeight": "bold" if row == column else "normal",
                "textBorderWidth": 0,
            }
            # A name of its own: ECharts selects all that share one.
            name = f"{names[row]}, said {names[column]}: {value:g}"
            cell: Option = {"name": name, "value": [column, row, value, error], "label": label}
            if row == column:
                cell["itemStyle"] = {"color": "rgba(15,118,110,0.2)"}
            cells.append(cell)
    return cells


def _names() -> Option:
    return {"width": 110, "overflow": "truncate", "interval": 0}


def calibration_plot(result: Calibration) -> Option:
    """Share right over confidence, with intervals; on the diagonal the probabilities are true."""
    dots = [[100 * b.confidence, 100 * b.right.value, b.right.total] for b in result.bins]
    bars = [
        [
            {"coord": [100 * b.confidence, 100 * b.right.low]},
            {"coord": [100 * b.confidence, 100 * b.right.high]},
        ]
        for b in result.bins
    ]
    line = {"type": "line", "symbol": "none", "silent": True, "lineStyle": {"type": "dashed"}}
    return {
        "animation": False,
        "color": COLOURS,
        "tooltip": {"trigger": "item", "valueFormatter": "%.1f"},
        "grid": {"left": 8, "right": 16, "top": 16, "bottom": 26, "containLabel": True},
        "xAxis": _percent_axis("confidence, %", "middle"),
        "yAxis": _percent_axis("right, %", "end"),
        "series": [
            {
                "type": "scatter",
                "name": "right",
                "symbolSize": 10,
                "data": [[round(v, 1) for v in dot] for dot in dots],
                "markLine": {
                    "silent": True,
                    "symbol": "none",
                    "label": {"show": False},
                    "lineStyle": {"type": "solid", "width": 3, "opacity": 0.35},
                    "data": bars,
                },
            },
            {**line, "data": [[0, 0], [100, 100]], "lineStyle": {"color": "#8a8f94", "width": 1}},
        ],
    }


def threshold_plot(every: Sequence[AtThreshold], chosen: float) -> Option:
    """Share answered and share right of these, over the lowest confidence that is answered."""
    lines = (
        ("answered, %", [[100 * a.threshold, 100 * a.answered.value] for a in every]),
        (
            "right of these, %",
            [[100 * a.threshold, 100 * a.right.value] for a in every if a.right.total],
        ),
    )
    return {
        "animation": False,
        "color": [COLOURS[2], COLOURS[0]],
        "tooltip": {"trigger": "axis", "valueFormatter": "%.1f"},
        "legend": {"top": 0, "left": 0},
        "grid": {"left": 8, "right": 16, "top": 34, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "value", "min": 0, "max": 100},
        "yAxis": {"type": "value", "min": 0, "max": 100},
        "series": [
            {
                "name": name,
                "type": "line",
                "showSymbol": False,
                "data": [[round(x, 1), round(y, 2)] for x, y in points],
                "markLine": {
                    "silent": True,
                    "symbol": "none",
                    "label": {"show": False},
                    "data": [{"xAxis": 100 * chosen}],
                },
            }
            for name, points in lines
        ],
    }


def _percent_axis(name: str, place: str) -> Option:
    return {
        "type": "value",
        "min": 0,
        "max": 100,
        "name": name,
        "nameLocation": place,
        "nameGap": 24,
    }
