"""Findings from curves: what is a fault, and what is only noise."""

from __future__ import annotations

import pytest

from core.events import EpochEnded
from core.training.diagnosis import diagnose

IMAGES = 100


def said(train, valid, wrong, ending="completed", images=IMAGES) -> list[str]:
    """Names of the findings; `train` by epoch, `valid` and `wrong` from before training on."""
    epochs = [
        EpochEnded(10 * k, k, "all", loss, count / images, images, t)
        for k, (loss, count, t) in enumerate(
            zip(valid, wrong, [None, *train][: len(valid)], strict=True)
        )
    ]
    return [finding.name for finding in diagnose(epochs, ending)]


GOOD = ([0.9, 0.5, 0.3, 0.2], [1.1, 0.8, 0.5, 0.35, 0.34], [60, 30, 15, 9, 8])


def test_a_good_run_has_nothing_to_be_said_of_it():
    assert said(*GOOD) == []


@pytest.mark.parametrize(
    ("train", "valid", "wrong"), [([], [], []), ([], [0.4], [10]), ([0.5], [0.4, 0.3], [10, 9])]
)
def test_before_there_is_much_to_see_nothing_is_said(train, valid, wrong):
    assert said(train, valid, wrong, ending=None) == []


def test_a_loss_that_explodes_is_a_rate_too_high_unless_the_run_ends_as_its_best():
    train, valid = [2.0, 1.5, 2.6, 1.0, 0.3], [1.1, 1.7, 2.2, 4.4, 0.8, 0.3]
    assert said(train[:3], valid[:4], [60, 66, 53, 66], ending=None) == ["rate too high"]
    assert said(train, [*valid[:5], 1.3], [60, 66, 53, 66, 23, 61]) == ["rate too high"]
    assert said(train, valid, [60, 66, 53, 66, 23, 5]) == ["too few epochs"]


def test_a_loss_that_rises_before_it_falls_is_one_cycle_at_work():
    assert said([1.0, 0.7, 1.1, 0.5], [1.1, 0.9, 1.8, 0.5, 0.49], [60, 33, 60, 25, 24]) == []


def test_a_fitted_head_that_is_undone_is_a_rate_too_high():
    assert said([0.1, 0.6, 0.4], [0.25, 0.25, 0.5, 0.45], [5, 5, 20, 18]) == ["rate too high"]


def test_a_validation_loss_that_rises_while_training_falls_is_no_rate_too_high():
    assert said([0.5, 0.2, 0.05], [0.3, 0.3, 0.5, 1.0], [10, 10, 11, 10]) == ["nothing gained"]


def test_overfitting_is_an_error_that_gets_worse_while_the_training_loss_falls():
    train, valid = [0.6, 0.4, 0.2, 0.1], [0.7, 0.5, 0.4, 0.6, 0.9]
    assert said(train, valid, [40, 20, 10, 22, 30]) == ["overfitting"]


def test_an_error_that_rises_within_its_interval_is_no_overfitting():
    train, valid = [0.6, 0.4, 0.2, 0.1], [0.7, 0.5, 0.4, 0.41, 0.42]
    assert said(train, valid, [40, 20, 10, 12, 15]) == []
    # The same shares of ten times as many images are more than chance.
    assert said(train, valid, [400, 200, 100, 120, 150], images=1000) == ["overfitting"]


def test_one_lucky_epoch_of_many_is_no_best():
    train = [0.9 - 0.04 * k for k in range(12)]
    valid = [0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.44, 0.46, 0.45, 0.46, 0.46, 0.46, 0.46]
    wrong = [60, 40, 30, 27, 26, 9, 25, 26, 24, 26, 25, 26, 26]
    assert said(train, valid, wrong) == []


def test_a_training_loss_below_the_validation_loss_is_no_fault():
    assert said([0.5, 0.2, 0.05, 0.01], [0.9, 0.5, 0.4, 0.38, 0.38], [40, 20, 12, 11, 11]) == []


def test_a_loss_that_hardly_moves_is_a_rate_too_low():
    still = [1.099, 1.098, 1.098, 1.097, 1.097]
    assert said(still[1:], still, [60, 60, 59, 58, 57]) == ["rate too low"]


def test_nothing_is_too_slow_where_there_is_nothing_to_gain():
    assert said([0.1, 0.1, 0.1], [0.2, 0.2, 0.2, 0.199], [1, 0, 0, 0]) == []


def test_a_loss_that_still_falls_at_the_end_is_too_few_epochs():
    curves = ([1.0, 0.8], [1.1, 0.95, 0.8], [60, 45, 30])
    assert said(*curves) == ["too few epochs"]
    assert said(*curves, ending=None) == said(*curves, ending="stopped") == []


def test_a_network_that_knows_its_pictures_has_seen_them_often_enough():
    curves = ([0.9, 0.5, 0.15], [1.1, 0.9, 0.6, 0.3], [60, 45, 30, 20])
    assert said(*curves) == []


def test_training_that_gains_nothing_is_said():
    assert said([0.3, 0.25, 0.2], [0.2, 0.21, 0.22, 0.22], [5, 6, 5, 6]) == ["nothing gained"]


def test_runs_of_earlier_versions_have_no_training_loss_to_judge():
    epochs = [EpochEnded(k, k, "all", loss, 0.5, 10) for k, loss in enumerate((1, 50, 90))]
    assert diagnose(epochs, "completed") == []
