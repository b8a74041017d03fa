"""How long a run will take, told from a former one of the same network; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

from core.catalog import Catalog
from core.errors import StudioError
from core.events import BatchEnded
from core.records import Run
from core.training.config import TrainConfig
from core.training.schedule import HEAD, WHOLE_COST, stages

SAMPLED = 200


@dataclass(frozen=True)
class Forecast:
    """`seconds` of learning (validation comes on top), and the name of the run it is told from."""

    seconds: float
    run: str


def forecast(catalog: Catalog, config: TrainConfig, images: int) -> Forecast | None:
    """From the newest run of that architecture that learned for a while; None without one.

    Pictures cost by their pixels; the whole network costs more than the head.

    Args:
        images: on the training side.
    """
    speed = speed_before(catalog, config)
    if speed is None:
        return None
    whole = _cost(config.size_px, frozen=False)
    units = sum(s.epochs * images * _cost(s.size_px, s.frozen) for s in stages(config))
    return Forecast(units / whole / speed.images_per_s, speed.run)


@dataclass(frozen=True)
class Speed:
    """Images a second that the whole network learns from, and the name of the run that did."""

    images_per_s: float
    run: str


def speed_before(catalog: Catalog, config: TrainConfig) -> Speed | None:
    """As the newest run of that architecture went, for pictures of this size; None without one."""
    for run in catalog.runs.all():
        if run.kind == "fine-tune" and run.config.get("architecture") == config.architecture:
            units_per_s = _units_per_s(catalog, run)
            if units_per_s:
                return Speed(units_per_s / _cost(config.size_px, frozen=False), run.name)
    return None


def _units_per_s(catalog: Catalog, run: Run) -> float | None:
    """Cost of what was learned in a second, over a whole run; None when it cannot be told."""
    try:
        config = TrainConfig.from_dict(run.config)
    except StudioError:  # of another version, which had other options
        return None
    batches = catalog.runs.some_events(run.id, BatchEnded, SAMPLED)
    listed = {stage.name: stage for stage in stages(config)}
    known = [b for b in batches if b.stage in listed and b.images_per_s > 0]
    if not known:
        return None
    costs = [_cost(listed[b.stage].size_px, b.stage == HEAD) for b in known]
    return float(sum(costs) / sum(1 / b.images_per_s for b in known))


def _cost(size_px: int, frozen: bool) -> float:
    return size_px**2 * (1.0 if frozen else WHOLE_COST)
