"""The training loop, on a small network that is trained within a second."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.errors import StudioError
from core.events import BatchEnded, EpochEnded
from core.models.architectures import preprocessing_of, untrained
from core.training.config import TrainConfig
from core.training.data import TrainingBatches, evaluation_batches
from core.training.loop import Trainer
from core.training.schedule import stages
from core.training.training_set import training_set
from tests.builders import run_import, tints

CONFIG = TrainConfig(size_px=32, frozen_epochs=1, epochs=2, batch_size=4)


@pytest.fixture
def data(context):
    run_import(context, (tints({"a": "red", "b": "blue"}, train=5, valid=2, test=0), []))
    return training_set(context)


def trainer(context, data, config=CONFIG, network=None) -> Trainer:
    if network is None:
        torch.manual_seed(0)
        network = untrained("mobilenetv3_small_050", 2)
    preprocessing = preprocessing_of(network, config.size_px)
    return Trainer(network, config, preprocessing, data, context.workspace)


def losses_of(events) -> list[float]:
    return [e.train_loss for e in events if isinstance(e, BatchEnded)]


def test_batches_and_epochs_come_in_order(context, data):
    events = list(trainer(context, data).run())
    kinds = "".join("E" if isinstance(event, EpochEnded) else "b" for event in events)
    assert kinds == "E" + "bbbE" * 3
    assert [e.step for e in events if isinstance(e, BatchEnded)] == list(range(1, 10))
    assert {e.steps for e in events if isinstance(e, BatchEnded)} == {9}
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    assert [e.epoch for e in epochs] == [0, 1, 2, 3]
    names = ["before training", "head", "whole network", "whole network"]
    assert [e.stage for e in epochs] == names


def test_the_rate_follows_the_schedule_of_each_stage(context, data):
    head, whole = stages(CONFIG)
    assert (head.schedule.peak, whole.schedule.peak) == (CONFIG.rate, CONFIG.rate / 2)
    rates = [e.learning_rate for e in trainer(context, data).run() if isinstance(e, BatchEnded)]
    expected = [head.schedule.rate(k / 2) for k in range(3)]
    expected += [whole.schedule.rate(k / 5) for k in range(6)]
    assert rates == pytest.approx(expected)


def test_stages_without_epochs_are_left_out():
    assert [s.frozen for s in stages(TrainConfig(frozen_epochs=0, epochs=1))] == [False]
    assert [s.frozen for s in stages(TrainConfig(frozen_epochs=1, epochs=0))] == [True]


def test_while_frozen_only_the_head_learns(context, data):
    training = trainer(context, data, TrainConfig(size_px=32, frozen_epochs=1, epochs=0))
    before = {name: t.clone() for name, t in training.network.state_dict().items()}
    list(training.run())
    after = training.network.state_dict()
    changed = {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert changed == {"classifier.weight", "classifier.bias"}


def test_unfrozen_every_parameter_learns_and_norms_keep_their_statistics(context, data):
    config = TrainConfig(size_px=32, frozen_epochs=0, epochs=2, batch_size=4, rate=0.01)
    training = trainer(context, data, config)
    before = {name: t.clone() for name, t in training.network.state_dict().items()}
    list(training.run())
    after = training.network.state_dict()
    for name, tensor in before.items():
        moved = not torch.equal(tensor, after[name])
        assert moved == ("running_" not in name and "num_batches" not in name), name


def test_the_same_configuration_twice_gives_the_same_losses(context, data):
    first = losses_of(trainer(context, data).run())
    torch.rand(100)  # what happened before makes no difference
    assert losses_of(trainer(context, data).run()) == first
    other = TrainConfig.from_dict({**CONFIG.to_dict(), "seed": 1})
    assert losses_of(trainer(context, data, other).run()) != first


def test_a_batch_larger_than_the_dataset_is_the_dataset(context, data):
    config = TrainConfig(size_px=32, frozen_epochs=0, epochs=1, batch_size=1024)
    training = trainer(context, data, config)
    assert training.steps == 1
    assert len(losses_of(training.run())) == 1


def test_a_batch_of_one_image_trains(context, data):
    config = TrainConfig(size_px=32, frozen_epochs=0, epochs=1, batch_size=1)
    assert len(losses_of(trainer(context, data, config).run())) == 10


def test_an_epoch_holds_every_image_once_in_an_order_of_its_own(context, data):
    preprocessing = preprocessing_of(untrained("mobilenetv3_small_050", 2), 32)
    batches = TrainingBatches(data.train, context.workspace, preprocessing, CONFIG)
    first, again, second = (list(batches.epoch(number)) for number in (1, 1, 2))
    assert [len(labels) for _, labels in first] == [4, 3, 3]
    for epoch in (first, second):
        seen = torch.cat([labels for _, labels in epoch])
        assert sorted(seen.tolist()) == sorted(data.train.labels_n.tolist())
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, again))
    assert not torch.equal(first[0][0], second[0][0])


def test_evaluation_batches_keep_the_order(context, data):
    preprocessing = preprocessing_of(untrained("mobilenetv3_small_050", 2), 32)
    ids = data.train.image_ids
    batches = evaluation_batches(ids, context.workspace, preprocessing, size=3)
    together = torch.cat(list(batches))
    assert together.shape == (10, 3, 32, 32)
    (alone,) = evaluation_batches(ids[7:8], context.workspace, preprocessing)
    np.testing.assert_array_equal(alone[0], together[7])


def poisoned(network: torch.nn.Module) -> torch.nn.Module:
    with torch.no_grad():
        network.get_classifier().weight[0, 0] = math.nan
    return network


def test_a_loss_that_is_no_number_asks_for_a_lower_rate(context, data):
    with pytest.raises(StudioError, match="learning rate ten times lower"):
        list(trainer(context, data, network=poisoned(untrained("mobilenetv3_small_050", 2))).run())


def test_weights_spoilt_by_the_last_step_are_no_epoch(context, data):
    """The loss of the last batch is fine; the step after it is what goes wrong."""
    config = TrainConfig(size_px=32, frozen_epochs=0, epochs=1, batch_size=16)
    training = trainer(context, data, config)
    events = []
    with pytest.raises(StudioError, match="learning rate ten times lower"):
        for event in training.run():
            events.append(event)
            if isinstance(event, BatchEnded):
                poisoned(training.network)
    assert [type(event) for event in events] == [EpochEnded, BatchEnded]


def test_from_scratch_norms_learn_their_statistics_and_all_layers_at_one_rate(context, data):
    config = TrainConfig(weights="scratch", size_px=32, frozen_epochs=0, epochs=1, batch_size=4)
    training = trainer(context, data, config)
    before = {name: t.clone() for name, t in training.network.state_dict().items()}
    list(training.run())
    after = training.network.state_dict()
    assert all(not torch.equal(t, after[name]) for name, t in before.items())
    assert {group["share"] for group in training.optimiser.param_groups} == {1.0}


def test_sizes_grow_and_validation_is_always_at_the_last_one(context, data):
    config = TrainConfig(size_px=64, smaller_first=(32,), frozen_epochs=1, epochs=1, batch_size=4)
    training = trainer(context, data, config)
    seen: list[tuple[int, int]] = []
    training.network.conv_stem.register_forward_pre_hook(
        lambda _, args: seen.append((args[0].shape[-1], len(args[0])))
    )
    stages_seen = [e.stage for e in training.run() if isinstance(e, BatchEnded)]
    assert stages_seen == ["head"] * 3 + ["whole network, 32 px"] * 3 + ["whole network"] * 3
    sizes = [size for size, _ in seen]
    learning, checking = [32] * 3, [64]
    assert sizes == checking + learning + checking + learning + checking + [64] * 3 + checking


def test_an_epoch_says_the_mean_loss_of_its_batches(context, data):
    batches: list[float] = []
    for event in trainer(context, data).run():
        if isinstance(event, BatchEnded):
            batches.append(event.train_loss)
        elif event.epoch == 0:
            assert event.train_loss is None
        else:
            assert event.train_loss == pytest.approx(np.mean(batches))
            batches = []


def test_time_left_runs_out(context, data):
    left = [e.left_s for e in trainer(context, data).run() if isinstance(e, BatchEnded)]
    assert left[-1] == 0.0
    assert min(left[:-1]) > 0.0


@pytest.mark.parametrize("options", [{"mixup": 0.4}, {"oversample": True}, {"resize": "squish"}])
def test_every_option_trains_to_finite_losses(context, data, options):
    config = TrainConfig.from_dict({**CONFIG.to_dict(), **options})
    losses = losses_of(trainer(context, data, config).run())
    assert len(losses) == 9
    assert all(map(math.isfinite, losses))


@pytest.fixture
def clock(monkeypatch) -> None:
    """Each look at the clock is a second later than the one before."""
    seconds = iter(range(10**6))
    monkeypatch.setattr("core.training.loop.time.perf_counter", lambda: float(next(seconds)))


def test_where_time_is_short_the_epochs_give_way_and_the_rate_comes_down(context, data, clock):
    config = TrainConfig(size_px=32, frozen_epochs=0, epochs=50, batch_size=4)
    training = trainer(context, data, config)
    training.position.limit_s = 12.0
    events = list(training.run())
    batches = [e for e in events if isinstance(e, BatchEnded)]
    assert 3 < len(batches) < 12
    assert isinstance(events[-1], EpochEnded)
    assert training.is_done and training.position.spent_s <= 12.0 + 1
    rates = [e.learning_rate for e in batches]
    assert max(rates) > config.rate / 4 and rates[-1] < config.rate / 10
    assert batches[-1].left_s <= 1
    assert batches[-1].step == batches[-1].steps < training.steps


def test_no_time_at_all_leaves_the_model_as_it_began(context, data):
    training = trainer(context, data)
    training.position.limit_s = -1.0
    (before,) = training.run()
    assert before.epoch == 0 and training.is_done


def test_enough_time_changes_nothing(context, data):
    losses = losses_of(trainer(context, data).run())
    training = trainer(context, data)
    training.position.limit_s = 1e6
    assert losses_of(training.run()) == losses
