"""What the curves of a run say went wrong, in words, and what to do about it.

The rules are those of the course notes: a validation loss that explodes means that the rate is too
high, an error that hardly improves that it is too low; overfitting is the error getting worse, not
the training loss being lower than the validation loss. What lies within the interval of so few
validation images is noise, and says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from core.events import EpochEnded
from core.metrics import Share
from core.training.best_epoch import best_epoch

EXPLODED = 3.0  # times the lowest validation loss so far, even if it came down again
RAISED = 1.5  # the same of a loss that did not
RISES = 1.25  # times the lowest training loss so far; less is noise
HARDLY = 0.05  # a fall of less than this share over the whole run, and
SLOW = 0.01  # of less than this share an epoch, is hardly one
STILL_FALLING = 0.25  # times the mean fall of an epoch: what the last epoch gained is not the end
WORTH_IT = 0.1  # a run that gained less than this share was near its end anyway
NEARLY = 1.1  # times the lowest loss is about as good
LEARNED = 0.9  # times the validation loss: a lower training loss is that of learned pictures
LONG_RUN = 6  # epochs from which single ones are smoothed by their neighbours


@dataclass(frozen=True)
class Finding:
    """What is seen (`sentence`) and what to do (`advice`)."""

    name: str
    sentence: str
    advice: str


TOO_HIGH = Finding(
    "rate too high",
    "The validation loss explodes, and the training loss does not fall: the learning rate is "
    "too high.",
    "Train again with a rate three to ten times lower.",
)
TOO_LOW = Finding(
    "rate too low",
    "The loss hardly moves from epoch to epoch: the learning rate is too low.",
    "Train again with a rate three to ten times higher, or find one with the learning-rate finder.",
)
TOO_FEW = Finding(
    "too few epochs",
    "The validation loss was still falling when training ended: too few epochs.",
    "Train again with twice as many epochs.",
)
OVERFITTING = Finding(
    "overfitting",
    "The error got worse by more than chance while the training loss went on falling: the model "
    "overfits.",
    "Train for fewer epochs, with stronger augmentation or more weight decay; best of all, add "
    "pictures. The best epoch was kept.",
)
NOTHING_GAINED = Finding(
    "nothing gained",
    "No epoch was better than the model before training, which was kept.",
    "More or cleaner pictures will help more than more training: review what it is most wrong "
    "about.",
)


@dataclass(frozen=True)
class _Curves:
    """By epoch; the first entry of `valid` and `errors` is the model before training."""

    train: list[float]
    valid: list[float]
    errors: list[Share]

    @property
    def fall(self) -> float:
        """Share of the first validation loss that was gained in the end."""
        return (self.valid[0] - self.valid[-1]) / max(self.valid[0], 1e-12)


def diagnose(epochs: Sequence[EpochEnded], ending: str | None) -> list[Finding]:
    """The gravest finding; none when there is nothing to be seen.

    Args:
        epochs: oldest first.
        ending: of the run; None while it goes on.
    """
    train = [epoch.train_loss for epoch in epochs[1:] if epoch.train_loss is not None]
    if not epochs or len(train) < len(epochs) - 1:  # an older version's
        return []
    curves = _Curves(
        train,
        [epoch.valid_loss for epoch in epochs],
        [_errors(epoch) for epoch in epochs],
    )
    if not curves.train:
        return []
    completed = ending == "completed"
    rules = (
        (TOO_HIGH, _too_high(curves) and not (completed and _ended_well(curves))),
        (OVERFITTING, _overfits(curves)),
        (TOO_LOW, _too_low(curves)),
        (TOO_FEW, completed and _too_few(curves)),
        (NOTHING_GAINED, completed and _nothing_gained(epochs)),
    )
    return [finding for finding, holds in rules if holds][:1]  # a fault explains the lesser ones


def _errors(epoch: EpochEnded) -> Share:
    return Share(round(epoch.error_rate * epoch.valid_images), epoch.valid_images)


def _too_high(curves: _Curves) -> bool:
    train, valid = curves.train, curves.valid
    for k in range(len(train)):
        rises = train[k] > max(RISES * min([valid[0], *train[:k]]), train[0] / 2)
        times = valid[k + 1] / max(min(valid[: k + 1]), 1e-12)
        if rises and times > EXPLODED:
            return True
    return rises and times > RAISED and _is_worse(curves.errors)


def _ended_well(curves: _Curves) -> bool:
    """Whether the last epoch is about the best: then what came before was one-cycle at work."""
    return curves.valid[-1] <= NEARLY * min(curves.valid) and not _is_worse(curves.errors)


def _is_worse(errors: Sequence[Share]) -> bool:
    """Whether the last error is higher than the lowest one by more than chance."""
    return errors[-1].value > min(errors, key=lambda error: error.value).high


def _overfits(curves: _Curves) -> bool:
    """Single epochs of a long run are smoothed: the best of many is good by luck as well."""
    errors = [error.value for error in curves.errors]
    train = curves.train
    if len(train) >= LONG_RUN:
        errors, train = _smooth(errors), _smooth(train)
    best = errors.index(min(errors))
    total = curves.errors[0].total
    if best == len(errors) - 1 or not total:
        return False
    beyond_chance = errors[-1] > Share(round(errors[best] * total), total).high
    surer = train[-1] < train[max(best - 1, 0)]
    return beyond_chance and surer and curves.valid[-1] > curves.valid[best]


def _too_low(curves: _Curves) -> bool:
    epochs = len(curves.train)
    if epochs < 2 or curves.errors[-1].value < curves.errors[0].low:
        return False
    moved = abs(curves.train[0] - curves.train[-1]) / max(curves.train[0], 1e-12)
    return (
        max(moved, abs(curves.fall)) < HARDLY
        and abs(curves.fall) / epochs < SLOW
        and curves.errors[-1].hits > 0
    )


def _too_few(curves: _Curves) -> bool:
    """The falling rate makes the last epoch of every run a good one; but a network that knows its
    training pictures, varied as they are, better than others has seen enough of them.
    """
    if curves.train[-1] < LEARNED * curves.valid[-1]:
        return False
    falls = [a - b for a, b in zip(curves.valid, curves.valid[1:], strict=False)]
    return curves.fall > WORTH_IT and falls[-1] > STILL_FALLING * fmean(falls)


def _nothing_gained(epochs: Sequence[EpochEnded]) -> bool:
    return best_epoch(epochs) == 0


def _smooth(values: Sequence[float]) -> list[float]:
    """Each with its neighbours: the median of three."""
    return [median(values[max(0, k - 1) : k + 2]) for k in range(len(values))]
