"""Where networks compute: the processor, or a graphics card."""

from __future__ import annotations

import torch

from core.errors import StudioError
from core.settings import Settings


def choose_device(settings: Settings) -> torch.device:
    """The device that was asked for; "auto" is a graphics card when there is one.

    Raises:
        StudioError: this machine, or this build of torch, does not have it.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if settings.device == "auto":
        return torch.device(next((name for name, usable in available.items() if usable), "cpu"))
    if settings.device != "cpu" and not available[settings.device]:
        raise StudioError(
            f"There is no {settings.device} device that torch can use on this machine.",
            "Set TOPLOSS_DEVICE to auto or cpu.",
        )
    return torch.device(settings.device)
