"""Half precision where the device gains by it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch

Arithmetic = Callable[[], AbstractContextManager[object]]


def arithmetic(wish: str, device: torch.device) -> Arithmetic:
    """A context in which to run a network; `wish` is "auto", "float32" or "bfloat16"."""
    if not is_half(wish, device):
        return nullcontext
    return lambda: torch.autocast(device.type, torch.bfloat16)


def is_half(wish: str, device: torch.device) -> bool:
    """Whether networks run in bfloat16 there: "auto" takes it where there are instructions for it.

    That follows from the machine, not from a timing: a resumed run must do as it did before.
    """
    return wish == "bfloat16" or (wish == "auto" and _gains(device))


def _gains(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        known = torch.cpu.get_capabilities()
        return bool(known.get("avx512_bf16") or known.get("amx_bf16"))
    return False
