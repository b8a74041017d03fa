"""What a learning curve says, in plain sentences and as a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.markdown import plain
from ui.charts import COLOURS
from ui.plots import band, empty_plot

Result = Mapping[str, Any]


def conclusion(result: Result) -> str:
    """How much the last half of the pictures brought, and what twice as many may bring."""
    curve = result["overall"]
    half, now = (f"{100 * curve['error'][k]:.1f}" for k in (1, -1))
    fell, gain = curve["fell"], curve["gain"]
    sentence = f"From half of the pictures to all of them the error went from {half} to {now} %"
    if fell["low"] <= 0:
        sentence += ", which may be chance"
    if gain["low"] > 0:
        low, high = (100 * gain[end] for end in ("low", "high"))
        return f"{sentence}. Twice as many should take off {low:.1f} to {high:.1f} points more."
    high = 100 * max(0.0, gain["high"])
    return f"{sentence}. Twice as many may take off nothing, and at most {high:.1f} points."


def most_helped(result: Result) -> str:
    """The class whose errors fell most, if that is more than chance."""
    total = result["valid_images"]
    gains = {n: c for n, c in result["classes"].items() if c["gain"]["low"] > 0}
    if len(result["classes"]) < 2 or not gains:
        return ""
    name = max(gains, key=lambda n: gains[n]["gain"]["value"] * gains[n]["images"] / total)
    return f"More of **{plain(name)}** helps most: its error still falls as pictures are added."


def class_rows(result: Result) -> list[dict[str, Any]]:
    """A row for each class, those with most to gain first."""
    curves = sorted(result["classes"].items(), key=lambda item: -item[1]["gain"]["value"])
    return [
        {
            "class": name,
            "validation images": curve["images"],
            "error with half, %": round(100 * curve["error"][1], 1),
            "error with all, %": round(100 * curve["error"][-1], 1),
            "twice as many take off, points": round(100 * curve["gain"]["value"], 1),
            "95 % interval": "{:.1f} – {:.1f}".format(
                *(100 * curve["gain"][end] for end in ("low", "high"))
            ),
        }
        for name, curve in curves
    ]


def growth_plot(counts: Sequence[int], curve: Mapping[str, Any]) -> go.Figure:
    """Error by number of training images, with the band of the parts, and what twice as many may
    bring with its uncertainty.
    """
    now, gain, last = curve["error"][-1], curve["gain"], counts[-1]
    low, high = (100 * max(0.0, now - gain[end]) for end in ("high", "low"))
    later = 100 * max(0.0, now - gain["value"])
    plot = empty_plot(x="training images", y="error rate, %")
    lows, highs = ([100 * e for e in curve[end]] for end in ("low", "high"))
    plot.add_trace(band(counts, lows, highs, COLOURS[0]))
    plot.add_trace(band([last, 2 * last], [100 * now, low], [100 * now, high], COLOURS[1]))
    errors = [100 * error for error in curve["error"]]
    line = {"color": COLOURS[0]}
    plot.add_scatter(x=list(counts), y=errors, mode="lines+markers", name="measured", line=line)
    plot.add_scatter(
        x=[last, 2 * last],
        y=[100 * now, later],
        mode="lines+markers",
        name="expected of twice as many",
        line={"dash": "dash", "color": COLOURS[1]},
    )
    plot.update_yaxes(rangemode="tozero")
    plot.update_xaxes(tickvals=[*counts, 2 * last], tickformat=",d")
    return plot
