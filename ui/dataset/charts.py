"""Plots of the Dataset page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.records import SIDE_NAMES, SIDES, Side
from ui.charts import COLOURS
from ui.plots import empty_plot, rgba, shortened

MOST_CLASSES = 60


def class_counts(counts: Mapping[str, Mapping[Side, int]]) -> go.Figure:
    """Pictures per class, stacked by side; the largest class on top. Of very many classes, the
    largest and the smallest.
    """
    names = sorted(counts, key=lambda name: sum(counts[name].values()))
    if len(names) > MOST_CLASSES:
        names = names[: MOST_CLASSES // 2] + names[-MOST_CLASSES // 2 :]
    sides = [side for side in SIDES if any(counts[name][side] for name in names)]
    parts = {SIDE_NAMES[side]: [counts[name][side] for name in names] for side in sides}
    return stacked(list(names), parts)


def stacked(names: Sequence[str], parts: Mapping[str, Sequence[int]]) -> go.Figure:
    """Lying bars of pictures, a part after the other; the last name on top."""
    plot = empty_plot(x="pictures", barmode="stack")
    rows = list(range(len(names)))  # not the names: two may be alike when shortened
    for part, values in parts.items():
        plot.add_bar(
            x=list(values), y=rows, name=part, orientation="h",
            hovertemplate="%{x:,} " + part + "<extra></extra>",
        )  # fmt: skip
    plot.update_yaxes(tickvals=rows, ticktext=[shortened(name) for name in names])
    plot.update_xaxes(rangemode="tozero", tickformat=",d")
    return plot


def measure_histogram(counts: Sequence[int], top: float, limit: float) -> go.Figure:
    """How many pictures have which value of 0..`top`, with a line at the limit and what is below
    it in another colour. Heights are square roots of counts: the few at the ends are what matters.
    """
    width = top / len(counts)
    centres = [(k + 0.5) * width for k in range(len(counts))]
    plot = empty_plot(bargap=0)
    plot.add_bar(
        x=centres,
        y=[math.sqrt(count) for count in counts],
        customdata=list(counts),
        marker={"color": [rgba(COLOURS[1 if x < limit else 0], 0.6) for x in centres]},
        hovertemplate="%{customdata:,} pictures near %{x:.3g}<extra></extra>",
    )
    plot.add_vline(x=limit, line={"color": COLOURS[1], "width": 2})
    plot.update_xaxes(range=[0, top], showgrid=False)
    plot.update_yaxes(visible=False)
    return plot
