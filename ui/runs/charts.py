"""Plots of the Runs page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import plotly.graph_objects as go

from core.events import EpochEnded
from core.metrics import Share
from ui.charts import COLOURS
from ui.plots import empty_plot, interval_bars, literal, rgba, shortened

Measure = Literal["error_rate", "valid_loss"]


def accuracies(names: Sequence[str], shares: Sequence[Share]) -> go.Figure:
    """Accuracy of each run with its 95 % interval; the first name on top."""
    rows = list(zip(names, shares, strict=True))[::-1]
    plot = empty_plot(x="right, % (line: 95 % interval)", showlegend=False)
    plot.add_scatter(
        x=[100 * share.value for _, share in rows],
        y=list(range(len(rows))),
        mode="markers",
        marker={"size": 12, "color": COLOURS[0]},
        error_x=interval_bars([share for _, share in rows], rgba(COLOURS[0], 0.4), 5),
        hovertemplate="%{x:.1f} %<extra></extra>",
    )
    names_shown = [shortened(name) for name, _ in rows]
    plot.update_yaxes(tickvals=list(range(len(rows))), ticktext=names_shown)
    plot.update_yaxes(range=[-0.6, len(rows) - 0.4])
    return plot


def curves(runs: Mapping[str, Sequence[EpochEnded]], measure: Measure, name: str) -> go.Figure:
    """One line a run over its epochs; epoch 0 is the model before any step."""
    factor = 100 if measure == "error_rate" else 1
    plot = empty_plot(x="epoch", y=name, hovermode="x unified")
    for run, epochs in runs.items():
        plot.add_scatter(
            x=[e.epoch for e in epochs],
            y=[round(factor * getattr(e, measure), 4) for e in epochs],
            mode="lines+markers",
            name=literal(run),
        )
    plot.update_xaxes(tickformat="d", dtick=1 if _longest(runs) <= 20 else None)
    return plot


def _longest(runs: Mapping[str, Sequence[EpochEnded]]) -> int:
    return max((e.epoch for epochs in runs.values() for e in epochs), default=0)
