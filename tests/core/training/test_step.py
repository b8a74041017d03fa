"""A step in parts: the parts are no part of the result."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.errors import StudioError, is_no_memory
from core.events import BatchEnded, BatchHalved
from core.models.architectures import preprocessing_of, untrained
from core.training.config import TrainConfig
from core.training.loop import Trainer
from core.training.optimiser import optimiser_for
from core.training.step import first_part, forward_of, images_per_s, learn
from core.training.training_set import training_set
from tests.builders import run_import, tints

NETWORK = "mobilenetv3_small_050"
CONFIG = TrainConfig(size_px=32, batch_size=8, frozen_epochs=1, epochs=1, precision="float32")


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return untrained(NETWORK, 2).eval()


@pytest.mark.parametrize("frozen", [True, False])
def test_parts_of_any_size_learn_the_same(frozen):
    images, labels = torch.randn(8, 3, 32, 32), torch.tensor([0, 1] * 4)
    results = []
    for part in (8, 3, 1):
        net = network()
        optimiser = optimiser_for(net, CONFIG, frozen)
        for group in optimiser.param_groups:
            group["lr"] = 1e-3
        loss = learn((images, labels), forward_of(net, CONFIG, frozen), optimiser, part)
        with torch.no_grad():
            results.append((loss, net(images)))
    for loss, logits in results[1:]:
        assert loss == pytest.approx(results[0][0], rel=1e-5)
        assert torch.allclose(logits, results[0][1], atol=1e-4)


def test_a_frozen_body_in_half_precision_says_nearly_the_same():
    net, images = network(), torch.randn(4, 3, 64, 64)
    half = TrainConfig(precision="bfloat16")
    with torch.no_grad():
        exact, rounded = (forward_of(net, c, frozen=True)(images) for c in (CONFIG, half))
    assert rounded.dtype == torch.float32
    assert torch.allclose(exact, rounded, atol=0.05 * exact.abs().max().item())
    assert not torch.equal(exact, rounded)


def test_the_whole_network_learns_in_half_precision_what_it_would_learn_exactly():
    images, labels = torch.randn(8, 3, 64, 64), torch.tensor([0, 1] * 4)
    found = []
    for config in (CONFIG, replace(CONFIG, precision="bfloat16")):
        net = network()
        optimiser = optimiser_for(net, config, frozen=False)
        learn((images, labels), forward_of(net, config, frozen=False), optimiser, 4)
        assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in net.parameters())
        found.append(torch.cat([p.grad.flatten() for p in net.parameters()]))
    assert torch.cosine_similarity(*found, dim=0) > 0.98
    assert not torch.equal(*found)


def test_parts_are_as_large_as_memory_is_meant_to_be():
    cpu, exact = torch.device("cpu"), TrainConfig(batch_size=64, precision="float32")
    assert first_part(exact, 224, cpu) == 8
    assert first_part(exact, 112, cpu) == 32
    assert first_part(exact, 1024, cpu) == 1
    assert first_part(replace(exact, precision="bfloat16"), 224, cpu) == 16
    assert first_part(TrainConfig(batch_size=64), 224, torch.device("cuda")) == 64
    assert first_part(TrainConfig(batch_size=64, weights="scratch"), 224, cpu) == 64


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes"),
        RuntimeError("MPS backend out of memory"),
    ],
)
def test_no_memory_is_known_by_all_its_names(error):
    assert is_no_memory(error)
    assert not is_no_memory(RuntimeError("size mismatch"))
    assert not is_no_memory(ValueError("out of memory"))


@pytest.fixture
def train(context):
    run_import(context, (tints({"a": "red", "b": "blue"}, train=8, valid=3, test=0), []))
    data = training_set(context)

    def events_of(largest: int | None):
        net = network()
        preprocessing = preprocessing_of(net, 32)
        if largest is not None:
            net.conv_stem.register_forward_pre_hook(lambda _, args: refuse(args[0], largest))
        return Trainer(net, CONFIG, preprocessing, data, context.workspace).run()

    return events_of


def refuse(images: torch.Tensor, largest: int) -> None:
    """An allocator that has no room for so many images; validation is let through."""
    if len(images) > largest and len(images) != 6:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9")


def test_when_memory_runs_out_fewer_are_computed_at_a_time_with_the_same_result(train):
    tight = list(train(largest=3))
    halved = [e for e in tight if isinstance(e, BatchHalved)]
    assert [(e.step, e.at_once) for e in halved] == [(1, 4), (1, 2)]
    losses = [e.train_loss for e in train(largest=None) if isinstance(e, BatchEnded)]
    assert [e.train_loss for e in tight if isinstance(e, BatchEnded)] == pytest.approx(
        losses, rel=1e-4
    )


def test_no_memory_for_a_single_image_is_said(train):
    with pytest.raises(StudioError, match="smaller image size"):
        list(train(largest=0))


def test_speed_is_measured_and_nothing_is_learned():
    measured = network()
    before = {name: t.clone() for name, t in measured.state_dict().items()}
    assert images_per_s(measured, CONFIG) > 0
    assert all(torch.equal(t, before[name]) for name, t in measured.state_dict().items())
    assert all(p.grad is None for p in measured.parameters())
