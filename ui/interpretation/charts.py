"""Plots of the Interpretation page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.appearance import BACKGROUND, SERIES, TEXT, WRONG, blend
from core.interpretation.reliability import Reliability
from core.interpretation.thresholds import AtThreshold
from ui.charts import COLOURS
from ui.plots import GREY, empty_plot, interval_bars, literal, rgba, shortened

MOST_WRITTEN = 16
"""Most classes for which the cells have their numbers written into them."""
INK = TEXT.light
PALE, DEEP = blend(WRONG, 0.25, BACKGROUND.light), blend(WRONG, 0.75, BACKGROUND.light)
CALM = blend(SERIES[0], 0.35, BACKGROUND.light)
"""Cells are the same on light and dark pages, so one ink is legible on all of them."""


def confusion_plot(
    matrix_cc: np.ndarray, order: np.ndarray, classes: Sequence[str], as_shares: bool
) -> go.Figure:
    """Actual classes down, predicted ones across; point k of its last trace is the cell
    [k // c, k % c].
    """
    cells_cc = matrix_cc[np.ix_(order, order)].astype(float)
    totals = cells_cc.sum(1, keepdims=True)
    values_cc = np.round(100 * cells_cc / np.maximum(totals, 1), 1) if as_shares else cells_cc
    names = [classes[k] for k in order]
    ticks = {"tickvals": list(range(len(names))), "ticktext": [shortened(name) for name in names]}
    plot = empty_plot("predicted", "actual", showlegend=False)
    plot.add_traces([*_colours(values_cc), _points(values_cc, names)])
    plot.update_layout(annotations=_numbers(values_cc))
    plot.update_xaxes(**ticks, side="top", tickangle=-40, showgrid=False)
    plot.update_yaxes(**ticks, autorange="reversed", showgrid=False)
    return plot


def _colours(values_cc: np.ndarray) -> list[go.Heatmap]:
    """Right answers have a colour of their own: only errors are to be compared."""
    diagonal = np.eye(len(values_cc), dtype=bool)
    rest = {"showscale": False, "xgap": 1, "ygap": 1, "hoverinfo": "skip"}
    some = np.where(values_cc > 0, values_cc, np.nan)
    errors, right = (np.where(diagonal == own, some, np.nan) for own in (False, True))
    worst = max(1.0, float(np.nan_to_num(errors).max(initial=0)))
    scale = [[0, PALE], [1, DEEP]]
    calm = [[0, CALM], [1, CALM]]
    return [
        go.Heatmap(z=errors, colorscale=scale, zmin=0, zmax=worst, **rest),
        go.Heatmap(z=right, colorscale=calm, zmin=0, zmax=1, **rest),
    ]


def _numbers(values_cc: np.ndarray) -> list[dict[str, Any]]:
    """Annotations, as a trace would fade when a cell is chosen."""
    count = len(values_cc)
    if count > MOST_WRITTEN:
        return []
    return [
        {"x": c, "y": r, "text": f"{values_cc[r, c]:g}", "showarrow": False, "font": {"color": INK}}
        for r, c in np.argwhere(values_cc > 0).tolist()
    ]


def _points(values_cc: np.ndarray, names: Sequence[str]) -> go.Scatter:
    """What is clicked: a cell of a heat map itself cannot be chosen."""
    rows, columns = np.divmod(np.arange(values_cc.size), len(names) or 1)
    text = [
        f"{literal(names[r])}, said {literal(names[c])}: {values_cc[r, c]:g}"
        for r, c in zip(rows, columns, strict=True)
    ]
    size = max(8, min(34, 560 // max(1, len(names))))
    return go.Scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={"size": size, "symbol": "square", "opacity": 0, "color": COLOURS[0]},
        selected={"marker": {"opacity": 0.35}},
        unselected={"marker": {"opacity": 0}},
        hovertext=text,
        hoverinfo="text",
    )


def calibration_plot(result: Reliability) -> go.Figure:
    """Share right over confidence, with intervals; on the diagonal the probabilities are true."""
    plot = empty_plot("confidence, %", "right, % (line: 95 % interval)", showlegend=False)
    line = {"dash": "dash", "color": GREY, "width": 1}
    plot.add_scatter(x=[0, 100], y=[0, 100], mode="lines", line=line, hoverinfo="skip")
    plot.add_scatter(
        x=[100 * b.confidence for b in result.bins],
        y=[100 * b.right.value for b in result.bins],
        customdata=[b.right.total for b in result.bins],
        mode="markers",
        marker={"size": 10, "color": COLOURS[0]},
        error_y=interval_bars([b.right for b in result.bins], rgba(COLOURS[0], 0.35)),
        hovertemplate="said %{x:.0f} %, right %{y:.0f} % of %{customdata:,}<extra></extra>",
    )
    plot.update_xaxes(range=[0, 103])
    plot.update_yaxes(range=[0, 103])
    return plot


def threshold_plot(every: Sequence[AtThreshold], limit: float) -> go.Figure:
    """Share answered and share right of these, over the lowest confidence that is answered."""
    plot = empty_plot("lowest confidence, %", "share, %", hovermode="x unified")
    lines = (
        ("answered", COLOURS[2], [(a.threshold, a.answered) for a in every]),
        ("right of these", COLOURS[0], [(a.threshold, a.right) for a in every if a.right.total]),
    )
    for name, colour, points in lines:
        plot.add_scatter(
            x=[100 * threshold for threshold, _ in points],
            y=[round(100 * share.value, 2) for _, share in points],
            mode="lines",
            name=name,
            line={"color": colour},
        )
    plot.add_vline(x=100 * limit, line={"color": GREY, "width": 1, "dash": "dot"})
    plot.update_xaxes(range=[0, 100])
    plot.update_yaxes(range=[0, 103])
    return plot
