"""Under- and overfitting: how much a curve can bend, and what keeps it from bending too much.

Both models are sums of fixed shapes, w @ shapes: Legendre polynomials, or rectified linear units
whose corners are drawn once and stay (a net of which only the last layer learns). The loss is the
mean squared error, and w follows gradient descent with weight decay as torch.optim.SGD has it. For
such a sum every epoch has a formula: in the axes of the loss's valley each w approaches its end by
the same share at each step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.playground.lesson import Lesson, Recipe, Trace
from core.playground.parameters import Choice, Slider, Values

POLYNOMIAL, NET = "polynomial", "net"
MOST = 15
RATE = 0.05
"""Below 2 / (the steepest curvature, at most 33 + the decay): descent cannot diverge."""
EPOCHS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536)
EPOCHS_AND_END = np.array([*EPOCHS, 2048, np.inf])
CHECKED = 40
"""Validation points, which no weight is fitted to."""
DENSE = np.linspace(-1, 1, 81)


@dataclass(frozen=True)
class Points:
    """x between -1 and 1, and y."""

    x_n: np.ndarray
    y_n: np.ndarray


def truth(x_n: np.ndarray) -> np.ndarray:
    """What the points would be without noise."""
    return np.sin(3 * x_n) + x_n**2


def points(values: Values, seed: int) -> tuple[Points, Points]:
    """Training and validation points; the noise's deviation is `values["noise"]`."""
    rng = np.random.default_rng(seed)
    x_n = rng.uniform(-1, 1, values["points"] + CHECKED)
    y_n = truth(x_n) + values["noise"] * rng.normal(size=len(x_n))
    n = values["points"]
    return Points(x_n[:n], y_n[:n]), Points(x_n[n:], y_n[n:])


def shapes(model: str, capacity: int, x_n: np.ndarray) -> np.ndarray:
    """What the model adds up: (n, capacity + 1); the first is 1 everywhere."""
    if model == POLYNOMIAL:
        return np.polynomial.legendre.legvander(x_n, capacity)
    rng = np.random.default_rng(7)
    corner_c, way_c = rng.uniform(-1, 1, MOST), rng.choice([-1.0, 1.0], MOST)
    units_nc = np.maximum(way_c * (x_n[:, None] - corner_c), 0)[:, :capacity]
    return np.hstack([np.ones((len(x_n), 1)), units_nc])


def weights(shapes_nc: np.ndarray, y_n: np.ndarray, decay: float, epochs: np.ndarray) -> np.ndarray:
    """w after each number of epochs of gradient descent from 0 (infinite: where it ends)."""
    curvature_c, axes_cc = np.linalg.eigh(2 * shapes_nc.T @ shapes_nc / len(y_n))
    curvature_c = np.maximum(curvature_c, 0) + decay
    push_c = axes_cc.T @ (2 * shapes_nc.T @ y_n / len(y_n))
    share_tc = 1 - (1 - RATE * curvature_c) ** epochs[:, None]
    return share_tc * (push_c / curvature_c) @ axes_cc.T


def error(w_tc: np.ndarray, shapes_nc: np.ndarray, y_n: np.ndarray) -> np.ndarray:
    """The mean squared error of each row of weights."""
    return ((w_tc @ shapes_nc.T - y_n) ** 2).mean(axis=-1)


def run(values: Values, seed: int) -> Trace:
    train, check = points(values, seed)
    model, capacity = values["model"], values["capacity"]
    w_tc = weights(shapes(model, capacity, train.x_n), train.y_n, values["decay"], EPOCHS_AND_END)
    train_t = error(w_tc, shapes(model, capacity, train.x_n), train.y_n)
    validation_t = error(w_tc, shapes(model, capacity, check.x_n), check.y_n)
    fit_tk = w_tc @ shapes(model, capacity, DENSE).T
    arrays = {
        "train_x_n": train.x_n,
        "train_y_n": train.y_n,
        "check_x_n": check.x_n,
        "check_y_n": check.y_n,
        "dense_k": DENSE,
        "true_k": truth(DENSE),
        "fit_tk": fit_tk,
        "end_k": fit_tk[-1],
        "epoch_t": np.array([*EPOCHS_AND_END[:-1], 1e6]),
        "train_t": train_t,
        "validation_t": validation_t,
        "weight_t": np.abs(w_tc).max(axis=1),
        **_capacities(values, train, check),
    }
    return Trace(arrays, _sentences(train_t, validation_t))


def _capacities(values: Values, train: Points, check: Points) -> dict[str, np.ndarray]:
    """Both errors of all capacities, each trained to the end."""
    train_errors, check_errors = [], []
    for capacity in range(MOST + 1):
        train_nc = shapes(values["model"], capacity, train.x_n)
        w_1c = weights(train_nc, train.y_n, values["decay"], EPOCHS_AND_END[-1:])
        train_errors.append(error(w_1c, train_nc, train.y_n)[0])
        check_nc = shapes(values["model"], capacity, check.x_n)
        check_errors.append(error(w_1c, check_nc, check.y_n)[0])
    here = values["capacity"]
    return {
        "capacity_c": np.arange(MOST + 1.0),
        "seen_c": np.array(train_errors),
        "unseen_c": np.array(check_errors),
        "here_d": np.array([here, here]),
        "both_d": np.array([train_errors[here], check_errors[here]]),
    }


def _sentences(train_t: np.ndarray, validation_t: np.ndarray) -> tuple[str, ...]:
    sentences = [
        f"Before the first epoch the curve is flat: the training error is {train_t[0]:.3g}, the "
        f"validation error {validation_t[0]:.3g}."
    ]
    best = int(validation_t.argmin())
    for step in range(1, len(train_t)):
        when = _when(step)
        what = _what(step, best, validation_t)
        sentences.append(
            f"{when} the training error fell from {train_t[step - 1]:.3g} to {train_t[step]:.3g}; "
            f"the validation error went from {validation_t[step - 1]:.3g} to "
            f"{validation_t[step]:.3g}: {what}"
        )
    return tuple(sentences)


def _when(step: int) -> str:
    epoch = EPOCHS_AND_END[step]
    if np.isinf(epoch):
        return "After as many epochs as it takes"
    return f"After {epoch:.0f} epoch{'s' if epoch > 1 else ''}"


def _what(step: int, best: int, validation_t: np.ndarray) -> str:
    now, before = validation_t[step], validation_t[step - 1]
    if now > 1.02 * before:
        return "it learns the noise of its own points, which others do not share. It overfits."
    if now < 0.98 * before:
        return "what it learns holds for points that it has not seen."
    if now > 1.1 * validation_t[best]:
        return f"it stays, but it was better: {_when(best).lower()}."
    return "there is little more to learn."


def code(values: Values, seed: int) -> str:
    n, capacity, draw = values["points"], values["capacity"], ""
    features_code = f"np.polynomial.legendre.legvander(x, {capacity})"
    if values["model"] == NET:
        draw = (
            "fixed = np.random.default_rng(7)  # the first layer is drawn once, and stays\n"
            "corner, way = fixed.uniform(-1, 1, 15), fixed.choice([-1.0, 1.0], 15)\n"
        )
        units = f"np.maximum(way * (x[:, None] - corner), 0)[:, :{capacity}]"
        features_code = f"np.c_[np.ones({n + CHECKED}), {units}]"
    return f"""import numpy as np, torch
rng = np.random.default_rng({seed})
x = rng.uniform(-1, 1, {n + CHECKED})  # the last {CHECKED} are for validation
y = torch.tensor(np.sin(3 * x) + x**2 + {values["noise"]:.6g} * rng.normal(size={n + CHECKED}))
{draw}shapes = torch.tensor({features_code})
w = torch.zeros({capacity + 1}, dtype=torch.double, requires_grad=True)
sgd = torch.optim.SGD([w], lr={RATE}, weight_decay={values["decay"]:.6g})
validation_t, shown = [], {{0, 1, 2048, *(k * 2**j for k in (2, 3) for j in range(10))}}
for epoch in range(2049):
    train, validation = ((shapes @ w - y) ** 2).split([{n}, {CHECKED}])
    if epoch in shown:
        validation_t.append(validation.mean().item())
    sgd.zero_grad()
    train.mean().backward()
    sgd.step()
A, b = shapes[:{n}], y[:{n}]  # where it would end: there the gradient is 0
pull = {values["decay"]:.6g} * torch.eye({capacity + 1})
w = torch.linalg.solve(2 * A.T @ A / {n} + pull, 2 * A.T @ b / {n})
validation_t.append(((shapes[{n}:] @ w - y[{n}:]) ** 2).mean().item())
print(w, validation_t)
"""


def _end(trace: Trace, name: str) -> float:
    return float(trace.arrays[f"{name}_t"][-1])


FIT = Lesson(
    id="fit",
    title="Under- and overfitting",
    question="Why does a model that fits its own points better do worse on new ones?",
    parameters=(
        Slider(
            "capacity",
            "Capacity",
            0,
            MOST,
            8,
            1,
            help="The degree of the polynomial, or the units of the net's hidden layer.",
        ),
        Slider(
            "decay",
            "Weight decay",
            1e-6,
            1.0,
            1e-6,
            log=True,
            help="How strongly each step pulls the weights towards 0; 0.000001 is hardly any.",
        ),
        Slider("noise", "Noise", 0.0, 1.0, 0.3, 0.05, help="How far points are from the curve."),
        Slider("points", "Training points", 8, 100, 20, 1),
        Choice(
            "model",
            "Model",
            (POLYNOMIAL, NET),
            POLYNOMIAL,
            help="The net's hidden layer is random and stays; its last layer learns.",
        ),
    ),
    run=run,
    recipes=(
        Recipe(
            "A line",
            {"capacity": 1},
            False,
            "It underfits: a line cannot bend, so both errors stay high however long it learns.",
            lambda trace: _end(trace, "train") > 0.3 and _end(trace, "validation") > 0.3,
        ),
        Recipe(
            "Through every point",
            {"capacity": 15},
            False,
            "It overfits: the training error is the lowest of all, and between the points the "
            "curve is nonsense. Stopped early it would have been fine.",
            lambda trace: (
                _end(trace, "train") < 0.03
                and _end(trace, "validation") > 100 * trace.arrays["validation_t"].min()
            ),
        ),
        Recipe(
            "The same, with weight decay",
            {"capacity": 15, "decay": 0.1},
            True,
            "As many numbers as before, but none may grow large: it beats every capacity without "
            "weight decay. Do not count parameters, use weight decay.",
            lambda trace: _end(trace, "validation") < 0.13 and trace.arrays["weight_t"][-1] < 2,
        ),
        Recipe(
            "Too much weight decay",
            {"capacity": 15, "decay": 1.0},
            False,
            "Now the weights are held so small that the curve cannot follow: it underfits again.",
            lambda trace: _end(trace, "train") > 0.3 and _end(trace, "validation") > 0.3,
        ),
        Recipe(
            "More data",
            {"capacity": 15, "points": 100},
            True,
            "The same capacity without weight decay: a hundred points leave it no room to bend.",
            lambda trace: _end(trace, "validation") < 0.15,
        ),
        Recipe(
            "A net with weight decay",
            {"capacity": 15, "model": NET, "decay": 0.01},
            True,
            "It bends at corners instead, and the rule is the same: large and decayed fits well.",
            lambda trace: _end(trace, "validation") < 0.13,
        ),
    ),
    code=code,
    answer="validation_t",
)
