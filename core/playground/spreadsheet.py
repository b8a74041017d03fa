"""A net in a spreadsheet: every number of a small net on twelve real flowers, cell by cell.

Two inputs, two rectified linear units and one output, whose sigmoid is the probability of the
second species. The loss is the binary cross-entropy, its gradient comes from the chain rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.playground.lesson import LARGEST, Lesson, Recipe, Trace, within_bounds
from core.playground.parameters import Choice, Numbers, Slider, Values

FLOWERS = (
    *(4.7, 1.4, 0),
    *(6.0, 2.5, 1),
    *(3.3, 1.0, 0),
    *(4.5, 1.7, 1),
    *(4.2, 1.5, 0),
    *(5.5, 2.1, 1),
    *(4.8, 1.8, 0),
    *(5.5, 1.8, 1),
    *(5.0, 1.7, 0),
    *(4.8, 1.8, 1),
    *(3.5, 1.0, 0),
    *(5.1, 1.8, 1),
)
"""Length and width of a petal in cm, and 1 for virginica, 0 for versicolor: rows 50, 100, 57, 106,
61, 112, 70, 116, 77, 126, 79, 149 of Fisher's iris data as in scikit-learn's `load_iris`."""
COUNT = len(FLOWERS) // 3
CENTRE, SPREAD = np.array([4.9, 1.7]), np.array([0.8, 0.4])
"""Subtracted from both lengths, then divided by: about the data's mean and deviation."""
START = (0.6, 0.3, 0.1, -0.4, -0.5, 0.2, 0.5, -0.5, 0.0)
"""A row for each unit (two hidden ones, the output): its two weights and its bias."""
ALL, ONE = "all", "one"
LENGTHS, WIDTHS = np.linspace(2.8, 6.7, 12), np.linspace(0.7, 2.8, 10)
COLUMNS = (
    *("length in", "width in", "hidden 1", "hidden 2"),
    *("score", "probability", "right", "loss"),
)
NUMBERS = tuple(
    f"the {unit}'s {number}"
    for unit in ("first hidden unit", "second hidden unit", "output")
    for number in ("first weight", "second weight", "bias")
)


@dataclass(frozen=True)
class Pass:
    """A forward pass over n rows."""

    inputs_n2: np.ndarray
    before_n2: np.ndarray
    hidden_n2: np.ndarray
    score_n: np.ndarray

    @property
    def probability_n(self) -> np.ndarray:
        return (1 + np.tanh(self.score_n / 2)) / 2  # the sigmoid, without overflow

    def loss_n(self, right_n: np.ndarray) -> np.ndarray:
        """-log of the probability of the right answer."""
        return np.logaddexp(0, self.score_n) - right_n * self.score_n


def forward(w_33: np.ndarray, cm_n2: np.ndarray) -> Pass:
    """For one set of weights; for many (shape t33) what comes after the inputs has a first t."""
    inputs_n2 = (cm_n2 - CENTRE) / SPREAD
    before_n2 = inputs_n2 @ w_33[..., :2, :2].mT + w_33[..., None, :2, 2]
    hidden_n2 = np.maximum(before_n2, 0)
    score_n = (hidden_n2 @ w_33[..., 2, :2, None])[..., 0] + w_33[..., 2, 2, None]
    return Pass(inputs_n2, before_n2, hidden_n2, score_n)


def gradient(w_33: np.ndarray, forward_pass: Pass, right_n: np.ndarray) -> np.ndarray:
    """How the mean loss over the rows changes with each number: backwards through the pass."""
    by_score_n = (forward_pass.probability_n - right_n) / len(right_n)
    by_before_n2 = by_score_n[:, None] * w_33[2, :2] * (forward_pass.before_n2 > 0)
    by_w_33 = np.empty((3, 3))
    by_w_33[:2, :2] = by_before_n2.T @ forward_pass.inputs_n2
    by_w_33[:2, 2] = by_before_n2.sum(axis=0)
    by_w_33[2, :2] = by_score_n @ forward_pass.hidden_n2
    by_w_33[2, 2] = by_score_n.sum()
    return by_w_33


def table(values: Values) -> tuple[np.ndarray, np.ndarray]:
    """cm_n2 and right_n; whatever is above a half counts as 1."""
    table_n3 = np.array(values["table"]).reshape(-1, 3)
    return table_n3[:, :2], (table_n3[:, 2] > 0.5).astype(float)


def descend(values: Values) -> tuple[np.ndarray, np.ndarray]:
    """w_t33 and the gradient_t33 that takes each to the next."""
    cm_n2, right_n = table(values)
    w_33, path, gradients = np.array(values["start"]).reshape(3, 3), [], []
    for step in range(values["steps"] + 1):
        rows = slice(None) if values["batch"] == ALL else slice(step % COUNT, step % COUNT + 1)
        by_w_33 = gradient(w_33, forward(w_33, cm_n2[rows]), right_n[rows])
        path.append(w_33)
        gradients.append(by_w_33)
        w_33 = within_bounds(w_33, w_33 - values["rate"] * by_w_33)
    return np.array(path), np.array(gradients)


def run(values: Values, seed: int) -> Trace:
    cm_n2, right_n = table(values)
    w_t33, gradient_t33 = descend(values)
    forward_pass = forward(w_t33, cm_n2)
    arrays = {
        "table_rc": np.array(values["table"]).reshape(-1, 3),
        "start_rc": np.array(values["start"]).reshape(3, 3),
        "weights_trc": w_t33,
        "gradient_trc": gradient_t33,
        "forward_trc": _cells(forward_pass, right_n),
        "row_t": np.array(
            [step % COUNT if values["batch"] == ONE else -1 for step in range(len(w_t33))]
        ),
        "loss_t": forward_pass.loss_n(right_n).mean(axis=1),
        "correct_t": ((forward_pass.probability_n > 0.5) == right_n).sum(axis=1),
        "length_n": cm_n2[:, 0],
        "width_n": cm_n2[:, 1],
        "right_n": right_n,
        **_sides(w_t33),
    }
    diverged = _diverged(values, arrays)
    return Trace(arrays, _sentences(values, arrays), diverged)


def _cells(forward_pass: Pass, right_n: np.ndarray) -> np.ndarray:
    """At each step a row of the spreadsheet for each flower; see COLUMNS."""
    last = (forward_pass.score_n, forward_pass.probability_n, right_n, forward_pass.loss_n(right_n))
    columns = (*forward_pass.inputs_n2.T, *np.moveaxis(forward_pass.hidden_n2, -1, 0), *last)
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def _sides(w_t33: np.ndarray) -> dict[str, np.ndarray]:
    """How far above a half the probability is over a grid of both lengths; rows are widths."""
    grid_k2 = np.stack(np.meshgrid(LENGTHS, WIDTHS), axis=-1).reshape(-1, 2)
    sides_trc = (forward(w_t33, grid_k2).probability_n - 0.5).reshape(-1, len(WIDTHS), len(LENGTHS))
    return {"lengths_c": LENGTHS, "widths_r": WIDTHS, "sides_trc": sides_trc}


def _sentences(values: Values, arrays: dict[str, np.ndarray]) -> tuple[str, ...]:
    loss_t, correct_t = arrays["loss_t"], arrays["correct_t"]
    sentences = [f"With the weights it starts from, the loss is {loss_t[0]:.3g}."]
    for step in range(1, len(loss_t)):
        by_w = arrays["gradient_trc"][step - 1].ravel()
        most = int(np.abs(by_w).argmax())
        before, after = loss_t[step - 1], loss_t[step]
        way = "fell" if after < before else "rose" if after > before else "stayed"
        after_row = "" if values["batch"] == ALL else f" after row {(step - 1) % COUNT + 1}"
        sentences.append(
            f"The loss {way} from {before:.3g} to {after:.3g}{after_row}. "
            f"{NUMBERS[most].capitalize()} moved most: its gradient was {by_w[most]:.2g}, "
            f"times the rate {values['rate']:.3g}. {correct_t[step]} of {COUNT} are right."
        )
    return tuple(sentences)


def _diverged(values: Values, arrays: dict[str, np.ndarray]) -> str | None:
    grown = arrays["loss_t"].max() > 10 * max(arrays["loss_t"][0], 1.0)
    if not grown and max(np.abs(array).max() for array in arrays.values()) < LARGEST:
        return None
    return (
        f"It diverged: steps with a rate of {values['rate']:.3g} throw the weights beyond where "
        "the gradient was true. Lower the rate."
    )


def code(values: Values, seed: int) -> str:
    rows = ":" if values["batch"] == ALL else f"[step % {COUNT}]"
    numbers = [f"{number:.6g}" for number in values["table"]]
    lines = [", ".join(numbers[k : k + 12]) for k in range(0, len(numbers), 12)]
    cells = ",\n    ".join(lines)
    return f"""import torch
from torch.nn.functional import binary_cross_entropy_with_logits
table = torch.tensor([
    {cells},
], dtype=torch.double).reshape(-1, 3)
inputs = torch.stack([(table[:, 0] - 4.9) / 0.8, (table[:, 1] - 1.7) / 0.4], dim=1)
right = (table[:, 2] > 0.5).double()
w = torch.tensor([{", ".join(f"{w:.6g}" for w in values["start"])}], dtype=torch.double)
w = w.reshape(3, 3).requires_grad_()
weights_trc = [w.tolist()]
for step in range({values["steps"]}):
    hidden = (inputs[{rows}] @ w[:2, :2].T + w[:2, 2]).relu()
    score = hidden @ w[2, :2] + w[2, 2]
    binary_cross_entropy_with_logits(score, right[{rows}]).backward()
    with torch.no_grad():
        w -= {values["rate"]:.6g} * w.grad
        w.grad.zero_()
    weights_trc.append(w.tolist())
print(w)
"""


def _end(trace: Trace, name: str) -> float:
    return float(trace.arrays[f"{name}_t"][-1])


WRONG = 5
"""The row whose label a recipe gets wrong."""
MISLABELLED = tuple(
    1 - number if k == 3 * WRONG + 2 else number for k, number in enumerate(map(float, FLOWERS))
)

SPREADSHEET = Lesson(
    id="spreadsheet",
    title="A net in a spreadsheet",
    question="What does a net calculate from each row of a table, and how does it learn from it?",
    parameters=(
        Slider("rate", "Learning rate", 0.01, 10.0, 0.5, log=True, help="How long a step is."),
        Slider("steps", "Steps", 1, 60, 30, 1),
        Choice("batch", "Rows in a step", (ALL, ONE), ALL, "One: row after row, from the top."),
        Numbers("table", "The table", 0.0, 10.0, tuple(map(float, FLOWERS)), 36, 36, 3),
        Numbers("start", "The weights", -5.0, 5.0, START, 9, 9, 3),
    ),
    run=run,
    recipes=(
        Recipe(
            "Just right",
            {"rate": 2.0, "steps": 60},
            True,
            "The loss falls step by step, the border turns, and 11 of 12 flowers are right. Two "
            "have the same petals and different names: nobody gets both.",
            lambda trace: _end(trace, "correct") == 11 and _end(trace, "loss") < 0.25,
        ),
        Recipe(
            "Rate too low",
            {"rate": 0.01},
            False,
            "All weights move the right way, but so little that nothing changes in 30 steps.",
            lambda trace: abs(_end(trace, "loss") - trace.arrays["loss_t"][0]) < 0.03,
        ),
        Recipe(
            "Start from zero",
            {"start": (0.0,) * 9, "rate": 2.0},
            False,
            "Both hidden units give 0 and have a gradient of 0, for ever: the loss stays at log 2. "
            "Weights have to start from different, random numbers.",
            lambda trace: abs(_end(trace, "loss") - np.log(2)) < 1e-9,
        ),
        Recipe(
            "One wrong label",
            {"table": MISLABELLED, "rate": 1.0, "steps": 60},
            False,
            "Row 6 says 0 and should say 1. Look at its loss: it ends as the largest of all. That "
            "is how Review finds wrong labels.",
            lambda trace: int(trace.arrays["forward_trc"][-1, :, -1].argmax()) == WRONG,
        ),
        Recipe(
            "One row at a time",
            {"batch": ONE, "steps": 60},
            True,
            "Each step is for one flower only, so the loss of all trembles, and falls.",
            lambda trace: _end(trace, "loss") < 0.32 and np.diff(trace.arrays["loss_t"]).max() > 0,
        ),
        Recipe(
            "Rate too high",
            {"rate": 10.0},
            False,
            "The first steps jump far beyond the good weights; then the hidden units give 0 for "
            "all rows, and nothing can move them any more.",
            lambda trace: (
                _end(trace, "loss") > trace.arrays["loss_t"][0]
                and not trace.arrays["gradient_trc"][-1, :2].any()
            ),
        ),
    ),
    code=code,
    answer="weights_trc",
    seeded=False,
)
