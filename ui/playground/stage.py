"""The stage: a lesson's controls, its picture and its clock, all in the browser.

Contract with the browser:
* The person's settings live in the browser and are sent as component state, `asked`: the values,
  the seed, a number `n`, and whether the hand has let go (`settled`). Streamlit's own slider tells
  Python only when it is let go; here the picture follows the drag.
* One request is under way at a time. `data["n"]` says which one a picture answers; the latest
  wish goes out when the answer is there.
* Time (play, pause, steps) never leaves the browser: a trace has all steps.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path as File
from typing import Any

import numpy as np
import streamlit as st

from core.playground.lesson import Lesson, Setting, Trace
from ui.playground.panels import Figure, Panel, Steer

PARTS = (
    "stage.js",
    "clock.js",
    "controls.js",
    "axes.js",
    "lines.js",
    "surfaces.js",
    "tables.js",
    "net.js",
)
_HERE = File(__file__).parent
_mount = st.components.v2.component(
    "playground_stage",
    html='<div class="root"></div>',
    css=(_HERE / "stage.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / part).read_text(encoding="utf-8") for part in PARTS),
)


@dataclass(frozen=True)
class Scene:
    """What a lesson's page says about its picture."""

    panels: Sequence[Panel]
    figures: Sequence[Figure] = ()
    steers: Sequence[Steer] = ()


def stage_key(lesson: Lesson) -> str:
    return f"stage_{lesson.id}"


def request(lesson: Lesson) -> Mapping[str, Any]:
    """What the browser has asked for last, as it came: hostile, and empty at first."""
    value = st.session_state.get(stage_key(lesson))
    sent = value.get("asked") if isinstance(value, Mapping) else getattr(value, "asked", None)
    return sent if isinstance(sent, Mapping) else {}


def show_stage(lesson: Lesson, scene: Scene, setting: Setting, trace: Trace) -> None:
    """Draw a trace; `setting` is what it was made from."""
    number = request(lesson).get("n")
    data = {
        "lesson": lesson.id,
        "n": number if isinstance(number, int) else 0,
        "values": setting.values,
        "seed": setting.seed,
        "seeded": lesson.seeded,
        "defaults": lesson.defaults,
        "parameters": [_parameter(p) for p in lesson.parameters],
        "recipes": [
            {
                "name": recipe.name,
                "values": dict(recipe.values),
                "good": recipe.good,
                "sentence": recipe.sentence,
                "seed": recipe.seed,
            }
            for recipe in lesson.recipes
        ],
        "panels": [{"kind": type(panel).__name__, **asdict(panel)} for panel in scene.panels],
        "figures": [asdict(figure) for figure in scene.figures],
        "steers": [asdict(steer) for steer in scene.steers],
        **trace_as_json(trace),
    }
    _mount(key=stage_key(lesson), data=data, default={"asked": {}}, on_asked_change=lambda: None)


def trace_as_json(trace: Trace) -> dict[str, Any]:
    """A trace as JSON: arrays as 32-bit floats, which is finer than a screen."""
    return {
        "arrays": {
            name: {
                "shape": list(np.shape(array)),
                "f4": base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode(),
            }
            for name, array in trace.arrays.items()
        },
        "sentences": list(trace.sentences),
        "diverged": trace.diverged or "",
    }


def _parameter(parameter: Any) -> dict[str, Any]:
    whole = {"whole": parameter.whole} if hasattr(parameter, "whole") else {}
    return {"kind": type(parameter).__name__, **asdict(parameter), **whole}
