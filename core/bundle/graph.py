"""Writes model.onnx: the network as a graph, and the distance to what it learned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from core.owned import remove_file
from core.serving.layout import DISTANCE, FACTS, FEATURES, HEAT, LOGITS, PIXELS
from core.serving.off_topic import TINY, OffTopic
from core.serving.torch_network import Answering

OUTPUTS = (LOGITS, FEATURES, HEAT)


def write_graph(
    answering: Answering, size_px: int, facts: Mapping[str, Any], file: Path
) -> str | None:
    """Write the graph; returns why not, where the exporter does not know this architecture.

    Args:
        facts: what the graph should say of itself, as JSON.
    """
    example = torch.zeros(2, 3, size_px, size_px)
    count = 1 + answering.has_features + answering.has_heat
    try:
        torch.onnx.export(
            answering,
            (example,),
            file,
            input_names=[PIXELS],
            output_names=list(OUTPUTS[:count]),
            dynamic_shapes=({0: torch.export.Dim("n")},),
            external_data=False,
            verbose=False,
        )
    except Exception as error:  # noqa: BLE001 - the exporter's errors share no base
        remove_file(file.parent, file)
        return str(error).strip().split("\n")[0][:200] or type(error).__name__
    graph = onnx.load(file)
    del graph.graph.value_info[:]  # shapes of before the weights were folded: a trap for quantisers
    helper.set_model_props(graph, {FACTS: json.dumps(dict(facts))})
    onnx.save(graph, file)
    return None


def add_distance(file: Path, off_topic: OffTopic) -> None:
    """Let a graph with features also answer with `OffTopic.score` of them."""
    model = onnx.load(file)
    graph = model.graph
    graph.initializer.extend(
        numpy_helper.from_array(value, f"{DISTANCE}.{name}")
        for name, value in _constants(off_topic).items()
    )
    graph.node.extend(
        helper.make_node(kind, [_named(i) for i in inputs], [_named(output)], **options)
        for kind, inputs, output, options in _STEPS
    )
    graph.output.append(helper.make_tensor_value_info(DISTANCE, TensorProto.FLOAT, ["n"]))
    onnx.checker.check_model(model)
    onnx.save(model, file)


# Operator, inputs, output, options: `look_at` and `OffTopic.score`, step by step.
_STEPS: tuple[tuple[str, tuple[str, ...], str, dict[str, Any]], ...] = (
    ("Sign", (FEATURES,), "sign", {}),
    ("Abs", (FEATURES,), "abs", {}),
    ("Sqrt", ("abs",), "sqrt", {}),
    ("Mul", ("sign", "sqrt"), "roots", {}),
    ("ReduceL2", ("roots", "axis_1"), "length", {"keepdims": 1}),
    ("Add", ("length", "tiny"), "not_zero", {}),
    ("Div", ("roots", "not_zero"), "unit", {}),
    ("Sub", ("unit", "mean"), "moved", {}),
    ("Div", ("moved", "scale"), "x", {}),
    ("MatMul", ("x", "axes"), "z", {}),
    ("MatMul", ("z", "whiten"), "white", {}),
    ("Unsqueeze", ("white", "axis_1"), "white_n1k", {}),
    ("Sub", ("white_n1k", "centres"), "apart", {}),
    ("ReduceSumSquare", ("apart", "axis_2"), "distances", {"keepdims": 0}),
    ("ReduceMin", ("distances", "axis_1"), "nearest", {"keepdims": 0}),
    ("ReduceSumSquare", ("x", "axis_1"), "all", {"keepdims": 0}),
    ("ReduceSumSquare", ("z", "axis_1"), "inside", {"keepdims": 0}),
    ("Sub", ("all", "inside"), "left", {}),
    ("Div", ("left", "noise"), "outside", {}),
    ("Add", ("nearest", "outside"), "total", {}),
    ("Div", ("total", "count"), DISTANCE, {}),
)


def _named(name: str) -> str:
    return name if name in (FEATURES, DISTANCE) else f"{DISTANCE}.{name}"


def _constants(off_topic: OffTopic) -> dict[str, np.ndarray]:
    return {
        "mean": off_topic.mean_f,
        "scale": off_topic.scale_f,
        "axes": off_topic.axes_fk,
        "whiten": off_topic.whiten_kk,
        "centres": off_topic.centres_ck,
        "noise": off_topic.noise,
        "tiny": np.array([TINY], np.float32),
        "count": np.array([len(off_topic.mean_f)], np.float32),
        "axis_1": np.array([1], np.int64),
        "axis_2": np.array([2], np.int64),
    }
