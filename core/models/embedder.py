"""Compiles the frozen backbone, once per machine, and embeds pictures with it.

On a CPU ONNX Runtime runs EfficientNet-Lite several times faster than torch does (figures:
`python -m benchmarks.quick_model`). Scaling and mirroring are part of the graph, so that a
picture travels to it once, as bytes. What cannot be compiled goes through torch, and so does
everything on a graphics card.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from core.errors import WorkspaceError
from core.files import save_atomically, write_atomically
from core.models.architectures import preprocessing_of, pretrained
from core.models.backbone import Backbone, graph_file
from core.models.heads import without_head
from core.models.preprocessing import Preprocessing
from core.models.views import Views

FEATURES_VERSION = 1
BATCH = 4  # with its mirror images 8 views: measured fastest, they fit the caches of a laptop CPU
BATCH_ON_CARD = 64
CLASSES = 2  # of the head that is taken off again
CPU = torch.device("cpu")
TOLERANCE = 1e-3  # of the largest feature; what remains is rounding


class Embedder:
    """Pictures to features.

    Args:
        architecture: one whose pretrained weights are here or can be downloaded.
        cache: folder for the compiled graph.
        device: where to compute.
        size_px, resize: how the network is to see a picture, if not as its weights were trained.

    Raises:
        StudioError: there are no such weights, the network cannot see pictures of that size, or it
            has no features for a linear head.
    """

    def __init__(
        self,
        architecture: str,
        cache: Path,
        device: torch.device = CPU,
        size_px: int | None = None,
        resize: str = "crop",
    ) -> None:
        network = pretrained(architecture, CLASSES).eval()
        self.preprocessing = preprocessing_of(network, size_px, resize)
        self.key = f"{architecture}-{self.preprocessing.key}-v{FEATURES_VERSION}"
        self.batch = BATCH if device == CPU else BATCH_ON_CARD
        backbone = compiled(network, self.preprocessing, graph_file(cache, self.key))
        self.is_compiled = device == CPU and backbone is not None
        """Whether pictures go through the compiled graph."""
        if backbone is not None and self.is_compiled:
            self._backbone: Backbone | OnTorch = backbone
        else:
            self._backbone = OnTorch(network, self.preprocessing, device)

    def embed(self, images_nhwc_u8: np.ndarray) -> np.ndarray:
        """Features of crops and of their mirror images: see `Backbone.embed`."""
        return self._backbone.embed(images_nhwc_u8)


class OnTorch:
    """A network without its head, answering as `Backbone` does."""

    def __init__(
        self, network: nn.Module, preprocessing: Preprocessing, device: torch.device
    ) -> None:
        self._views = _views(network, preprocessing).to(device)
        self._device = device

    def embed(self, images_nhwc_u8: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            features = self._views(torch.from_numpy(images_nhwc_u8).to(self._device))[0]
        features_nvf: np.ndarray = features.float().cpu().numpy()
        return features_nvf


def compiled(network: nn.Module, preprocessing: Preprocessing, file: Path) -> Backbone | None:
    """The network as a graph, made if it is not in that file yet; None when it cannot be one.

    Not every architecture can be exported; that is remembered in a note beside the file.
    """
    note = file.with_suffix(".not-compiled.txt")
    if note.is_file():
        return None
    try:
        return Backbone(file)
    except Exception:  # noqa: BLE001 - missing or damaged; onnxruntime's errors share no base
        views = _views(network, preprocessing)
    try:
        save_atomically(file, lambda path: _export(views, preprocessing, path), durable=False)
        backbone = Backbone(file)
        _check(backbone, views, preprocessing)
        return backbone
    except WorkspaceError:
        raise
    except Exception as error:  # noqa: BLE001 - the exporter's errors share no base either
        write_atomically(note, str(error)[:1000].encode(), durable=False)
        return None


def _views(network: nn.Module, preprocessing: Preprocessing) -> Views:
    side = preprocessing.size_px
    noise_nhwc = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    example = torch.from_numpy(preprocessing.normalise(noise_nhwc))
    return Views(without_head(network, example), preprocessing, example).eval()


def _export(views: Views, preprocessing: Preprocessing, path: Path) -> None:
    side = preprocessing.size_px
    example = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    torch.onnx.export(
        views,
        (example,),
        path,
        input_names=["images"],
        output_names=["features", "maps"][: 2 if views.has_maps else 1],
        dynamic_shapes=({0: torch.export.Dim("n")},),
        external_data=False,
        verbose=False,
    )
    graph = onnx.load(path)
    onnx.helper.set_model_props(graph, {"preprocessing": json.dumps(preprocessing.to_dict())})
    onnx.save(graph, path)


def _check(backbone: Backbone, views: Views, preprocessing: Preprocessing) -> None:
    """Raises ValueError when the graph answers otherwise than the network, or to some sizes of
    batches only.
    """
    side = preprocessing.size_px
    noise_nhwc = np.random.default_rng(1).integers(0, 256, (3, side, side, 3), dtype=np.uint8)
    with torch.no_grad():
        expected = views(torch.from_numpy(noise_nhwc))[0].numpy()
    apart = np.abs(backbone.embed(noise_nhwc) - expected).max()
    if not apart <= TOLERANCE * max(1.0, np.abs(expected).max()):
        raise ValueError(f"The graph differs from the network by {apart}.")
