"""My own classifier: the loss of a linear head along its gradient, on the person's own pictures.

The lesson is the same for any points; without a trained model of one's own it shows made-up ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.playground.lesson import LARGEST, Lesson, Recipe, Trace, within_bounds
from core.playground.parameters import Choice, Slider, Values

NOTHING, TRAINED = "nothing", "the trained head"
ALONG = np.geomspace(1e-3, 1e3, 31)
GRID = np.linspace(-1.3, 1.3, 21)


@dataclass(frozen=True, eq=False)
class Points:
    """Pictures as a linear head sees them.

    Attributes:
        x_nd: float (n, dimensions), of mean square length 1; the last column is 1, for the bias.
        y_n: int (n,), the number of each picture's class.
        head_dc: float (dimensions, classes), a trained head.
        own: whether these are the person's own.
    """

    x_nd: np.ndarray
    y_n: np.ndarray
    head_dc: np.ndarray
    own: bool


def loss(head_dc: np.ndarray, points: Points) -> float:
    """Mean cross-entropy in nats."""
    return float(_losses(points.x_nd @ head_dc, points.y_n).mean())


def gradient(head_dc: np.ndarray, points: Points) -> np.ndarray:
    """Of the loss, by every weight: x^T (softmax - one-hot) / n."""
    shares_nc = _softmax(points.x_nd @ head_dc)
    shares_nc[np.arange(len(points.y_n)), points.y_n] -= 1
    slope_dc: np.ndarray = points.x_nd.T @ shares_nc / len(points.y_n)
    return slope_dc


def descend(values: Values, points: Points) -> np.ndarray:
    """Heads (steps + 1, dimensions, classes)."""
    start = points.head_dc if values["start"] == TRAINED else np.zeros_like(points.head_dc)
    path = [start]
    for _ in range(values["steps"]):
        path.append(within_bounds(path[-1], path[-1] - values["rate"] * gradient(path[-1], points)))
    return np.array(path)


def run_on(points: Points, values: Values) -> Trace:
    path_tdc = descend(values, points)
    logits_tnc = points.x_nd @ path_tdc
    loss_t = np.array([_losses(logits_nc, points.y_n).mean() for logits_nc in logits_tnc])
    error_t = (logits_tnc.argmax(2) != points.y_n).mean(1)
    along_tk = np.array(
        [_along(head_dc, logits_nc, points) for head_dc, logits_nc in zip(path_tdc, logits_tnc)]
    )
    next_t = np.append(loss_t[1:], np.interp(values["rate"], ALONG, along_tk[-1]))
    arrays = {
        "loss_t": loss_t,
        "error_t": error_t,
        "size_k": np.log10(ALONG),
        "along_tk": along_tk,
        "rate_t1": np.full((len(loss_t), 1), np.log10(values["rate"])),
        "next_t1": np.minimum(next_t, LARGEST)[:, None],
        **_slice(path_tdc, points),
    }
    capped = {name: np.clip(array, -LARGEST, LARGEST) for name, array in arrays.items()}
    return Trace(capped, _sentences(loss_t, error_t, len(points.y_n)), _diverged(values, loss_t))


def _along(head_dc: np.ndarray, logits_nc: np.ndarray, points: Points) -> np.ndarray:
    """The loss after one step against the gradient, for every length in ALONG."""
    step_nc = points.x_nd @ gradient(head_dc, points)
    each_kn = _losses(logits_nc - ALONG[:, None, None] * step_nc, points.y_n)
    means_k: np.ndarray = each_kn.mean(1)
    return means_k


def _slice(path_tdc: np.ndarray, points: Points) -> dict[str, np.ndarray]:
    """The loss over the plane in which the path runs most, and the path in it."""
    flat_tw = path_tdc.reshape(len(path_tdc), -1)
    centre_w = (flat_tw.max(0) + flat_tw.min(0)) / 2
    first_w, second_w = _main_axes(flat_tw - centre_w)
    path_t2 = np.stack([(flat_tw - centre_w) @ first_w, (flat_tw - centre_w) @ second_w], 1)
    reach = max(float(np.abs(path_t2).max()), 0.5)
    shape = path_tdc.shape[1:]
    middle_nc, one_nc, two_nc = (
        points.x_nd @ w.reshape(shape) for w in (centre_w, first_w, second_w)
    )
    x_c = y_r = GRID * reach
    logits_rcnk = middle_nc + x_c[None, :, None, None] * one_nc + y_r[:, None, None, None] * two_nc
    return {
        "x_c": x_c,
        "y_r": y_r,
        "surface_rc": _losses(logits_rcnk, points.y_n).mean(2),
        "path_t2": path_t2,
    }


def _main_axes(moves_tw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two directions of length 1 at right angles, the first one along most of the path."""
    gram_tt = moves_tw @ moves_tw.T
    _, vectors = np.linalg.eigh(gram_tt)
    first_w = _unit(moves_tw.T @ vectors[:, -1], np.arange(moves_tw.shape[1]) % 2 + 1.0)
    second_w = moves_tw.T @ vectors[:, -2]
    second_w = second_w - (second_w @ first_w) * first_w
    other_w = np.cos(np.arange(moves_tw.shape[1]))
    other_w = other_w - (other_w @ first_w) * first_w
    return first_w, _unit(second_w, other_w)


def _unit(vector_w: np.ndarray, otherwise_w: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector_w)
    if length < 1e-9:
        vector_w, length = otherwise_w, np.linalg.norm(otherwise_w)
    unit_w: np.ndarray = vector_w / length
    return unit_w


def _losses(logits: np.ndarray, y_n: np.ndarray) -> np.ndarray:
    """Cross-entropy (..., n) of logits (..., n, classes)."""
    shifted = logits - logits.max(-1, keepdims=True)
    own = np.take_along_axis(shifted, np.broadcast_to(y_n[:, None], (*shifted.shape[:-1], 1)), -1)[
        ..., 0
    ]
    each: np.ndarray = np.log(np.exp(shifted).sum(-1)) - own
    return each


def _softmax(logits_nc: np.ndarray) -> np.ndarray:
    powers_nc = np.exp(logits_nc - logits_nc.max(1, keepdims=True))
    shares_nc: np.ndarray = powers_nc / powers_nc.sum(1, keepdims=True)
    return shares_nc


def _sentences(loss_t: np.ndarray, error_t: np.ndarray, count: int) -> tuple[str, ...]:
    wrong_t = np.round(error_t * count).astype(int)
    sentences = [
        f"It starts at a loss of {loss_t[0]:.3g}; {wrong_t[0]} of {count} pictures are wrong."
    ]
    for before, now, wrong in zip(loss_t, loss_t[1:], wrong_t[1:], strict=False):
        way = "fell" if now < before else "rose" if now > before else "stayed"
        how = f"from {before:.3g} to {now:.3g}" if way != "stayed" else f"at {now:.3g}"
        sentences.append(f"The loss {way} {how}; {wrong} of {count} pictures are wrong.")
    return tuple(sentences)


def _diverged(values: Values, loss_t: np.ndarray) -> str | None:
    if loss_t[-1] <= 3 * max(loss_t[0], 0.5):
        return None
    return (
        f"It diverged: steps of {values['rate']:.3g} times the gradient jump over the valley. "
        "Lower the rate."
    )


def artificial_points() -> Points:
    """Ninety points of three classes, and a head that ordinary descent has found."""
    rng = np.random.RandomState(7)
    y_n = np.arange(90) % 3
    x_nd = rng.normal(size=(3, 6))[y_n] + rng.normal(size=(90, 6))
    points = Points(_scaled(x_nd), y_n, np.zeros((7, 3)), own=False)
    head_dc = descend({"start": NOTHING, "steps": 400, "rate": 2.0}, points)[-1]
    return Points(points.x_nd, y_n, head_dc, own=False)


def _scaled(x_nd: np.ndarray) -> np.ndarray:
    length = np.sqrt((x_nd**2).sum(1).mean())
    return np.concatenate([x_nd / length, np.ones((len(x_nd), 1))], 1)


def code(values: Values, seed: int) -> str:
    trained = values["start"] == TRAINED
    start = "step_through(head, 400, 2.0)" if trained else "pass"
    return f"""import numpy as np, torch
rng = np.random.RandomState(7)  # made-up points in the place of pictures
y = torch.arange(90) % 3
x = torch.tensor(rng.normal(size=(3, 6)))[y] + torch.tensor(rng.normal(size=(90, 6)))
x = torch.cat([x / (x**2).sum(1).mean().sqrt(), torch.ones(90, 1)], 1)
head = torch.zeros(7, 3, dtype=torch.double, requires_grad=True)
def step_through(head, steps, rate):
    losses = [torch.nn.functional.cross_entropy(x @ head, y).item()]
    for step in range(steps):
        torch.nn.functional.cross_entropy(x @ head, y).backward()
        with torch.no_grad():
            head -= rate * head.grad
        head.grad.zero_()
        losses.append(torch.nn.functional.cross_entropy(x @ head, y).item())
    return losses
{start}
loss_t = step_through(head, {values["steps"]}, {values["rate"]:.6g})
print(loss_t)
"""


RECIPES = (
    Recipe(
        "Too low",
        {"rate": 0.01},
        False,
        "The loss falls at every step, and after 30 of them it has hardly moved.",
        lambda trace: 0.9 < trace.arrays["loss_t"][-1] / trace.arrays["loss_t"][0] < 1,
    ),
    Recipe(
        "Just right",
        {"rate": 4.0, "steps": 60},
        True,
        "Where the loss along the gradient is lowest, a step takes off the most.",
        lambda trace: trace.arrays["loss_t"][-1] < 0.75 * trace.arrays["loss_t"][0],
    ),
    Recipe(
        "Too high",
        {"rate": 300.0},
        False,
        "Each step lands on the other side of the valley, higher than it started.",
        lambda trace: trace.arrays["loss_t"].max() > 3 * trace.arrays["loss_t"][0],
    ),
    Recipe(
        "From the trained head",
        {"start": TRAINED, "rate": 4.0},
        True,
        "It stands near the bottom already: the loss along the gradient is flat.",
        lambda trace: abs(np.diff(trace.arrays["loss_t"])).max() < 0.05,
    ),
)


def lesson_on(points: Points) -> Lesson:
    """The lesson on these points."""
    return Lesson(
        id="my_classifier",
        title="My own classifier",
        question="How long may a step against the gradient be, on my own pictures?",
        parameters=(
            Slider("rate", "Learning rate", 0.01, 300.0, 2.0, log=True),
            Slider("steps", "Steps", 1, 60, 30, 1),
            Choice("start", "Start from", (NOTHING, TRAINED), NOTHING),
        ),
        run=lambda values, seed: run_on(points, values),
        recipes=RECIPES,
        code=code,
        answer="loss_t",
        seeded=False,
    )


MY_CLASSIFIER = lesson_on(artificial_points())
