"""A small whole bundle, made in milliseconds: a graph that knows colours, and real examples."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from core.bundle.figures import Figures, Int8Figures, NoneFigures, Separation
from core.leaks import Leak
from core.metrics import Share
from core.serving.classifier import facts_of, load_classifier
from core.serving.config_file import read_config
from core.serving.layout import (
    CARD,
    CONFIG,
    EXAMPLES,
    FACTS,
    FIGURES,
    FORMAT,
    GRAPH,
    RECORDED,
    WEIGHTS,
)
from core.serving.manifest import write_manifest
from core.settings import Settings
from tests.builders import tinted

COLOURS = {"red": "red", "grün/<b>": "green", "blue": "blue"}
SIZE = 64
CARD_TEXT = """---
license: other
---

# Colours & more

## How good it is

Right on 11 of 12 validation images: 91.7%
(95 % interval 64.6% to 98.5%).

## None of these

A picture is called none of these when it is farther than 1.5.

## Files

- `model.onnx`: the same
- no `model-int8.onnx`: it was less accurate
"""

FIGURES_OF_COLOURS = Figures(
    temperature=0.7,
    validation=Share(11, 12),
    test=Share(0, 0),
    classes={name: Share(4 - k // 2, 4) for k, name in enumerate(COLOURS)},
    valid_leak=Leak("valid", 2, Share(11, 12), Share(9, 10), searched=True, not_searched=0),
    test_leak=Leak("test", 0, Share(0, 0), Share(0, 0), searched=True, not_searched=3),
    none_of_these=NoneFigures(1.5, 0.99, Share(0, 0), (Separation("*fruit*", 0.875, Share(1, 8)),)),
    int8=Int8Figures(False, Share(9, 12), Share(11, 12), (300, 900), (1.5, 2.5)),
    int8_problem="",
)


def a_bundle(folder: Path, resize: str = "center", interpolation: str = "bicubic") -> Path:
    """Write a bundle of today's format that tells three colours by their means."""
    (folder / EXAMPLES).mkdir(parents=True)
    _write_config(folder, resize, interpolation)
    _write_graph(folder)
    (folder / WEIGHTS).write_bytes(b"no torch is needed here")
    (folder / CARD).write_text(CARD_TEXT, encoding="utf-8")
    for k, colour in enumerate(COLOURS.values()):
        picture = tinted(colour, k, (120 + 30 * k, 90))
        (folder / EXAMPLES / f"{k:02d}-{colour}.jpg").write_bytes(picture)
    (folder / RECORDED).write_text("{}", encoding="utf-8")
    (folder / FIGURES).write_text(FIGURES_OF_COLOURS.to_json(), encoding="utf-8")
    write_manifest(folder)
    _record(folder)
    write_manifest(folder)
    return folder


def _write_config(folder: Path, resize: str, interpolation: str) -> None:
    config = {
        "architecture": "colours",
        "num_classes": len(COLOURS),
        "label_names": list(COLOURS),
        "pretrained_cfg": {
            "input_size": [3, SIZE, SIZE],
            "crop_pct": 0.875 if resize == "center" else 1.0,
            "crop_mode": resize,
            "interpolation": interpolation,
            "mean": [0.485, 0.456, 0.406],
            "std": [0.229, 0.224, 0.225],
        },
        "toploss": {
            "format": FORMAT,
            "name": "Colours & <more>",
            "temperature": 0.7,
            "none_of_these": {"threshold": 1.5, "pass_rate": 0.99},
        },
    }
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")


def _write_graph(folder: Path) -> None:
    """logits: the mean of each channel; off_topic: how little they differ."""
    batch = ("n",)
    pixels = helper.make_tensor_value_info(
        "pixel_values", TensorProto.FLOAT, [*batch, 3, SIZE, SIZE]
    )
    outputs = [
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, [*batch, 3]),
        helper.make_tensor_value_info("off_topic", TensorProto.FLOAT, batch),
    ]
    constants = {"sides": np.array([2, 3]), "channels": np.array([1]), "most": np.float32([2.0])}
    nodes = [
        helper.make_node("ReduceMean", ["pixel_values", "sides"], ["logits"], keepdims=0),
        helper.make_node("ReduceMax", ["logits", "channels"], ["high"], keepdims=0),
        helper.make_node("ReduceMin", ["logits", "channels"], ["low"], keepdims=0),
        helper.make_node("Sub", ["high", "low"], ["apart"]),
        helper.make_node("Sub", ["most", "apart"], ["off_topic"]),
    ]
    values = [numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items()]
    graph = helper.make_graph(nodes, "colours", [pixels], outputs, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {FACTS: json.dumps(facts_of(read_config(folder)))})
    onnx.save(model, str(folder / GRAPH))


def _record(folder: Path) -> None:
    classifier, settings = load_classifier(folder), Settings(folder)
    recorded: Mapping[str, Mapping[str, float]] = {
        path.name: classifier.probabilities(path.read_bytes(), settings)
        for path in classifier.examples
    }
    text = json.dumps(recorded, ensure_ascii=False)
    (folder / RECORDED).write_text(text, encoding="utf-8")


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """Serve a folder as any web host does; its address, with a slash."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

    serve = functools.partial(Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), serve)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
