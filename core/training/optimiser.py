"""AdamW over depth-ordered layer groups, and its rates along a schedule."""

from __future__ import annotations

import torch
from torch import nn

from core.models.layer_groups import discriminative_rates, layer_groups
from core.training.config import TrainConfig
from core.training.one_cycle import OneCycle

RATE_RATIO = 100.0  # the head's rate / the first layers' rate, as the course notes have it
SHARE = "share"  # of the schedule's rate that a group gets
SECOND_BETA = 0.99


def optimiser_for(network: nn.Module, config: TrainConfig, frozen: bool) -> torch.optim.AdamW:
    """AdamW for a stage; what does not learn in it needs no gradients any more.

    Biases and norms (one-dimensional parameters) get no weight decay. From scratch, all layers
    learn at the same rate: there is nothing in the early ones to keep.
    """
    groups = layer_groups(network)
    ratio = RATE_RATIO if config.weights == "pretrained" else 1.0
    shares = discriminative_rates(len(groups), 1.0, ratio)
    if frozen:
        groups, shares = groups[-1:], shares[-1:]
    named = dict(network.named_parameters())
    learning = {name for group in groups for name in group}
    for name, parameter in named.items():
        parameter.requires_grad_(name in learning)
    parts = []
    for names, share in zip(groups, shares, strict=True):
        for decayed in (True, False):
            parameters = [named[n] for n in names if (named[n].ndim > 1) == decayed]
            decay = config.weight_decay if decayed else 0.0
            if parameters:
                parts.append({"params": parameters, "weight_decay": decay, SHARE: share})
    return torch.optim.AdamW(parts, lr=0.0, betas=(0.95, SECOND_BETA), eps=1e-5)


def follow_schedule(optimiser: torch.optim.Optimizer, schedule: OneCycle, progress: float) -> None:
    """Set rate and momentum of every group for `progress`, 0..1."""
    for group in optimiser.param_groups:
        group["lr"] = schedule.rate(progress) * group[SHARE]
        group["betas"] = (schedule.momentum(progress), SECOND_BETA)
