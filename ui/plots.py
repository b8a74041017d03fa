"""Plots that stand still, as Plotly figures of one make, in the theme of the page.

What is redrawn while it runs stays with ECharts (`ui/training/charts.py`): Plotly shows blank
frames then. Colours that are not set here are Streamlit's, for light and for dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.appearance import AXIS, QUIET
from core.metrics import Share
from ui.charts import COLOURS

MARGIN = {"l": 8, "r": 16, "t": 8, "b": 8}
LEGEND = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "title": None}
GREY = AXIS
LONGEST_NAME = 18


def empty_plot(x: str = "", y: str = "", **layout: Any) -> go.Figure:
    """An empty figure with the titles of its axes."""
    plot = go.Figure()
    usual = {"colorway": COLOURS, "margin": MARGIN, "legend": LEGEND, "bargap": 0.35}
    plot.update_layout(usual | layout)
    plot.update_xaxes(title=x or None, automargin=True, zeroline=False)
    plot.update_yaxes(title=y or None, automargin=True, zeroline=False)
    return plot


def show_plot(plot: go.Figure, key: str, alt: str, height: int) -> None:
    _prepare(plot, height)
    st.plotly_chart(plot, key=key, alt=alt, height=height, config=_CONFIG)


def ask_for_points(plot: go.Figure, key: str, alt: str, height: int) -> list[int]:
    """The same, where points of the last trace can be clicked; those chosen, as places in it."""
    _prepare(plot, height)  # of a plot with a choice, Streamlit sets the frame only
    st.plotly_chart(
        plot,
        key=key,
        alt=alt,
        height=height,
        config=_CONFIG,
        on_select="rerun",
        selection_mode="points",
    )
    value = st.session_state.get(key)
    points = value["selection"]["points"] if isinstance(value, Mapping) else []
    last = len(plot.data) - 1
    return [int(p["point_index"]) for p in points if p["curve_number"] == last]


def _prepare(plot: go.Figure, height: int) -> None:
    """Streamlit's grey of axes has a contrast of 3.7 on a light page; on a dark one, 14."""
    plot.update_layout(height=height)
    if st.context.theme.type == "light":
        for axes in (plot.update_xaxes, plot.update_yaxes):
            axes(tickfont={"color": QUIET.light}, title_font={"color": QUIET.light})


def rgba(colour: str, opacity: float) -> str:
    """#rrggbb with an opacity, 0..1."""
    parts = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({', '.join(map(str, parts))}, {opacity:g})"


def interval_bars(shares: Sequence[Share], colour: str, thickness: int = 4) -> dict[str, Any]:
    """The 95 % intervals of shares that are drawn in percent: an `error_x` or `error_y`."""
    return {
        "array": [100 * (share.high - share.value) for share in shares],
        "arrayminus": [100 * (share.value - share.low) for share in shares],
        "color": colour,
        "thickness": thickness,
        "width": 0,
    }


def band(
    xs: Sequence[float], lows: Sequence[float], highs: Sequence[float], colour: str
) -> go.Scatter:
    """The area between two lines; not in the legend."""
    return go.Scatter(
        x=[*xs, *reversed(xs)],
        y=[*highs, *reversed(lows)],
        mode="lines",
        fill="toself",
        fillcolor=rgba(colour, 0.15),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )


def shortened(name: str) -> str:
    """A name as it fits beside an axis, and says nothing to the browser but itself."""
    fits = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    return literal(fits)


def literal(text: str) -> str:
    """Text for Plotly, which takes some tags and entities as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_CONFIG = {"displayModeBar": False, "scrollZoom": False}
