"""Rectified linear units: straight pieces that bend once, added until they are a curve.

One and two units, max(m x + b, 0), are set by hand as in fast.ai's lesson 3; many are a net with
weights on its units. All are fitted by Adam, all points at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.playground.lesson import LARGEST, Lesson, Recipe, Trace, within_bounds
from core.playground.nets import Error, Net, Training, slopes_of, train
from core.playground.parameters import Choice, Numbers, Slider, Values

ONE, TWO, MANY = "one", "two", "many"
BOWL, SINE, STEPS, SOUND, DRAWN = "bowl", "sine", "steps", "sound wave", "drawn"
FRAMES, PIECES = 40, 16
X_N = np.linspace(-1, 1, 65)
FINE_N1 = X_N[:, None]
HAND = tuple(f"{name}{k}" for k in (1, 2) for name in "mb")
CODE_OF = {
    BOWL: "1.2 * x**2",
    SINE: "np.sin(np.pi * x)",
    STEPS: "np.select([x < -0.5, x < 0, x < 0.5], [-0.6, 0.4, -0.2], 0.8)",
    SOUND: "0.5 * np.sin(3 * np.pi * x) * np.exp(-x) + 0.3 * np.sin(8 * np.pi * x)",
}


@dataclass(frozen=True)
class Units:
    """What is fitted: a net, its numbers at the start, and how it is trained."""

    net: Net
    start: np.ndarray
    training: Training


def target(values: Values) -> np.ndarray:
    """The curve to be fitted, at X_N: 65 numbers."""
    x, curve = X_N, values["curve"]
    if curve == DRAWN:
        return np.interp(x, np.linspace(-1, 1, len(values["drawn"])), values["drawn"])
    if curve == STEPS:
        return np.select([x < -0.5, x < 0, x < 0.5], [-0.6, 0.4, -0.2], 0.8)
    if curve == SOUND:
        return 0.5 * np.sin(3 * np.pi * x) * np.exp(-x) + 0.3 * np.sin(8 * np.pi * x)
    return 1.2 * x**2 if curve == BOWL else np.sin(np.pi * x)


def sizes(values: Values) -> tuple[int, ...]:
    """Units in each column: those asked for are shared out over the hidden layers."""
    layers = values["layers"]
    return (1, *[max(values["width"] // layers, 1)] * layers, 1)


def units(values: Values, seed: int) -> Units:
    """By hand: slopes, offsets, then weights of 1 and a bias of 0 that stay. Many: at random."""
    every = -(-values["steps"] // FRAMES)
    if values["units"] == MANY:
        net = Net(sizes(values))
        start = net.start(np.random.default_rng(seed))
        return Units(net, start, Training(values["rate"], values["steps"], every))
    count = 1 if values["units"] == ONE else 2
    m_b = np.array([values[name] for name in HAND[: 2 * count]]).reshape(count, 2)
    start = np.concatenate([m_b.T.ravel(), np.ones(count), [0.0]])
    training = Training(values["rate"], values["steps"], every, only=2 * count)
    return Units(Net((1, count, 1)), start, training)


def run(values: Values, seed: int) -> Trace:
    y_n = target(values)
    fitted = units(values, seed)
    flat_tp = train(fitted.net, fitted.start, FINE_N1, _error(y_n), fitted.training)
    for previous, following in pairwise(flat_tp):
        following[:] = within_bounds(previous, following)
    columns_t = [fitted.net.outputs(flat, FINE_N1) for flat in flat_tp]
    fit_tn = np.array([columns[-1][:, 0] for columns in columns_t])
    pieces_tkn = _pieces(fitted.net, flat_tp, columns_t)
    for previous, following in pairwise(fit_tn):
        following[:] = within_bounds(previous, following)
    loss_t = ((fit_tn - y_n) ** 2).mean(axis=1)
    steps = len(flat_tp)
    arrays = {
        "x_n": X_N,
        "y_n": y_n,
        "fit_tn": fit_tn,
        "x_m": X_N[::2],
        "pieces_tkm": np.clip(pieces_tkn[:, :, ::2], -LARGEST, LARGEST),
        "loss_t": np.minimum(loss_t, LARGEST),
        "done_t": np.arange(steps) * fitted.training.every,
        "numbers_t": np.full(steps, fitted.training.only or fitted.net.count),
        "bends_t": np.array([bends(columns) for columns in columns_t]),
        **_by_hand(values, fitted, flat_tp, y_n),
    }
    return Trace(arrays, _sentences(arrays, flat_tp, values), _diverged(values, loss_t))


def _error(y_n: np.ndarray) -> Error:
    return lambda out_n1: 2 * (out_n1 - y_n[:, None]) / len(y_n)  # of mean (out - y)^2


def _pieces(net: Net, flat_tp: np.ndarray, columns_t: list[list[np.ndarray]]) -> np.ndarray:
    """What the last hidden units add to the curve, pieces_tkn: those that matter most."""
    weights_tk = np.array([net.layers(flat)[-1][0][0] for flat in flat_tp])
    pieces_tkn = np.array([columns[-2].T for columns in columns_t]) * weights_tk[:, :, None]
    most = np.argsort(-np.abs(pieces_tkn[-1]).max(axis=1), kind="stable")[:PIECES]
    return pieces_tkn[:, np.sort(most)]


def bends(columns: list[np.ndarray]) -> int:
    """Places where the curve can bend: between two of the 65 points some unit wakes or sleeps."""
    awake_nk = np.concatenate(columns[1:-1], axis=1) > 0
    return int((awake_nk[1:] != awake_nk[:-1]).any(axis=1).sum())


def _by_hand(
    values: Values, fitted: Units, flat_tp: np.ndarray, y_n: np.ndarray
) -> dict[str, np.ndarray]:
    """Slope and offset of the first two units at each step, and the slopes of the loss."""
    arrays = {f"{kind}{name}_t": np.zeros(len(flat_tp)) for name in HAND for kind in ("", "slope_")}
    if values["units"] == MANY:
        return arrays
    count = fitted.net.sizes[1]
    slopes_tp = np.array([slopes_of(fitted.net, f, FINE_N1, _error(y_n)) for f in flat_tp])
    for k in range(count):
        for j, name in enumerate("mb"):
            arrays[f"{name}{k + 1}_t"] = flat_tp[:, j * count + k]
            arrays[f"slope_{name}{k + 1}_t"] = np.clip(slopes_tp[:, j * count + k], -1e6, 1e6)
    return arrays


def _sentences(
    arrays: dict[str, np.ndarray], flat_tp: np.ndarray, values: Values
) -> tuple[str, ...]:
    loss_t, done_t, bends_t = arrays["loss_t"], arrays["done_t"], arrays["bends_t"]
    awake_t = np.abs(arrays["pieces_tkm"]).max(axis=2) > 1e-9
    sentences = [f"Before any step the loss is {loss_t[0]:.3g}. {_shape(awake_t[0], bends_t[0])}"]
    moves_t = np.linalg.norm(np.diff(flat_tp, axis=0), axis=1)
    for step in range(1, len(loss_t)):
        before, now = loss_t[step - 1 : step + 1]
        moved = f"the loss went from {before:.3g} to {now:.3g}"
        if not awake_t[step].any():
            moved = f"the loss stays at {now:.3g}: every piece is flat, so has no slope"
        elif now > 1.02 * before:
            moved += f" because a rate of {values['rate']:.3g} carried the pieces too far"
        else:
            moved += f" because its numbers moved downhill, by {moves_t[step - 1]:.2g} in all"
        sentences.append(
            f"After step {done_t[step]:.0f}, {moved}. {_shape(awake_t[step], bends_t[step])}"
        )
    return tuple(sentences)


def _shape(awake_k: np.ndarray, bends: float) -> str:
    if not awake_k.any():
        return "No unit is awake: m x + b is below 0 everywhere."
    return f"The sum is straight but for {bends:.0f} bend{'' if bends == 1 else 's'}."


def _diverged(values: Values, loss_t: np.ndarray) -> str | None:
    if loss_t.max() < LARGEST and loss_t[-1] <= 10 * max(loss_t[0], 1.0):
        return None
    return f"It diverged: a rate of {values['rate']:.3g} threw the pieces far off. Lower the rate."


def code(values: Values, seed: int) -> str:
    every = -(-values["steps"] // FRAMES)
    drawn_numbers = ", ".join(f"{number:.3g}" for number in values["drawn"])
    curve = (
        CODE_OF.get(values["curve"]) or f"np.interp(x, np.linspace(-1, 1, 33), [{drawn_numbers}])"
    )
    return f"""import numpy as np, torch
x = np.linspace(-1, 1, 65)
y = torch.tensor({curve})
x = torch.tensor(x)[:, None]
{_code_of_net(values, seed) if values["units"] == MANY else _code_by_hand(values)}
optimizer = torch.optim.Adam(numbers, lr={values["rate"]:.6g})
loss_t = []
for step in range({values["steps"]} + 1):
    loss = ((net(x).squeeze(1) - y) ** 2).mean()
    if step % {every} == 0:
        loss_t.append(loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss_t)
"""


def _code_of_net(values: Values, seed: int) -> str:
    columns = sizes(values)
    pairs = pairwise(columns)
    layers = ", torch.nn.ReLU(), ".join(f"torch.nn.Linear({i}, {o})" for i, o in pairs)
    return f"""net = torch.nn.Sequential({layers}).double()
rng, numbers = np.random.default_rng({seed}), list(net.parameters())
for weight, bias in zip(numbers[::2], numbers[1::2]):
    weight.data = torch.tensor(rng.normal(size=weight.shape) * np.sqrt(2 / weight.shape[1]))
    bias.data = torch.tensor(rng.uniform(-1, 1, bias.shape))"""


def _code_by_hand(values: Values) -> str:
    count = 1 if values["units"] == ONE else 2
    m = ", ".join(f"{values[f'm{k + 1}']:.6g}" for k in range(count))
    b = ", ".join(f"{values[f'b{k + 1}']:.6g}" for k in range(count))
    return f"""m = torch.tensor([{m}], dtype=torch.double, requires_grad=True)
b = torch.tensor([{b}], dtype=torch.double, requires_grad=True)
net = lambda x: (m * x + b).relu().sum(dim=1, keepdim=True)
numbers = [m, b]"""


def _end(trace: Trace) -> float:
    return float(trace.arrays["loss_t"][-1])


_BY_HAND, _MANY = ("units", (ONE, TWO)), ("units", (MANY,))
_DRAWN = tuple(np.round(0.9 - 1.6 * np.abs(np.linspace(-1, 1, 33)), 3).tolist())

RELU = Lesson(
    id="relu",
    title="Rectified linear units",
    question="How can pieces that bend only once add up to any curve?",
    parameters=(
        Choice("units", "Units", (ONE, TWO, MANY), ONE, "A unit is max(m x + b, 0)."),
        Choice("curve", "Curve to fit", (BOWL, SINE, STEPS, SOUND, DRAWN), BOWL),
        Slider("m1", "m, slope", -3.0, 3.0, 1.0, 0.05, only_if=_BY_HAND),
        Slider("b1", "b, offset", -2.0, 2.0, 0.5, 0.05, only_if=_BY_HAND),
        Slider("m2", "m of the second", -3.0, 3.0, -1.0, 0.05, only_if=("units", (TWO,))),
        Slider("b2", "b of the second", -2.0, 2.0, 0.2, 0.05, only_if=("units", (TWO,))),
        Slider("width", "Units in all", 1, 64, 32, 1, help="Shared by the layers.", only_if=_MANY),
        Slider("layers", "Hidden layers", 1, 3, 1, 1, help="Depth.", only_if=_MANY),
        Slider("rate", "Learning rate", 0.001, 0.5, 0.03, log=True),
        Slider("steps", "Steps", 20, 200, 120, 20),
        Numbers("drawn", "The drawn curve", -1.5, 1.5, _DRAWN, 33, 33, sets=("curve", DRAWN)),
    ),
    run=run,
    recipes=(
        Recipe(
            "One is not enough",
            {"curve": SINE},
            False,
            "One unit is flat, then straight: a sine goes up and down, so most of the loss stays.",
            lambda trace: _end(trace) > 0.3,
        ),
        Recipe(
            "Two make a valley",
            {"units": TWO, "rate": 0.1},
            True,
            "One falls, the other rises: where both bend, the sum has a floor.",
            lambda trace: _end(trace) < 0.005,
        ),
        Recipe(
            "A unit asleep",
            {"m1": -1.0, "b1": -1.5},
            False,
            "m x + b is below 0 everywhere, so it gives 0 and has no slope: no step can wake it.",
            lambda trace: len(set(trace.arrays["loss_t"])) == 1,
        ),
        Recipe(
            "32 follow a sine",
            {"units": MANY, "curve": SINE},
            True,
            "Each bends at its own place; with weights found by descent the bends make a sine.",
            lambda trace: _end(trace) < 0.002,
        ),
        Recipe(
            "A sound wave, wide",
            {"units": MANY, "curve": SOUND, "width": 64, "rate": 0.02, "steps": 200},
            False,
            "64 units in one layer find the slow wave; there are too few bends for the quick one.",
            lambda trace: _end(trace) > 0.07,
        ),
        Recipe(
            "A sound wave, deep",
            {"units": MANY, "curve": SOUND, "width": 64, "layers": 3, "rate": 0.02, "steps": 200},
            True,
            "The same units in three layers: each bends what is bent already: quick turns fit.",
            lambda trace: _end(trace) < 0.04,
        ),
        Recipe(
            "Rate too high",
            {"units": MANY, "curve": SINE, "width": 48, "layers": 3, "rate": 0.3},
            False,
            "The first steps throw the pieces so far off that hardly any of them is of use.",
            lambda trace: _end(trace) > 0.1,
        ),
    ),
    code=code,
    answer="loss_t",
)
