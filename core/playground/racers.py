"""Six optimisers and three schedules: how they turn slopes into steps.

All six are one formula with other coefficients (`RULES`), with the numbers of torch.optim; S. Ruder
(arXiv 1609.04747) compares them. Schedules are those of torch.optim.lr_scheduler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.playground.lesson import LARGEST
from core.playground.parameters import Values
from core.playground.surfaces import SURFACES, Height

CONSTANT, ONE_CYCLE, COSINE = "constant", "one-cycle", "cosine"
RISE, START_DIVISOR, END_DIVISOR = 0.25, 25.0, 1e5
"""One-cycle, as this app's training has it: peak / first rate, peak / last rate."""
SQUARE_DECAY = {"RMSProp": 0.9, "Adam": 0.999, "AdamW": 0.999}
EPSILON = 1e-8


@dataclass(frozen=True)
class Rule:
    """How one optimiser turns gradients into a step.

    Args:
        name: as arrays call it.
        label: as people call it.
        why: how it gets ahead, after "because it".
        velocity: whether earlier gradients count (momentum).
        ahead: whether the newest gradient counts once more (Nesterov).
        scaled: whether a step is divided by the usual size of the gradient (RMSProp, Adam).
        averaged: whether the velocity is a mean, corrected for its start at 0 (Adam).
        decays: whether numbers shrink by themselves (AdamW).
    """

    name: str
    label: str
    why: str
    velocity: bool = False
    ahead: bool = False
    scaled: bool = False
    averaged: bool = False
    decays: bool = False


RULES = (
    Rule("sgd", "SGD", "steps along the slope itself, and overshoots least"),
    Rule("momentum", "Momentum", "kept its speed from earlier slopes", velocity=True),
    Rule(
        "nesterov",
        "Nesterov",
        "keeps its speed, and brakes by looking ahead",
        velocity=True,
        ahead=True,
    ),
    Rule("rmsprop", "RMSProp", "takes long steps where the slope is usually small", scaled=True),
    Rule(
        "adam",
        "Adam",
        "keeps its speed, with long steps on flat ground",
        velocity=True,
        scaled=True,
        averaged=True,
    ),
    Rule(
        "adamw",
        "AdamW",
        "goes as Adam does, and is drawn to (0, 0) besides",
        velocity=True,
        scaled=True,
        averaged=True,
        decays=True,
    ),
)


def schedule(kind: str, steps: int) -> np.ndarray:
    """What each step's rate is multiplied with (steps numbers of 0..1)."""
    at = np.arange(steps)
    if kind == COSINE:
        return (1 + np.cos(np.pi * at / steps)) / 2
    if kind == CONSTANT:
        return np.ones(steps)
    top, last = RISE * steps - 1, steps - 1
    rise = _cosine(1 / START_DIVISOR, 1.0, at / top)
    return np.where(at <= top, rise, _cosine(1.0, 1 / END_DIVISOR, (at - top) / (last - top)))


def _cosine(start: float, end: float, share: np.ndarray) -> np.ndarray:
    return end + (start - end) * (1 + np.cos(np.pi * share)) / 2


def race(values: Values, seed: int) -> np.ndarray:
    """Where the six optimisers are after each step: at_to2. One that flies off stands still."""
    rules = _coefficients(values)
    height, slopes, _ = SURFACES[values["surface"]]
    noise_t2 = values["noise"] * np.random.default_rng(seed).normal(size=(values["steps"], 2))
    at_o2 = np.tile(np.array(values["start"]), (len(RULES), 1))
    velocity_o2, square_o2, path = np.zeros_like(at_o2), np.zeros_like(at_o2), [at_o2]
    for step, share in enumerate(schedule(values["schedule"], values["steps"]), start=1):
        gradient_o2 = np.stack(slopes(at_o2[:, 0], at_o2[:, 1]), axis=1) + noise_t2[step - 1]
        velocity_o2 = rules.velocity_decay * velocity_o2 + rules.fresh * gradient_o2
        square_o2 += (1 - rules.square_decay) * (gradient_o2**2 - square_o2)
        push_o2 = rules.now * gradient_o2 + rules.before * velocity_o2
        push_o2 /= 1 - rules.mean_decay**step
        usual_o2 = np.sqrt(square_o2 / (1 - rules.square_corrected**step)) + EPSILON
        push_o2 /= np.where(rules.scaled, usual_o2, 1.0)
        rate_o1 = share * rules.rate
        following = at_o2 * (1 - rate_o1 * rules.decay) - rate_o1 * push_o2
        at_o2 = _within(at_o2, following, height)
        path.append(at_o2)
    return np.array(path)


@dataclass(frozen=True)
class _Coefficients:
    """One number of each for each optimiser: columns (o, 1)."""

    rate: np.ndarray
    velocity_decay: np.ndarray
    fresh: np.ndarray
    now: np.ndarray
    before: np.ndarray
    scaled: np.ndarray
    mean_decay: np.ndarray
    square_decay: np.ndarray
    square_corrected: np.ndarray
    decay: np.ndarray


def _coefficients(values: Values) -> _Coefficients:
    beta = values["beta"]

    def column(of: Callable[[Rule], float]) -> np.ndarray:
        return np.array([[of(rule)] for rule in RULES])

    return _Coefficients(
        rate=column(lambda r: values["rate_scaled"] if r.scaled else values["rate"]),
        velocity_decay=column(lambda r: beta * r.velocity),
        fresh=column(lambda r: 1 - beta if r.averaged else float(r.velocity)),
        now=column(lambda r: float(r.ahead or not r.velocity)),
        before=column(lambda r: beta if r.ahead else float(r.velocity)),
        scaled=column(lambda r: r.scaled) > 0,
        mean_decay=column(lambda r: beta * r.averaged),
        square_decay=column(lambda r: SQUARE_DECAY.get(r.label, 0.0)),
        square_corrected=column(lambda r: SQUARE_DECAY["Adam"] * r.averaged),
        decay=column(lambda r: values["decay"] * r.decays),
    )


def _within(at_o2: np.ndarray, following: np.ndarray, height: Height) -> np.ndarray:
    with np.errstate(all="ignore"):
        heights_o = height(following[:, 0], following[:, 1])
        fits_o = (np.abs(following) <= 1e3).all(axis=1) & (heights_o <= LARGEST)
    return np.where(fits_o[:, None], following, at_o2)
