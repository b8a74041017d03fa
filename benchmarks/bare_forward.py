"""How fast the bare backbone is on this machine: no files, no decoding, random numbers in."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime
import torch
from torch import nn

from core.models.architectures import preprocessing_of, pretrained
from core.models.embedder import BATCH
from core.models.views import VIEWS

BATCHES = (32, VIEWS * BATCH)  # a usual one, and the one that the studio uses
ROUNDS, ROUND_S = 3, 1.0

Forward = Callable[[], object]


def bare_forward_rates(architecture: str, rounds: int = ROUNDS) -> dict[str, float]:
    """Images per second through the backbone, float32 in, by way of running it and batch size."""
    backbone = pretrained(architecture, num_classes=0).eval()
    side = preprocessing_of(backbone).size_px
    examples = [torch.randn(n, 3, side, side) for n in BATCHES]
    rates = {}
    for ways in (_in_onnxruntime, _in_torch):
        for name, batch, forward in ways(backbone, examples):
            rates[f"{name}, batch {batch}"] = _rate(forward, batch, rounds)
    return rates


def _rate(forward: Forward, batch: int, rounds: int) -> float:
    """Images per second in the best of a few rounds, after a warm-up."""
    forward()
    best = 0.0
    for _ in range(rounds):
        images, started = 0, time.perf_counter()
        while (elapsed_s := time.perf_counter() - started) < ROUND_S:
            forward()
            images += batch
        best = max(best, images / elapsed_s)
    return best


def _in_onnxruntime(
    backbone: nn.Module, examples: list[torch.Tensor]
) -> Iterator[tuple[str, int, Forward]]:
    with TemporaryDirectory(prefix="toploss-bench-") as folder:
        file = Path(folder) / "backbone.onnx"
        _export(backbone, examples[0][:2], file)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        data = file.read_bytes()
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    for example in examples:
        images: dict[str, np.ndarray] = {"images": example.numpy()}
        yield "ONNX Runtime", len(example), lambda images=images: session.run(None, images)


def _export(backbone: nn.Module, example: torch.Tensor, file: Path) -> None:
    torch.onnx.export(
        backbone,
        (example,),
        file,
        dynamo=True,
        input_names=["images"],
        output_names=["features"],
        dynamic_shapes=({0: torch.export.Dim("n")},),
        external_data=False,
        verbose=False,
    )


def _in_torch(
    backbone: nn.Module, examples: list[torch.Tensor]
) -> Iterator[tuple[str, int, Forward]]:
    """Changes the backbone's memory layout on the way."""
    plain = torch.contiguous_format
    channels_last = torch.channels_last
    for name, layout, cast in (
        ("torch float32", plain, nullcontext),
        ("torch channels_last", channels_last, nullcontext),
        ("torch channels_last + bfloat16", channels_last, _bfloat16),
    ):
        backbone.to(memory_format=layout)
        for example in examples:
            images = example.to(memory_format=layout)

            def forward(images: torch.Tensor = images, cast: Callable = cast) -> object:
                with torch.inference_mode(), cast():
                    return backbone(images)

            yield name, len(example), forward


def _bfloat16() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16)
