"""A network's parameters in depth order, so that early layers can learn more slowly."""

from __future__ import annotations

from torch import nn

from core.models.guarded_timm import timm
from core.models.heads import head_modules


def layer_groups(network: nn.Module) -> list[list[str]]:
    """Parameter names by depth (timm's `group_matcher`), shallowest first, the head last.

    Every parameter is in one group, once.
    """
    head = _head_names(network)
    body = [[name for name in names if name not in head] for names in _by_depth(network)]
    return [*filter(None, body), [n for n, _ in network.named_parameters() if n in head]]


def _by_depth(network: nn.Module) -> list[list[str]]:
    try:
        matcher = network.group_matcher(coarse=True)  # type: ignore[operator]
    except (AttributeError, AssertionError):  # a few architectures lack it, or its coarse half
        return _by_name(network)
    groups: dict[int, list[str]] = timm.models.group_parameters(network, matcher)
    return [groups[depth] for depth in sorted(groups)]


def _by_name(network: nn.Module) -> list[list[str]]:
    """By the part of the network ("stem", "stages.2"), in the order in which it was built."""
    groups: dict[str, list[str]] = {}
    for name, _ in network.named_parameters():
        first, second, *_ = [*name.split("."), ""]
        part = f"{first}.{second}" if second.isdecimal() else first
        # what belongs to no part (a class token) comes in with the pictures
        groups.setdefault(part if "." in name else "", []).append(name)
    alone = groups.pop("", [])
    first_part, *others = groups.values()
    return [[*alone, *first_part], *others]


def _head_names(network: nn.Module) -> set[str]:
    inside = {id(p) for module in head_modules(network) for p in module.parameters()}
    return {name for name, parameter in network.named_parameters() if id(parameter) in inside}


def discriminative_rates(count: int, highest: float, ratio: float) -> list[float]:
    """Rates for `count` groups: from highest / ratio to highest, evenly spaced in the logarithm."""
    if count == 1:
        return [highest]
    return [highest / ratio ** (1 - k / (count - 1)) for k in range(count)]
