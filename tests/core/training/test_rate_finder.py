"""The learning-rate finder leaves no trace, and finds what is known of a simple problem."""

from __future__ import annotations

import copy
import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import StudioError
from core.events import Progressed
from core.training import rate_finder as module
from core.training.config import TrainConfig
from core.training.rate_curve import Band, summary
from core.training.rate_finder import Plan, find_rate, rate_task, sweep
from core.training.schedule import HEAD, WHOLE
from tests.builders import run_import, tints

STEPS = 40


class Net(nn.Module):
    """All that can be left behind: parameters, running statistics, dropout, a frozen part."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(6, 16)
        self.norm = nn.BatchNorm1d(16)
        self.dropout = nn.Dropout(0.2)
        self.last = nn.Linear(16, 3)
        self.register_buffer("seen", torch.zeros(1), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen += 1
        return self.last(self.dropout(self.norm(self.first(x)).relu()))


def endless(rng=None, size=12):
    """Batches of three separable classes; draws from the global generators unless given one."""
    centres = torch.eye(3).repeat(1, 2) * 3
    while True:
        labels = torch.randint(0, 3, (size,), generator=rng)
        random.random()
        np.random.random()
        yield centres[labels] + torch.randn(size, 6, generator=rng), labels


@pytest.fixture
def parts():
    """A network in the middle of its training, and its optimiser with its moments."""
    torch.manual_seed(0)
    network = Net().train()
    network.dropout.eval()
    optimiser = torch.optim.AdamW(
        [
            {"params": network.first.parameters(), "share": 0.01},
            {"params": [*network.norm.parameters(), *network.last.parameters()]},
        ],
        lr=0.003,
    )
    for _, (images, labels) in zip(range(3), endless()):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(images), labels).backward()
        optimiser.step()
    return network, optimiser


def everything(network, optimiser):
    """All state there is, as plain values that can be compared bit for bit."""
    python, numpy = random.getstate(), np.random.get_state()
    tensors = [*network.parameters(), *network.buffers()]
    return {
        "tensors": [t.detach().numpy().tobytes() for t in tensors],
        "gradients": [p.grad.numpy().tobytes() for p in network.parameters()],
        "modes": [m.training for m in network.modules()],
        "groups": copy.deepcopy(
            [{k: v for k, v in g.items() if k != "params"} for g in optimiser.param_groups]
        ),
        "moments": [
            {k: v.numpy().tobytes() for k, v in state.items()}
            for state in optimiser.state_dict()["state"].values()
        ],
        "random": (python, numpy[1].tobytes(), numpy[2:], torch.get_rng_state().numpy().tobytes()),
    }


def follow(going_on):
    done = []
    while True:
        try:
            done.append(next(going_on))
        except StopIteration as ended:
            return done, ended.value


def test_everything_comes_back_bit_for_bit(parts):
    network, optimiser = parts
    before = everything(*parts)
    done, found = follow(sweep(network, optimiser, endless(), network, STEPS))
    assert found is not None and len(done) > STEPS / 2
    assert everything(*parts) == before


def test_everything_comes_back_when_the_caller_stops_asking(parts):
    network, optimiser = parts
    before = everything(*parts)
    going_on = sweep(network, optimiser, endless(), network, STEPS)
    for _ in range(5):
        next(going_on)
    assert everything(*parts)["tensors"] != before["tensors"]  # it did train
    going_on.close()
    assert everything(*parts) == before


def test_everything_comes_back_when_something_fails(parts):
    network, optimiser = parts
    before = everything(*parts)

    def broken(images):
        if network.seen > 8:
            raise RuntimeError("a cable was pulled")
        return network(images)

    with pytest.raises(RuntimeError, match="cable"):
        follow(sweep(network, optimiser, endless(), broken, STEPS))
    assert everything(*parts) == before


def test_groups_learn_at_their_share_of_the_rate(parts):
    network, optimiser = parts
    going_on = sweep(network, optimiser, endless(), network, STEPS)
    for _ in range(3):
        next(going_on)
    rates = [group["lr"] for group in optimiser.param_groups]
    assert rates == pytest.approx([1e-7 * 10 ** (16 / 39) * share for share in (0.01, 1)])
    going_on.close()


def test_the_suggestion_trains_better_than_rates_far_from_it(parts):
    """Sweeps of a new head with five seeds, then 60 real steps at each rate."""

    def unsure(seed=2):
        rng = torch.Generator().manual_seed(seed)
        for images, labels in endless(rng, 120):
            other = torch.rand(120, generator=rng) < 0.3
            yield images, torch.where(other, (labels + 1) % 3, labels)

    def loss_after(rate):
        torch.manual_seed(1)
        head = nn.Linear(6, 3)
        optimiser = torch.optim.AdamW(head.parameters(), lr=rate)
        for _, (images, labels) in zip(range(60), unsure()):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(head(images), labels)
            loss.backward()
            optimiser.step()
        return loss.item()

    found = []
    for seed in range(5):
        torch.manual_seed(seed)
        head = nn.Linear(6, 3)
        optimiser = torch.optim.AdamW(head.parameters())
        found.append(follow(sweep(head, optimiser, unsure(seed), head, 100))[1])
    for rates in ([f.valley for f in found], [f.steep for f in found]):
        rate = Band.of(rates).rate
        assert loss_after(rate) < min(loss_after(1e-5), loss_after(10.0))


def test_a_loss_that_is_no_number_from_the_start_says_nothing(parts):
    network, optimiser = parts
    with torch.no_grad():
        network.last.bias[0] = torch.nan
    before = everything(*parts)
    assert follow(sweep(network, optimiser, endless(), network, STEPS)) == ([], None)
    assert everything(*parts) == before


@pytest.fixture
def colours(fresh):
    run_import(fresh, (tints({"a": "red", "b": "blue"}, train=5, valid=2), []))
    return fresh


def test_a_new_head_is_swept_over_several_seeds_and_stored(colours):
    events = list(find_rate(colours, TrainConfig(), HEAD))
    study = colours.catalog.studies.latest("rate")
    assert (study.config["stage"], study.config["seeds"], study.config["steps"]) == (HEAD, 5, 100)
    assert len(study.result["losses"]) == 5
    for name in ("steep", "valley"):
        band = study.result[name]
        assert band["low"] <= band["rate"] <= band["high"]
    told = [e for e in events if isinstance(e, Progressed) and e.doing.startswith("Trying")]
    assert [e.done for e in told] == sorted(e.done for e in told)
    assert told[-1].total == 500


def test_the_same_seeds_find_the_same(colours):
    results = []
    for _ in range(2):
        torch.rand(3)
        list(rate_task(colours, {"stage": HEAD}))
        results.append(colours.catalog.studies.latest("rate").result)
    assert results[0] == results[1]


@pytest.mark.parametrize("weights", ["pretrained", "scratch"])
def test_the_whole_network_learns_from_pictures(colours, monkeypatch, weights):
    monkeypatch.setitem(module.PLANS, WHOLE, Plan(seeds=1, steps=14, largest_batch=2))
    config = TrainConfig(size_px=32, weights=weights)
    stage = HEAD if weights == "scratch" else WHOLE  # there is no head alone without features
    list(rate_task(colours, {"config": config.to_dict(), "stage": stage}))
    study = colours.catalog.studies.latest("rate")
    assert study.config["stage"] == WHOLE
    assert len(study.result["losses"]) == 1


def test_stopping_keeps_the_seeds_that_are_done(colours):
    seen = []
    stopping = replace(
        colours, stop_requested=lambda: any(getattr(e, "done", 0) > 150 for e in seen)
    )
    for event in find_rate(stopping, TrainConfig(), HEAD):
        seen.append(event)
    assert len(colours.catalog.studies.latest("rate").result["losses"]) == 1


def test_an_explosion_at_the_lowest_rates_is_said(colours, monkeypatch):
    monkeypatch.setattr(module.Smoother, "takes", lambda smoother, loss: False)
    with pytest.raises(StudioError, match="explodes at the lowest rates"):
        list(find_rate(colours, TrainConfig(), HEAD))


def test_a_summary_holds_all_that_the_page_shows():
    rng = torch.Generator().manual_seed(2)
    found = []
    for seed in range(2):
        torch.manual_seed(seed)
        head = nn.Linear(6, 3)
        optimiser = torch.optim.AdamW(head.parameters())
        found.append(follow(sweep(head, optimiser, endless(rng), head, 100))[1])
    told = summary(found)
    assert len(told["rates"]) == max(map(len, told["losses"]))
    assert told["valley"]["low"] == min(s.valley for s in found)
    assert told["steep"]["high"] == max(s.steep for s in found)
