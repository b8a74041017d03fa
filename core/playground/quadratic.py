"""How a neural net really works: three numbers, a loss, and which way each number has to go.

From fast.ai's lesson 3. Two sets of 20 points are in the notes:
* the lecture: seed 42, noise (0.3, 1.5), and the cell that makes them was run twice, so they are
  the second 40 draws. Mean squared error from 1.5, 1.5, 1.5, never zeroed: 11.46, 10.11, 7.88,
  5.53, 3.86, 3.42.
* the notebook: seed 42, noise (0.15, 1.5). Mean absolute error from 1.1, 1.1, 1.1 starts at 2.42.
"""

from __future__ import annotations

import numpy as np

from core.playground.lesson import LARGEST, Lesson, Recipe, Trace, within_bounds
from core.playground.parameters import Choice, Slider, Switch, Values

TRUE = np.array([3.0, 2.0, 1.0])
NUDGE = 1e-4
DENSE = np.linspace(-2.1, 2.1, 43)
SQUARED, ABSOLUTE = "squared", "absolute"
LECTURE, NOTEBOOK = "lecture", "notebook"
NAMES = ("a", "b", "c")


def points(values: Values, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """x_n and y_n, 20 of each. Seed 0 has the points of the notes, others have new ones."""
    x_n = np.linspace(-2, 2, 20)
    rng = np.random.RandomState(42 + seed)  # the notes' np.random.seed(42)
    lecture = values["data"] == LECTURE
    if lecture:
        rng.normal(size=40)
    share_n = rng.normal(scale=0.3 if lecture else 0.15, size=20)
    return x_n, curve(TRUE, x_n) * (1 + share_n) + rng.normal(scale=1.5, size=20)


def curve(abc: np.ndarray, x_n: np.ndarray) -> np.ndarray:
    """a x^2 + b x + c for each row of three numbers: shape (..., n)."""
    return abc @ np.stack([x_n**2, x_n, np.ones_like(x_n)])


def errors(abc: np.ndarray, x_n: np.ndarray, y_n: np.ndarray) -> dict[str, np.ndarray]:
    """The mean squared and the mean absolute error, for each row of three numbers."""
    off = curve(abc, x_n) - y_n
    return {SQUARED: (off**2).mean(axis=-1), ABSOLUTE: np.abs(off).mean(axis=-1)}


def gradient(abc: np.ndarray, x_n: np.ndarray, y_n: np.ndarray, kind: str) -> np.ndarray:
    """How the loss changes with a, b and c (3 numbers), as `backward()` computes it."""
    off_n = curve(abc, x_n) - y_n
    by_prediction_n = 2 * off_n if kind == SQUARED else np.sign(off_n)
    return np.stack([x_n**2, x_n, np.ones_like(x_n)]) @ by_prediction_n / len(x_n)


def nudged(abc_t3: np.ndarray, x_n: np.ndarray, y_n: np.ndarray, kind: str) -> np.ndarray:
    """The same by trying: move one number a little up and down, and see the loss."""
    up_t33 = abc_t3[:, None] + NUDGE * np.eye(3)
    down_t33 = abc_t3[:, None] - NUDGE * np.eye(3)
    return (errors(up_t33, x_n, y_n)[kind] - errors(down_t33, x_n, y_n)[kind]) / (2 * NUDGE)


def descend(values: Values, x_n: np.ndarray, y_n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """abc_t3 and the push_t3 on each: the gradient, or the sum of all so far if never zeroed."""
    abc = np.array([values[name] for name in NAMES])
    push, path, pushes = np.zeros(3), [abc], []
    for _ in range(values["steps"]):
        fresh = gradient(abc, x_n, y_n, values["loss"])
        push = push + fresh if values["forgot"] else fresh
        pushes.append(push)
        abc = within_bounds(abc, abc - values["rate"] * push)
        path.append(abc)
    last = gradient(abc, x_n, y_n, values["loss"])
    return np.array(path), np.array([*pushes, push + last if values["forgot"] else last])


def run(values: Values, seed: int) -> Trace:
    x_n, y_n = points(values, seed)
    kind = values["loss"]
    abc_t3, push_t3 = descend(values, x_n, y_n)
    error = errors(abc_t3, x_n, y_n)
    slope_t3 = np.array([gradient(abc, x_n, y_n, kind) for abc in abc_t3])
    nudged_t3 = nudged(abc_t3, x_n, y_n, kind)
    arrays = {
        "x_n": x_n,
        "y_n": y_n,
        "dense_k": DENSE,
        "true_k": curve(TRUE, DENSE),
        "fit_tk": curve(abc_t3, DENSE),
        "loss_t": error[kind],
        "squared_t": error[SQUARED],
        "absolute_t": error[ABSOLUTE],
        "table_trc": np.stack([abc_t3, slope_t3, nudged_t3, push_t3], axis=2),
        **{f"{name}_t": abc_t3[:, k] for k, name in enumerate(NAMES)},
        **{f"slope_{name}_t": slope_t3[:, k] for k, name in enumerate(NAMES)},
    }
    return Trace(arrays, _sentences(error[kind], slope_t3), _diverged(values, error[kind]))


def _sentences(loss_t: np.ndarray, slope_t3: np.ndarray) -> tuple[str, ...]:
    sentences = []
    for step, (loss, slopes) in enumerate(zip(loss_t, slope_t3, strict=True)):
        k = int(np.abs(slopes).argmax())
        way = "increase" if slopes[k] < 0 else "decrease"
        hint = f"Most of all, {way} {NAMES[k]}: each 0.01 takes {abs(slopes[k]) / 100:.3g} off it."
        if np.abs(slopes).max() < 1e-3:
            hint = "No number has a slope any more: this is the bottom."
        came = "The loss is" if not step else f"From {loss_t[step - 1]:.4g}, the loss is now"
        sentences.append(f"{came} {loss:.4g}. {hint}")
    return tuple(sentences)


def _diverged(values: Values, loss_t: np.ndarray) -> str | None:
    if loss_t[-1] <= 10 * max(loss_t[0], 1.0) and loss_t.max() < LARGEST:
        return None
    why = "gradients that add up" if values["forgot"] else f"a rate of {values['rate']:.3g}"
    return f"It diverged: {why} made each step overshoot further than the last. Lower the rate."


def code(values: Values, seed: int) -> str:
    lecture = values["data"] == LECTURE
    error = "(f(abc) - y) ** 2" if values["loss"] == SQUARED else "(f(abc) - y).abs()"
    zero = "    # abc.grad.zero_() is forgotten" if values["forgot"] else "    abc.grad.zero_()"
    start = ", ".join(f"{values[name]:.6g}" for name in NAMES)
    unused_draw = "rng.normal(size=40)  # the notes made the points twice\n" if lecture else ""
    return f"""import numpy as np, torch
rng = np.random.RandomState({42 + seed})
{unused_draw}x = torch.linspace(-2, 2, 20, dtype=torch.double)
f = lambda abc: abc[0] * x**2 + abc[1] * x + abc[2]
share = torch.tensor(rng.normal(scale={0.3 if lecture else 0.15}, size=20))
y = f([3, 2, 1]) * (1 + share) + torch.tensor(rng.normal(scale=1.5, size=20))
abc = torch.tensor([{start}], dtype=torch.double, requires_grad=True)
loss_t = [({error}).mean().item()]
for step in range({values["steps"]}):
    ({error}).mean().backward()
    with torch.no_grad():
        abc -= {values["rate"]:.6g} * abc.grad
{zero}
    loss_t.append(({error}).mean().item())
print(abc, loss_t)
"""


def _loss(trace: Trace, *expected: float) -> bool:
    return np.round(trace.arrays["loss_t"], 2)[: len(expected)].tolist() == list(expected)


def _number(name: str) -> Slider:
    return Slider(name, name, -2.0, 6.0, 1.5, 0.1)


QUADRATIC = Lesson(
    id="quadratic",
    title="How a neural net really works",
    question="Which way does each number have to go, so that the curve fits the points better?",
    parameters=(
        *(_number(name) for name in NAMES),
        Choice("loss", "Mean error", (SQUARED, ABSOLUTE), SQUARED),
        Slider("rate", "Learning rate", 0.001, 0.5, 0.01, log=True),
        Slider("steps", "Steps", 1, 60, 20, 1),
        Switch("forgot", "Never zero the gradient"),
        Choice("data", "Points of the", (LECTURE, NOTEBOOK), LECTURE),
    ),
    run=run,
    recipes=(
        Recipe(
            "As in the lecture",
            {"forgot": True, "steps": 5},
            False,
            "11.46, 10.11, 7.88, 5.53, 3.86, 3.42: it falls, but the gradient is never zeroed, so "
            "the steps grow. Go on for 20 steps and see.",
            lambda trace: _loss(trace, 11.46, 10.11, 7.88, 5.53, 3.86, 3.42),
        ),
        Recipe(
            "Its 20 steps",
            {"forgot": True, "steps": 20},
            False,
            "The pushes of the first steps carry it through the valley and up the other side.",
            lambda trace: trace.arrays["loss_t"][-8:].max() > 3 * trace.arrays["loss_t"].min(),
        ),
        Recipe(
            "Zeroed",
            {"steps": 60, "rate": 0.05},
            True,
            "Each step follows today's slope only: the loss falls at every one of them.",
            lambda trace: bool((np.diff(trace.arrays["loss_t"]) < 0).all()),
        ),
        Recipe(
            "The notebook's start",
            {"a": 1.1, "b": 1.1, "c": 1.1, "loss": ABSOLUTE, "data": NOTEBOOK, "steps": 10},
            True,
            "The mean absolute error starts at 2.42 and falls slowly: its slope says which way, "
            "not how far.",
            lambda trace: _loss(trace, 2.42) and trace.arrays["loss_t"][-1] < 2.42,
        ),
        Recipe(
            "Rate too high",
            {"rate": 0.3},
            False,
            "The valley is steep along a: each step lands higher on its other side.",
            lambda trace: trace.diverged is not None,
        ),
    ),
    code=code,
    answer="loss_t",
)
