"""The network of a run, or the bare pretrained one, ready to be looked into."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from core.context import Context
from core.events import Progressed
from core.interpretation.shelf import BARE, bare_architecture
from core.models.architectures import fetch_weights, preprocessing_of, pretrained
from core.models.devices import choose_device
from core.models.preprocessing import Preprocessing
from core.models.weights import load_weights


@dataclass(frozen=True, eq=False)
class OpenedNetwork:
    """In evaluation mode, with how it sees pictures; the bare one has no classes, so no head."""

    network: nn.Module
    architecture: str
    preprocessing: Preprocessing
    classes: tuple[str, ...]
    device: torch.device

    def input_of(self, crops_nhwc_u8: np.ndarray) -> torch.Tensor:
        """uint8 (n, size, size, 3) as the network wants it, where it is."""
        return torch.from_numpy(self.preprocessing.normalise(crops_nhwc_u8)).to(self.device)


def open_network(
    context: Context, run_id: int
) -> Generator[Progressed, None, OpenedNetwork | None]:
    """None when asked to stop while weights were downloaded.

    Raises:
        StudioError: there is no such run, or its weights are gone or cannot be downloaded.
    """
    yield Progressed(0, 0, "Opening the network")
    device = choose_device(context.settings)
    if run_id == BARE:
        name = bare_architecture(context.catalog)
        yield from fetch_weights(name, stop_requested=context.stop_requested)
        if context.stop_requested():
            return None
        bare = pretrained(name, 0).eval().to(device)
        return OpenedNetwork(bare, name, preprocessing_of(bare), (), device)
    run = context.catalog.runs.get(run_id)
    name = str(run.config["architecture"])
    network = load_weights(name, len(run.classes), context.workspace.run(run_id)).eval()
    preprocessing = preprocessing_of(
        network, run.config.get("size_px"), run.config.get("resize", "crop")
    )
    return OpenedNetwork(network.to(device), name, preprocessing, run.classes, device)
