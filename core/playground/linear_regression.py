"""A line that finds the points: gradient descent on two numbers, from scratch.

x is uniform in -1..1 beside a column of ones, y = x @ a + noise with a = (3, 2), and the loss is
the mean squared error, as in fast.ai's `lesson2-sgd` notebook.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.playground.lesson import LARGEST, Lesson, Recipe, Trace, within_bounds
from core.playground.parameters import Choice, Slider, Switch, Values

TRUE = np.array([3.0, 2.0])
START = np.array([-1.0, 1.0])
THREE_RATES = {"low": 0.01, "right": 0.4, "high": 1.2}
ENDS = np.array([-1.1, 1.1])
"""Where a line is drawn from and to."""
BATCHES = ("all", "16", "1")


@dataclass(frozen=True)
class Walk:
    """Settings of one descent."""

    rate: float
    batch: str = "all"
    steps: int = 40
    forgot: bool = False


def points(values: Values, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """x_n2 (the second column is ones) and y_n; the noise's deviation is `values["noise"]`."""
    rng = np.random.default_rng(seed)
    n = values["points"]
    x_n2 = np.stack([rng.uniform(-1, 1, n), np.ones(n)], axis=1)
    return x_n2, x_n2 @ TRUE + values["noise"] * rng.normal(size=n)


def batches(walk: Walk, n: int, seed: int) -> list[np.ndarray]:
    """The rows that each step looks at: each epoch is a new order, cut into batches."""
    if walk.batch == "all":
        return [np.arange(n)] * walk.steps
    rng = np.random.default_rng(seed + 1)
    per_epoch = _per_epoch(walk, n)
    epochs = [np.array_split(rng.permutation(n), per_epoch) for _ in range(walk.steps)]
    return [rows for epoch in epochs[: -(-walk.steps // per_epoch)] for rows in epoch][: walk.steps]


def descend(
    x_n2: np.ndarray, y_n: np.ndarray, walk: Walk, rows: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """a_t2 and the gradient_t2 seen at each; the last gradient is the one of the last batch."""
    a, gradient = START, np.zeros(2)
    path, gradients = [a], []
    for some in rows:
        x, y = x_n2[some], y_n[some]
        fresh = 2 * x.T @ (x @ a - y) / len(some)  # of mean (x @ a - y)^2
        gradient = gradient + fresh if walk.forgot else fresh
        gradients.append(gradient)
        a = within_bounds(a, a - walk.rate * gradient)
        path.append(a)
    return np.array(path), np.array([*gradients, gradients[-1]])


def loss_of(a_k2: np.ndarray, x_n2: np.ndarray, y_n: np.ndarray) -> np.ndarray:
    """The mean squared error over all points, for each pair of numbers."""
    return ((a_k2 @ x_n2.T - y_n) ** 2).mean(axis=-1)


def run(values: Values, seed: int) -> Trace:
    x_n2, y_n = points(values, seed)
    walk = _walk(values)
    rows = batches(walk, len(y_n), seed)
    a_t2, gradient_t2 = descend(x_n2, y_n, walk, rows)
    loss_t = loss_of(a_t2, x_n2, y_n)
    epoch_t = np.cumsum([0, *(len(some) for some in rows)]) / len(y_n)
    arrays = {
        "x_n": x_n2[:, 0],
        "y_n": y_n,
        "ends_k": ENDS,
        "true_k": _line(TRUE),
        "line_tk": _line(a_t2),
        "a_t2": a_t2,
        "a1_t": a_t2[:, 0],
        "a2_t": a_t2[:, 1],
        "gradient_t2": gradient_t2,
        "loss_t": loss_t,
        "epoch_t": epoch_t,
        **_hills(x_n2, y_n),
        **_three_rates(x_n2, y_n, walk.steps),
    }
    return Trace(arrays, _sentences(walk, a_t2, loss_t), _diverged(walk, loss_t))


def _walk(values: Values) -> Walk:
    return Walk(
        values["rate"],
        values["batch"],
        values["steps"],
        values["forgot"],
    )


def _line(a: np.ndarray) -> np.ndarray:
    return a[..., :1] * ENDS + a[..., 1:]


def _hills(x_n2: np.ndarray, y_n: np.ndarray) -> dict[str, np.ndarray]:
    """The loss over a grid of both numbers; rows are a2."""
    a1_c, a2_r = np.linspace(-2, 6, 33), np.linspace(-1, 5, 25)
    grid = np.stack(np.meshgrid(a1_c, a2_r), axis=-1)
    return {"a1_c": a1_c, "a2_r": a2_r, "hills_rc": loss_of(grid, x_n2, y_n)}


def _three_rates(x_n2: np.ndarray, y_n: np.ndarray, steps: int) -> dict[str, np.ndarray]:
    """The same descent, all points at once, with a rate too low, right and too high."""
    arrays = {}
    for name, rate in THREE_RATES.items():
        rows = [np.arange(len(y_n))] * steps
        a_t2, _ = descend(x_n2, y_n, Walk(rate, steps=steps), rows)
        arrays[f"{name}_t2"] = a_t2
    return arrays


def _sentences(walk: Walk, a_t2: np.ndarray, loss_t: np.ndarray) -> tuple[str, ...]:
    sentences = [f"It starts at a = ({START[0]:g}, {START[1]:g}): the loss is {loss_t[0]:.3g}."]
    batch_words = {"all": "all points", "1": "one point"}.get(walk.batch, f"{walk.batch} points")
    for before, after, a in zip(loss_t, loss_t[1:], a_t2[1:], strict=False):
        way = "fell" if after < before else "rose" if after > before else "stayed"
        size = f"from {before:.3g} to {after:.3g}" if way != "stayed" else f"at {after:.3g}"
        sentences.append(
            f"The gradient of {batch_words} moved a to ({a[0]:.2f}, {a[1]:.2f}), and the loss "
            f"over all points {way} {size}."
        )
    return tuple(sentences)


def _diverged(walk: Walk, loss_t: np.ndarray) -> str | None:
    if loss_t[-1] <= 10 * loss_t[0] and loss_t.max() < LARGEST:
        return None
    if walk.forgot:
        return (
            "It diverged: gradients that are never zeroed add up, so each step is longer than the "
            "last. Zero them after each step."
        )
    return (
        f"It diverged: with a rate of {walk.rate:.3g} each step lands further from the valley "
        "than the last. Lower the rate."
    )


def code(values: Values, seed: int) -> str:
    walk, n = _walk(values), values["points"]
    order, shuffle = "    rows = torch.arange(len(y))", ""
    if walk.batch != "all":
        order = (
            "    if not queue:  # a new epoch\n"
            f"        queue = np.array_split(rng.permutation({n}), {_per_epoch(walk, n)})\n"
            "    rows, *queue = queue"
        )
        shuffle = f"rng, queue = np.random.default_rng({seed + 1}), []\n"
    zero = "    # a.grad.zero_() is forgotten" if walk.forgot else "        a.grad.zero_()"
    return f"""import numpy as np, torch
rng = np.random.default_rng({seed})
x = torch.tensor(np.stack([rng.uniform(-1, 1, {n}), np.ones({n})], axis=1))
y = x @ torch.tensor([3.0, 2.0]).double() + {values["noise"]:g} * torch.tensor(rng.normal(size={n}))
a = torch.tensor([-1.0, 1.0], dtype=torch.double, requires_grad=True)
a_t2 = [a.tolist()]
{shuffle}for step in range({walk.steps}):
{order}
    loss = ((x[rows] @ a - y[rows]) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        a.sub_({walk.rate:.6g} * a.grad)
{zero}
    a_t2.append(a.tolist())
print(a, loss)
"""


def _per_epoch(walk: Walk, n: int) -> int:
    return -(-n // min(int(walk.batch), n))


def _near(trace: Trace) -> bool:
    return bool(np.abs(trace.arrays["a_t2"][-1] - TRUE).max() < 0.3)


LINEAR_REGRESSION = Lesson(
    id="linear_regression",
    title="Linear regression from scratch",
    question="How do two numbers find the line through the points, with nothing but a slope?",
    parameters=(
        Slider("rate", "Learning rate", 0.001, 2.0, 0.1, log=True, help="How long a step is."),
        Choice("batch", "Points in a step", BATCHES, "all", "A batch; an epoch sees each once."),
        Slider("steps", "Steps", 5, 200, 40, 5),
        Slider("noise", "Noise", 0.0, 2.0, 0.5, 0.05, help="How far points are from the line."),
        Slider("points", "Points", 10, 200, 100, 10),
        Switch("forgot", "Forget to zero the gradient"),
    ),
    run=run,
    recipes=(
        Recipe(
            "Just right",
            {"rate": 0.4},
            True,
            "In ten steps the line is there: each one goes most of the way down.",
            lambda trace: _near(trace) and trace.arrays["loss_t"][10] < 0.4,
        ),
        Recipe(
            "Rate too low",
            {"rate": 0.005},
            False,
            "The direction is right, but after 40 steps most of the way is still to go.",
            lambda trace: not _near(trace) and trace.diverged is None,
        ),
        Recipe(
            "Rate too high",
            {"rate": 1.2},
            False,
            "Each step jumps over the valley and lands higher on the other side: it diverges.",
            lambda trace: trace.diverged is not None,
        ),
        Recipe(
            "One point at a time",
            {"batch": "1", "rate": 0.1, "steps": 100},
            True,
            "A hundred cheap looks, one epoch: the path trembles, and arrives all the same.",
            lambda trace: _near(trace) and bool(np.diff(trace.arrays["loss_t"]).max() > 0),
        ),
        Recipe(
            "Forgot to zero",
            {"forgot": True, "rate": 0.1},
            False,
            "Old gradients keep pushing: the line swings through the points and back, and again.",
            lambda trace: not _near(trace) and trace.arrays["loss_t"][-20:].max() > 1,
        ),
    ),
    code=code,
    answer="a_t2",
)
