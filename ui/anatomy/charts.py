"""Plots of the Anatomy page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from ui.plots import empty_plot


def histogram(numbers: Mapping[str, Any]) -> go.Figure:
    """How often a tensor holds numbers of each size: `core.interpretation.anatomy.numbers_of`."""
    counts, low = numbers["counts"], numbers["low"]
    width = (numbers["high"] - low) / len(counts)
    plot = empty_plot(x="value", y="how many", bargap=0.1)
    plot.add_bar(
        x=[low + (k + 0.5) * width for k in range(len(counts))],
        y=list(counts),
        hovertemplate="%{y:,} near %{x:.3g}<extra></extra>",
    )
    return plot
