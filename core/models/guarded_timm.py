"""timm, importable beside any build of torchvision: `from core.models.guarded_timm import timm`.

torchvision's Python code registers kernels for two operators that its compiled library defines.
When that library cannot be loaded (a CUDA build beside CPU torch), the import fails with
"operator torchvision::nms does not exist". timm needs none of those operators for classifying,
so defining their schemas first is enough.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_definitions: list[object] = []  # they live as long as the library object


def guard_torchvision() -> None:
    """Define torchvision's operators if its compiled library cannot be loaded; once."""
    if _definitions or _compiled_library_loads():
        return
    library = torch.library.Library("torchvision", "DEF")
    for schema in _SCHEMAS:
        library.define(schema)
    _definitions.append(library)


def _compiled_library_loads() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations:
        return True  # no torchvision at all: its own message is the clear one
    libraries = list(Path(next(iter(spec.submodule_search_locations))).glob("_C.*"))
    try:
        for library in libraries:
            torch.ops.load_library(library)
    except OSError:
        return False
    return bool(libraries)


guard_torchvision()

import timm  # noqa: E402 - the guard comes first
import timm.data  # noqa: E402
import timm.models  # noqa: E402

__all__ = ["guard_torchvision", "timm"]
