"""Accuracy against time, with intervals and the line of those that none beats in both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.training.architecture_results import Ranked
from ui.charts import COLOURS
from ui.plots import figure, literal, rgba

LINE = "none is faster and better"
HOW = ("frozen features", "fine-tuned")
WHOLE_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def accuracy_against_time(ranked: Sequence[Ranked]) -> go.Figure:
    """One point an architecture: milliseconds for one picture, and accuracy in percent."""
    drawn = figure(x="milliseconds for one picture", y="right, % (line: 95 % interval)")
    best_kind = sorted((s for s in ranked if s.pareto), key=lambda s: s.candidate.one_ms)
    drawn.add_scatter(
        x=[s.candidate.one_ms for s in best_kind],
        y=[100 * s.candidate.accuracy.value for s in best_kind],
        mode="lines",
        name=LINE,
        line={"dash": "dash", "color": COLOURS[2]},
        hoverinfo="skip",
    )
    # Names to the left and to the right in turns, so that those of like points do not collide.
    in_time = sorted(ranked, key=lambda s: s.candidate.one_ms)
    sides = {s: "middle right" if k % 2 else "middle left" for k, s in enumerate(in_time)}
    for how, colour in zip(HOW, COLOURS, strict=False):
        some = [s for s in ranked if s.candidate.how == how]
        if some:
            drawn.add_trace(_points(some, how, colour, sides))
    times = [s.candidate.one_ms for s in ranked]
    ticks = [t for t in WHOLE_TICKS if min(times) / 2.5 <= t <= max(times) * 2.5]
    reach = [math.log10(min(times) / 2.2), math.log10(max(times) * 2.2)]
    drawn.update_xaxes(type="log", range=reach, tickvals=ticks, ticktext=[f"{t:g}" for t in ticks])
    lowest = min(s.candidate.accuracy.low for s in ranked)
    drawn.update_yaxes(range=[max(0, int(100 * lowest) - 2), 101])
    return drawn


def _points(
    ranked: Sequence[Ranked], how: str, colour: str, sides: Mapping[Ranked, str]
) -> go.Scatter:
    shares = [s.candidate.accuracy for s in ranked]
    return go.Scatter(
        x=[s.candidate.one_ms for s in ranked],
        y=[100 * share.value for share in shares],
        error_y={
            "array": [100 * (share.high - share.value) for share in shares],
            "arrayminus": [100 * (share.value - share.low) for share in shares],
            "color": rgba(colour, 0.35),
            "thickness": 5,
            "width": 0,
        },
        mode="markers+text",
        name=how,
        text=[literal(s.candidate.architecture) for s in ranked],
        textposition=[sides[s] for s in ranked],
        marker={"size": 13, "color": colour},
        hovertemplate="%{text}: %{y:.1f} % right, %{x:.1f} ms<extra></extra>",
    )
