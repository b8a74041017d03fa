"""A network's parameters in depth order, so that early layers can learn more slowly."""

from __future__ import annotations

from torch import nn

from core.models.guarded_timm import timm


def layer_groups(network: nn.Module) -> list[list[str]]:
    """Parameter names by depth (timm's `group_matcher`), shallowest first, the head last.

    Every parameter is in one group, once.
    """
    head = {f"{name}." for name in _head_names(network)}
    by_depth: dict[int, list[str]] = timm.models.group_parameters(
        network,
        network.group_matcher(coarse=True),  # type: ignore[operator]
    )
    groups, last = [], []
    for depth in sorted(by_depth):
        names = by_depth[depth]
        last += [n for n in names if any(n.startswith(h) for h in head)]
        body = [n for n in names if not any(n.startswith(h) for h in head)]
        if body:
            groups.append(body)
    return [*groups, last]


def _head_names(network: nn.Module) -> list[str]:
    classifier = network.get_classifier()  # type: ignore[operator]
    return [name for name, module in network.named_modules() if module is classifier]


def discriminative_rates(count: int, highest: float, ratio: float) -> list[float]:
    """Rates for `count` groups: from highest / ratio to highest, evenly spaced in the logarithm."""
    if count == 1:
        return [highest]
    return [highest / ratio ** (1 - k / (count - 1)) for k in range(count)]
