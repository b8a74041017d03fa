"""The learning-rate finder (Smith, arXiv 1506.01186): a mock training that leaves no trace.

The rate grows from tiny to huge, step by step, and the loss is watched. By default a new head
learns from the stored features, which takes seconds; the whole network, with its augmented
pictures, takes minutes. Short seeds are compared: where they do not agree, nothing is suggested.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.feature_store import FeatureStore
from core.models.architectures import preprocessing_of, pretrained, untrained
from core.training.config import TrainConfig
from core.training.data import Batch, TrainingBatches
from core.training.optimiser import SHARE, optimiser_for
from core.training.quick import features_of
from core.training.rate_curve import Smoother, Sweep, kept, rates_of, summary
from core.training.schedule import HEAD, WHOLE
from core.training.step import Forward, forward_of
from core.training.training_set import TrainingSet, training_set


@dataclass(frozen=True)
class Plan:
    """How much is tried: seeds, steps of each, and the most pictures of a step."""

    seeds: int
    steps: int
    largest_batch: int


PLANS = {HEAD: Plan(5, 100, 64), WHOLE: Plan(2, 60, 16)}


def sweep(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    batches: Iterator[Batch],
    forward: Forward,
    steps: int,
) -> Generator[int, None, Sweep | None]:
    """Train with a growing rate, yielding how many steps are done; then everything is as before,
    bit for bit: parameters, buffers, gradients, modes, the optimiser, and the random state of
    Python, numpy and torch. So it is when the caller stops asking, or something fails.

    Args:
        optimiser: a group with a "share" gets that share of the rate.
        batches: at least `steps` of them.
        forward: images to logits.

    Returns:
        What to look at; None when the loss exploded before anything could be seen.
    """
    rates_n, smoother = rates_of(steps), Smoother()
    with untouched(network, optimiser):
        for done, (rate, (images, labels)) in enumerate(zip(rates_n, batches, strict=False), 1):
            loss = cross_entropy(forward(images), labels)
            if not smoother.takes(loss.item()):
                break
            for group in optimiser.param_groups:
                group["lr"] = float(rate) * group.get(SHARE, 1.0)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            yield done
    found = kept(rates_n, smoother.losses, steps)
    return found if len(found.losses_n) > 1 else None


@contextmanager
def untouched(network: nn.Module, optimiser: torch.optim.Optimizer) -> Iterator[None]:
    """Whatever happens inside has not happened to these, nor to the random state."""
    tensors = [(t, t.detach().clone()) for t in (*network.parameters(), *network.buffers())]
    gradients = [(p, None if p.grad is None else p.grad.clone()) for p in network.parameters()]
    modes = [(module, module.training) for module in network.modules()]
    state = copy.deepcopy(optimiser.state_dict())
    with _same_random_state():
        try:
            yield
        finally:
            with torch.no_grad():
                for tensor, before in tensors:
                    tensor.copy_(before)
            for parameter, gradient in gradients:
                parameter.grad = gradient
            for module, training in modes:
                module.training = training
            optimiser.load_state_dict(state)


@contextmanager
def _same_random_state() -> Iterator[None]:
    python, numpy = random.getstate(), np.random.get_state()
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


def rate_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "rate": {"stage": "head" or "whole network", "config": a configuration}."""
    config = TrainConfig.from_dict(args.get("config", {}))
    wanted = WHOLE if config.weights == "scratch" else str(args.get("stage", HEAD))
    return find_rate(context, config, wanted)


def find_rate(context: Context, config: TrainConfig, stage: str) -> Iterator[Event]:
    """Sweep with several seeds and store what they say as a study, seed by seed.

    Raises:
        StudioError: the loss explodes at the lowest rates, whatever the seed.
    """
    data, plan = training_set(context), PLANS[stage]
    head_only = stage == HEAD
    store = (yield from features_of(context, config.architecture, data)) if head_only else None
    if context.stop_requested():
        return
    asked = {"stage": stage, **asdict(plan), "config": config.to_dict()}
    study = context.catalog.studies.create("rate", asked, context.job_id)
    sweeps: list[Sweep] = []
    for seed in range(plan.seeds):
        here = replace(config, seed=seed, batch_size=min(config.batch_size, plan.largest_batch))
        parts = _of_head(data, store, here) if store else _of_network(context, data, here)
        going_on = sweep(*parts, plan.steps)
        found = yield from _told(context, going_on, seed * plan.steps, plan)
        if context.stop_requested():
            return
        sweeps += [found] if found else []
        if sweeps:
            context.catalog.studies.store(study, summary(sweeps))
    if not sweeps:
        raise StudioError(
            "The loss explodes at the lowest rates already.",
            "Look at the pictures and their labels on the Dataset page.",
        )


def _told(
    context: Context, going_on: Generator[int, None, Sweep | None], before: int, plan: Plan
) -> Generator[Event, None, Sweep | None]:
    """Follow a sweep; None when it is stopped or has nothing to say."""
    total = plan.seeds * plan.steps
    try:
        while not context.stop_requested():
            yield Progressed(before + next(going_on), total, "Trying learning rates")
    except StopIteration as ended:
        return ended.value
    going_on.close()
    return None


def _of_head(
    data: TrainingSet, store: FeatureStore, config: TrainConfig
) -> tuple[nn.Module, torch.optim.Optimizer, Iterator[Batch], Forward]:
    """A new linear head, and batches of stored features: of a picture or of its mirror image."""
    rng = np.random.default_rng(config.seed)
    features_nvf = torch.from_numpy(store.get(data.train.image_ids))
    labels_n = torch.from_numpy(data.train.labels_n)
    torch.manual_seed(config.seed)
    head = nn.Linear(features_nvf.shape[2], len(data.classes))
    optimiser = torch.optim.AdamW(
        head.parameters(), betas=(0.95, 0.99), eps=1e-5, weight_decay=config.weight_decay
    )

    def batches() -> Iterator[Batch]:
        while True:
            rows = rng.permutation(len(labels_n))[: config.batch_size]
            yield features_nvf[rows, rng.integers(0, 2, len(rows))], labels_n[rows]

    return head, optimiser, batches(), head


def _of_network(
    context: Context, data: TrainingSet, config: TrainConfig
) -> tuple[nn.Module, torch.optim.Optimizer, Iterator[Batch], Forward]:
    """The whole network with a new head, and augmented pictures."""
    torch.manual_seed(config.seed)
    make = pretrained if config.weights == "pretrained" else untrained
    network = make(config.architecture, len(data.classes))
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.train(config.weights == "scratch")
    size_px = (*config.smaller_first, config.size_px)[0]
    preprocessing = preprocessing_of(network, size_px)
    epochs = TrainingBatches(data.train, context.workspace, preprocessing, config)

    def batches() -> Iterator[Batch]:
        for number in count(1):
            yield from epochs.epoch(number)

    forward = forward_of(network, config, frozen=False)
    return network, optimiser_for(network, config, frozen=False), batches(), forward
