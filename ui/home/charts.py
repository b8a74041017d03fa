"""The plot of Home."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.metrics import Share
from ui.charts import COLOURS
from ui.plots import empty_plot, interval_bars, rgba, shortened


def accuracy_over_runs(outcomes: Sequence[tuple[str, Share]]) -> go.Figure:
    """Accuracy of runs by their names, in this order, each with its 95 % interval."""
    plot = empty_plot(y="right, %", showlegend=False)
    plot.add_scatter(
        x=list(range(len(outcomes))),
        y=[100 * share.value for _, share in outcomes],
        mode="lines+markers",
        marker={"size": 9, "color": COLOURS[0]},
        line={"color": rgba(COLOURS[0], 0.5), "width": 2},
        error_y=interval_bars([share for _, share in outcomes], rgba(COLOURS[0], 0.4)),
        hovertemplate="%{y:.1f} %<extra></extra>",
    )
    names = [shortened(name) for name, _ in outcomes]
    plot.update_xaxes(tickvals=list(range(len(names))), ticktext=names, showgrid=False)
    plot.update_xaxes(range=[-0.5, len(names) - 0.5])
    return plot
