"""Accuracy against time, with intervals and the line of those that none beats in both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.training.architecture_results import Ranked
from ui.charts import COLOURS
from ui.plots import empty_plot, interval_bars, literal, rgba

LINE = "none is faster and better"
HOW = ("frozen features", "fine-tuned")
WHOLE_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def accuracy_against_time(ranking: Sequence[Ranked]) -> go.Figure:
    """One point an architecture: milliseconds for one picture, and accuracy in percent."""
    plot = empty_plot(x="milliseconds for one picture", y="right, % (line: 95 % interval)")
    frontier = sorted((s for s in ranking if s.pareto), key=lambda s: s.candidate.one_ms)
    plot.add_scatter(
        x=[s.candidate.one_ms for s in frontier],
        y=[100 * s.candidate.accuracy.value for s in frontier],
        mode="lines",
        name=LINE,
        line={"dash": "dash", "color": COLOURS[2]},
        hoverinfo="skip",
    )
    # Names to the left and to the right in turns, so that those of like points do not collide.
    by_time = sorted(ranking, key=lambda s: s.candidate.one_ms)
    sides = {s: "middle right" if k % 2 else "middle left" for k, s in enumerate(by_time)}
    for how, colour in zip(HOW, COLOURS, strict=False):
        points = [s for s in ranking if s.candidate.how == how]
        if points:
            plot.add_trace(_points(points, how, colour, sides))
    times = [s.candidate.one_ms for s in ranking]
    ticks = [t for t in WHOLE_TICKS if min(times) / 2.5 <= t <= max(times) * 2.5]
    reach = [math.log10(min(times) / 2.2), math.log10(max(times) * 2.2)]
    plot.update_xaxes(type="log", range=reach, tickvals=ticks, ticktext=[f"{t:g}" for t in ticks])
    lowest = min(s.candidate.accuracy.low for s in ranking)
    plot.update_yaxes(range=[max(0, int(100 * lowest) - 2), 101])
    return plot


def _points(
    ranking: Sequence[Ranked], how: str, colour: str, sides: Mapping[Ranked, str]
) -> go.Scatter:
    shares = [s.candidate.accuracy for s in ranking]
    return go.Scatter(
        x=[s.candidate.one_ms for s in ranking],
        y=[100 * share.value for share in shares],
        error_y=interval_bars(shares, rgba(colour, 0.35), 5),
        mode="markers+text",
        name=how,
        text=[literal(s.candidate.architecture) for s in ranking],
        textposition=[sides[s] for s in ranking],
        marker={"size": 13, "color": colour},
        hovertemplate="%{text}: %{y:.1f} % right, %{x:.1f} ms<extra></extra>",
    )
