"""The plots of training as ECharts options."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from core.events import BatchEnded, EpochEnded
from core.metrics import Share
from core.training.schedule import Point
from ui.charts import COLOURS, Option

MAX_POINTS = 1000
_NO_LINE = {"lineStyle": {"opacity": 0}, "symbol": "none", "silent": True}
_UNSEEN = {"tooltip": {"show": False}}


def loss_curve(
    batches: Sequence[BatchEnded], epochs: Sequence[EpochEnded], memory: float
) -> Option:
    """Training loss of every batch, smoothed, and validation loss after each epoch.

    Args:
        memory: of the moving average, 0 (none) to below 1.
    """
    smooth = _smooth([b.train_loss for b in batches], memory)
    train = [[b.step, round(loss, 4)] for b, loss in zip(batches, smooth, strict=True)]
    valid = [[e.step, round(e.valid_loss, 4)] for e in epochs]
    return _lines([("training loss", _thin(train), False), ("validation loss", valid, True)])


def error_curve(epochs: Sequence[EpochEnded]) -> Option:
    """Error rate on the validation images, with its 95 % interval, after each epoch."""
    shares = [Share(round(e.error_rate * e.valid_images), e.valid_images) for e in epochs]
    steps = [e.step for e in epochs]
    points = [[x, round(100 * s.value, 2)] for x, s in zip(steps, shares, strict=True) if s.total]
    option = _lines([("error rate, %", points, True)])
    ends = [(100 * s.low, 100 * s.high) for s in shares]
    option["series"] += _band("95 % interval", steps, ends, COLOURS[0])
    option["legend"]["data"] = ["error rate, %"]
    return option


def rate_curve(batches: Sequence[BatchEnded]) -> Option:
    """The head's learning rate at every batch."""
    points = [[b.step, b.learning_rate] for b in batches]
    return _lines([("learning rate", _thin(points), False)])


def schedule_plot(points: Sequence[Point]) -> Option:
    """The rate of a run to come, its stages marked with their names and sizes."""
    option = _lines([("learning rate", _thin([[p.step, p.rate] for p in points]), False)])
    areas = []
    for k, (_, group) in enumerate(groupby(points, lambda p: (p.stage, p.size_px))):
        part = list(group)
        name = f"{part[0].stage.partition(',')[0]} · {part[0].size_px} px"
        shade = {"color": COLOURS[k % 2], "opacity": 0.07}
        start = {"name": name, "xAxis": part[0].step, "itemStyle": shade}
        areas.append([start, {"xAxis": part[-1].step}])
    label = {"position": "insideTop", "color": "inherit", "fontSize": 11}
    option["series"][0]["markArea"] = {"silent": True, "label": label, "data": areas}
    option["series"][0]["areaStyle"] = {"opacity": 0.1}
    option["yAxis"]["axisLabel"] = {"formatter": "{value}"}
    return option


def sweep_plot(result: Mapping[str, Any]) -> Option:
    """Loss by rate: the mean of the seeds with their band, and the two suggestions. A point of the
    line can be chosen.
    """
    rates = result["rates"]
    by_rate = [[run[k] for run in result["losses"] if k < len(run)] for k in range(len(rates))]
    means = [[r, round(sum(v) / len(v), 4)] for r, v in zip(rates, by_rate, strict=True)]
    ends = [(min(values), max(values)) for values in by_rate]
    marks = _suggestions(result, min(low for low, _ in ends), max(high for _, high in ends))
    line = {
        "name": "loss, smoothed",
        "type": "line",
        "data": means,
        "symbol": "circle",
        "symbolSize": 7,
        "selectedMode": "single",
        "select": {"itemStyle": {"color": COLOURS[1]}},
        "cursor": "pointer",
    }
    return {
        **_frame(),
        "tooltip": {"trigger": "axis", "valueFormatter": "%.3g"},
        "legend": {"top": 0, "left": 0, "data": [line["name"], *(m["name"] for m in marks)]},
        "grid": {"left": 4, "right": 24, "top": 34, "bottom": 30, "containLabel": True},
        "xAxis": {
            "type": "log",
            "name": "learning rate",
            "nameLocation": "middle",
            "nameGap": 28,
            "min": 10.0 ** math.floor(math.log10(rates[0])),
            "max": 10.0 ** math.ceil(math.log10(rates[-1])),
        },
        "yAxis": {"type": "value", "scale": True},
        "series": [line, *marks, *_band("band of seeds", rates, ends, COLOURS[0])],
    }


def _suggestions(result: Mapping[str, Any], lowest: float, highest: float) -> list[Option]:
    """An upright line at each rate on which the seeds agree."""
    return [
        {
            "name": name,
            "type": "line",
            "data": [[result[name]["rate"], lowest], [result[name]["rate"], highest]],
            "lineStyle": {"type": "dashed", "width": 2},
            "symbol": "none",
            "silent": True,
            **_UNSEEN,
        }
        for name in ("valley", "steep")
        if result[name]["is_narrow"]
    ]


def _band(
    name: str, xs: Sequence[float], ends: Sequence[tuple[float, float]], colour: str
) -> list[Option]:
    """Two stacked lines of which only the area between is seen."""
    low = [[x, round(a, 4)] for x, (a, _) in zip(xs, ends, strict=True)]
    reach = [[x, round(b - a, 4)] for x, (a, b) in zip(xs, ends, strict=True)]
    line = {"type": "line", "stack": name, **_NO_LINE, **_UNSEEN}
    area = {"opacity": 0.15, "color": colour}
    return [
        {**line, "name": f"low {name}", "data": low},
        {**line, "name": name, "data": reach, "areaStyle": area},
    ]


def _frame() -> Option:
    return {"animation": False, "color": COLOURS, "tooltip": {"trigger": "axis"}}


def _lines(series: Sequence[tuple[str, list[list[float]], bool]]) -> Option:
    return {
        **_frame(),
        "legend": {"top": 0, "left": 0, "data": [name for name, _, _ in series]},
        "grid": {"left": 4, "right": 16, "top": 34, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "name": "batch", "minInterval": 1, "max": "dataMax"},
        "yAxis": {"type": "value", "scale": True},
        "series": [
            {"name": name, "type": "line", "data": data, "showSymbol": dots, "symbolSize": 8}
            for name, data, dots in series
        ],
    }


def _smooth(values: Sequence[float], memory: float) -> list[float]:
    """Exponential moving average without the pull to zero at its start (as in Adam)."""
    mean, result = 0.0, []
    for count, value in enumerate(values, 1):
        mean = memory * mean + (1 - memory) * value
        result.append(mean / (1 - memory**count))
    return result


def _thin(points: list[list[float]]) -> list[list[float]]:
    return points[:: math.ceil(len(points) / MAX_POINTS) or 1]
