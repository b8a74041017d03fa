"""Scores to answers: what happens between a net's last layer and the loss, one step at a time."""

from __future__ import annotations

import numpy as np

from core.playground.lesson import Lesson, Recipe, Trace
from core.playground.parameters import Choice, Numbers, Slider, Values

LABELS = ("cat", "dog", "rabbit", "fox", "bear", "owl")
COLUMNS = ("score", "÷ temperature", "exponential", "probability", "slope of the loss")
SCORES = (2.0, 1.0, 0.1, -0.5, -1.0, -2.0)
"""Between -5 and 5; divided by a temperature of 0.5 or more no exponential is above 22,027."""
PROBABILITIES = np.geomspace(1e-5, 1.0, 81)


def softmax(scores_k: np.ndarray) -> np.ndarray:
    """Shares of the exponentials: positive, and together 1."""
    exponential_k = np.exp(scores_k - scores_k.max())
    return exponential_k / exponential_k.sum()


def run(values: Values, seed: int) -> Trace:
    count, right = int(values["count"]), LABELS.index(values["right"])
    score_k = np.array(values["scores"])[:count]
    scaled_k = score_k / values["temperature"]
    exponential_k, p_k = np.exp(scaled_k), softmax(scaled_k)
    slope_k = (p_k - (np.arange(count) == right)) / values["temperature"]
    loss = -np.log(p_k[right])
    table_kc = np.stack([score_k, scaled_k, exponential_k, p_k, slope_k], axis=1)
    sentences, column_t, row_t = _steps(values, table_kc, right)
    arrays = {
        "score_k1": score_k[:, None],
        "table_kc": table_kc,
        "p_k": p_k,
        "slope_k": slope_k,
        "column_t": column_t,
        "row_t": row_t,
        "probability_c": PROBABILITIES,
        "loss_c": -np.log(PROBABILITIES),
        "here_d": p_k[right : right + 1],
        "loss_d": np.array([loss]),
        "answer_t": np.full(len(sentences), p_k.max()),
        "right_t": np.full(len(sentences), p_k[right]),
        "loss_t": np.full(len(sentences), loss),
    }
    return Trace(arrays, sentences)


def _steps(
    values: Values, table_kc: np.ndarray, right: int
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """A sentence for each step, and which column and row of the table it is about (-1: none)."""
    _, scaled_k, exponential_k, p_k, slope_k = table_kc.T
    best = int(p_k.argmax())
    steps = (
        (0, -1, f"The net gives {len(p_k)} scores, any numbers at all: they are called logits."),
        (1, -1, f"Divided by the temperature, {values['temperature']:.3g}, {_temper(values)}"),
        (
            2,
            best,
            f"The exponential makes each positive: e to the power of {scaled_k[best]:.3g} is "
            f"{exponential_k[best]:.4g}. One more point makes it 2.72 times as large.",
        ),
        (2, -1, f"Their sum is {exponential_k.sum():.4g}."),
        (
            3,
            best,
            f"Each divided by the sum: {exponential_k[best]:.4g} / {exponential_k.sum():.4g} = "
            f"{p_k[best]:.3g}. These are probabilities: together they are 1. This is softmax.",
        ),
        (-1, best, f"The answer is the largest: “{LABELS[best]}”. This is argmax."),
        (3, right, _loss_sentence(p_k, best, right)),
        (
            4,
            right,
            f"The slope is the probability, less 1 for the right answer: “{LABELS[right]}” is "
            f"pushed up with {abs(slope_k[right]):.3g}, and all others down.",
        ),
    )
    columns, rows, sentences = zip(*steps, strict=True)
    return sentences, np.array(columns), np.array(rows)


def _temper(values: Values) -> str:
    if values["temperature"] == 1:
        return "they stay as they are."
    if values["temperature"] < 1:
        return "they move apart: the answer gets surer."
    return "they move together: the answer gets less sure."


def _loss_sentence(p_k: np.ndarray, best: int, right: int) -> str:
    p, loss = p_k[right], -np.log(p_k[right])
    if best == right:
        judged = "The answer is right, so it costs little." if p > 0.5 else "Right, but not sure."
    elif p_k[best] > 0.9:
        judged = f"It was sure of “{LABELS[best]}”, and wrong: nothing costs more."
    else:
        judged = f"“{LABELS[best]}” is wrong, but it was not sure, so the price is moderate."
    return (
        f"The right answer is “{LABELS[right]}”. The loss is −log of its probability: "
        f"−log {p:.3g} = {abs(loss):.3g}. {judged}"
    )


def code(values: Values, seed: int) -> str:
    count, right = int(values["count"]), LABELS.index(values["right"])
    scores = ", ".join(f"{score:.6g}" for score in values["scores"][:count])
    return f"""import torch
import torch.nn.functional as F
scores = torch.tensor([{scores}], dtype=torch.double, requires_grad=True)
right = {right}  # {LABELS[right]}
scaled = scores / {values["temperature"]:.6g}
probabilities = scaled.exp() / scaled.exp().sum()  # the same as scaled.softmax(dim=0)
answer = probabilities.argmax()
loss = F.cross_entropy(scaled, torch.tensor(right))  # -probabilities[right].log()
loss.backward()
slope_k = scores.grad.tolist()
print(probabilities, answer, loss, slope_k)
"""


def _loss(trace: Trace) -> float:
    return float(trace.arrays["loss_t"][-1])


SURE = (5.0, 0.0, -1.0, -0.5, -1.0, -2.0)

SOFTMAX = Lesson(
    id="softmax",
    title="Scores to answers",
    question="How do a net's scores become probabilities, an answer and a loss?",
    parameters=(
        Slider(
            "temperature",
            "Temperature",
            0.5,
            5.0,
            1.0,
            0.1,
            help="Scores are divided by it: below 1 answers get surer, above 1 less sure.",
        ),
        Choice("right", "The right answer", LABELS[:3], LABELS[0]),
        Choice("count", "Answers", ("3", "4", "5", "6"), "3"),
        Numbers("scores", "Scores", -5.0, 5.0, SCORES, least=6, most=6),
    ),
    run=run,
    recipes=(
        Recipe(
            "Sure and right",
            {"scores": SURE},
            True,
            "Nearly all of the probability is on the right answer: the loss is close to 0.",
            lambda trace: _loss(trace) < 0.02,
        ),
        Recipe(
            "Sure and wrong",
            {"scores": SURE, "right": LABELS[2]},
            False,
            "The same scores, but it was a rabbit: the loss is 6, as much as of 600 answers that "
            "are sure and right. Such pictures are what Review shows first.",
            lambda trace: round(_loss(trace)) == 6 and _loss(trace) > -600 * np.log(0.991),
        ),
        Recipe(
            "Unsure",
            {"scores": (0.0,) * 6},
            False,
            "Equal scores are equal probabilities: a third each costs −log ⅓ = 1.10, whatever is "
            "right. A loss above this is worse than guessing.",
            lambda trace: abs(_loss(trace) - np.log(3)) < 1e-9,
        ),
        Recipe(
            "Wrong, but warm",
            {"scores": SURE, "right": LABELS[2], "temperature": 4.0},
            True,
            "A temperature of 4 makes the same wrong answer less sure, and it costs a third.",
            lambda trace: _loss(trace) < 2.1,
        ),
        Recipe(
            "Cold",
            {"temperature": 0.5},
            True,
            "The answer is the same at every temperature, only surer: here 0.86 and not 0.66.",
            lambda trace: np.round(trace.arrays["answer_t"][0], 2) == 0.86,
        ),
    ),
    code=code,
    answer="slope_k",
    seeded=False,
)
