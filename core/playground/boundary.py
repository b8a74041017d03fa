"""A decision boundary: a net that learns which side of a line each point is on, and bends the line.

All that TensorFlow Playground shows (Smilkov and others, arXiv 1708.03788), here with binary
cross-entropy and Adam over all training points at once.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from core.playground.lesson import LARGEST, Lesson, Recipe, Trace
from core.playground.nets import ACTIVATIONS, LINEAR, RELU, TANH, Net, Training, sigmoid, train
from core.playground.parameters import Choice, Numbers, Slider, Values
from core.playground.plane import (
    CIRCLE,
    CLOUDS,
    OWN,
    PLAIN,
    SINES,
    SPIRALS,
    SQUARES,
    XOR,
    code_of_points,
    inputs,
    points,
)

NONE, L1, L2 = "none", "L1", "L2"
FRAMES = 30
SIDE = np.linspace(-1, 1, 23)
GRID_K2 = np.stack(np.meshgrid(SIDE, SIDE), axis=-1).reshape(-1, 2)
DEEPEST = 3


def net_of(values: Values) -> Net:
    first = {PLAIN: 2, SQUARES: 5, SINES: 4}[values["inputs"]]
    return Net((first, *[values["neurons"]] * values["layers"], 1), values["activation"])


def loss_of(out_n1: np.ndarray, y_n: np.ndarray) -> float:
    """Mean binary cross-entropy of scores: log(1 + e^s) - y s, without overflow."""
    s = out_n1[:, 0]
    return float((np.logaddexp(0, s) - y_n * s).mean())


def run(values: Values, seed: int) -> Trace:
    (x_n2, y_n), (xt_m2, yt_m) = points(values, seed)
    net, training, kind = net_of(values), _training(values), values["inputs"]
    in_ni, in_mi, in_ki = (inputs(x, kind) for x in (x_n2, xt_m2, GRID_K2))
    start = net.start(np.random.default_rng(seed + 1))
    flat_tp = train(
        net, start, in_ni, lambda out: (sigmoid(out) - y_n[:, None]) / len(y_n), training
    )
    flat_tp = np.clip(flat_tp, -LARGEST, LARGEST)
    on_trained = [net.outputs(flat, in_ni)[-1] for flat in flat_tp]
    on_tests = [net.outputs(flat, in_mi)[-1] for flat in flat_tp]
    scores_tk = np.array([net.outputs(flat, in_ki)[-1][:, 0] for flat in flat_tp])
    arrays = {
        "side_c": SIDE,
        "side_r": SIDE,
        "sure_trc": np.tanh(scores_tk / 2).reshape(len(flat_tp), len(SIDE), len(SIDE)),
        "x_n": x_n2[:, 0],
        "y_n": x_n2[:, 1],
        "green_n": y_n,
        "train_t": np.minimum([loss_of(out, y_n) for out in on_trained], LARGEST),
        "test_t": np.minimum([loss_of(out, yt_m) for out in on_tests], LARGEST),
        "right_t": np.array([((out[:, 0] > 0) == yt_m).mean() for out in on_tests]) * 100,
        "done_t": np.arange(len(flat_tp)) * training.every,
        **_weights(net, flat_tp),
    }
    return Trace(arrays, _sentences(arrays), _diverged(arrays, values))


def _training(values: Values) -> Training:
    shrink = {kind: values["strength"] * (values["regularise"] == kind) for kind in (L1, L2)}
    every = -(-values["steps"] // FRAMES)
    return Training(values["rate"], values["steps"], every, l1=shrink[L1], l2=shrink[L2])


def _weights(net: Net, flat_tp: np.ndarray) -> dict[str, np.ndarray]:
    """Between each two columns w1_toi ... w4_toi; one of 0 for those that this net has not."""
    layers_t = [net.layers(flat) for flat in flat_tp]
    return {
        f"w{k + 1}_toi": np.array([layers[k][0] for layers in layers_t])
        if k < len(layers_t[0])
        else np.zeros((len(flat_tp), 1, 1))
        for k in range(DEEPEST + 1)
    }


def _sentences(arrays: dict[str, np.ndarray]) -> tuple[str, ...]:
    train_t, test_t, right_t = arrays["train_t"], arrays["test_t"], arrays["right_t"]
    sentences = [f"Weights are at random: {right_t[0]:.0f} % of the test points are right."]
    for k in range(1, len(train_t)):
        how = "fell" if train_t[k] < train_t[k - 1] else "rose"
        why = "the weights moved downhill" if how == "fell" else "the steps were too long"
        gap = test_t[k] - train_t[k]
        end = f"{right_t[k]:.0f} % of the test points are right."
        if gap > 0.15 and test_t[k] > test_t[k - 1]:
            end = f"The test loss rises to {test_t[k]:.3g}: it learns the noise by heart."
        sentences.append(
            f"After step {arrays['done_t'][k]:.0f} the loss {how} from {train_t[k - 1]:.3g} to "
            f"{train_t[k]:.3g}, because {why}. {end}"
        )
    return tuple(sentences)


def _diverged(arrays: dict[str, np.ndarray], values: Values) -> str | None:
    if arrays["train_t"][-1] <= 10 * max(arrays["train_t"][0], 1.0):
        return None
    return f"It diverged: a rate of {values['rate']:.3g} threw the weights far off. Lower the rate."


MODULES = {RELU: "ReLU", TANH: "Tanh", LINEAR: "Identity"}


def code(values: Values, seed: int) -> str:
    training = _training(values)
    more = {PLAIN: "", SQUARES: ", x**2, y**2, x * y"}.get(
        values["inputs"], ", np.sin(np.pi * x), np.sin(np.pi * y)"
    )
    return f"""import numpy as np, torch
{code_of_points(values, seed)}
data = torch.tensor(np.stack([x, y{more}], axis=1))
net = torch.nn.Sequential({_code_of_layers(net_of(values))}).double()
rng, numbers = np.random.default_rng({seed + 1}), list(net.parameters())
for weight, bias in zip(numbers[::2], numbers[1::2]):
    weight.data = torch.tensor(rng.normal(size=weight.shape) * np.sqrt(2 / weight.shape[1]))
    bias.data = torch.tensor(rng.uniform(-1, 1, bias.shape))
optimizer = torch.optim.Adam(numbers, lr={values["rate"]:.6g})
train_t = []
for step in range({values["steps"]} + 1):
    loss = torch.nn.functional.binary_cross_entropy_with_logits(net(data)[:, 0], green)
    if step % {training.every} == 0:
        train_t.append(loss.item())
{_code_of_penalty(training)}    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


def _code_of_layers(net: Net) -> str:
    module = f", torch.nn.{MODULES.get(net.activation, 'Sigmoid')}(), "
    return module.join(f"torch.nn.Linear({i}, {o})" for i, o in pairwise(net.sizes))


def _code_of_penalty(training: Training) -> str:
    if training.l1:
        return f"    loss = loss + {training.l1:.6g} * sum(w.abs().sum() for w in numbers[::2])\n"
    if training.l2:
        return (
            f"    loss = loss + {training.l2:.6g} / 2 * sum((w**2).sum() for w in numbers[::2])\n"
        )
    return ""


def _end(trace: Trace, name: str) -> float:
    return float(trace.arrays[f"{name}_t"][-1])


_OWN = (-0.6, 0.6, 0, 0.6, -0.6, 0, -0.5, 0.4, 0, 0.6, 0.6, 1, -0.6, -0.6, 1, 0.5, 0.4, 1)
_REGULARISED = ("regularise", (L1, L2))
_NOISY = {"noise": 0.8, "layers": 2, "neurons": 8, "rate": 0.1, "steps": 150}

BOUNDARY = Lesson(
    id="boundary",
    title="A net draws a boundary",
    question="How does a net bend a line until it parts the green points from the orange ones?",
    parameters=(
        Choice("data", "Points", (CIRCLE, XOR, SPIRALS, CLOUDS, OWN), CIRCLE),
        Slider("layers", "Hidden layers", 1, DEEPEST, 2, 1),
        Slider("neurons", "Neurons in each", 1, 8, 4, 1),
        Choice("activation", "Activation", ACTIVATIONS, TANH),
        Choice("inputs", "Inputs", (PLAIN, SQUARES, SINES), PLAIN, "What the net is given."),
        Slider("rate", "Learning rate", 0.001, 1.0, 0.05, log=True),
        Choice("regularise", "Regularisation", (NONE, L1, L2), NONE, "Keeps weights small."),
        Slider("strength", "Its strength", 1e-4, 0.1, 0.003, log=True, only_if=_REGULARISED),
        Slider("noise", "Noise", 0.0, 1.0, 0.1, 0.05),
        Slider("steps", "Steps", 30, 180, 120, 30),
        Numbers("own", "Own points", -1.0, 1.0, _OWN, 6, 180, columns=3, sets=("data", OWN)),
    ),
    run=run,
    recipes=(
        Recipe(
            "One neuron: one straight line",
            {"layers": 1, "neurons": 1},
            False,
            "One neuron can only cut the plane in two, and no straight cut goes round a circle.",
            lambda trace: _end(trace, "right") < 80,
        ),
        Recipe(
            "Four neurons: a ring",
            {"layers": 1, "neurons": 4},
            True,
            "Four straight cuts, added, enclose the green points.",
            lambda trace: _end(trace, "right") > 90,
        ),
        Recipe(
            "No activation",
            {"activation": LINEAR, "neurons": 8, "layers": 3},
            False,
            "Layers of sums are one sum: without a bend between them, depth is of no use.",
            lambda trace: _end(trace, "train") > 0.6,
        ),
        Recipe(
            "Better inputs",
            {"inputs": SQUARES, "layers": 1, "neurons": 1},
            True,
            "Given x² and y², a single neuron draws the circle: inputs can save layers.",
            lambda trace: _end(trace, "right") > 95,
        ),
        Recipe(
            "Spirals",
            {"data": SPIRALS, "layers": 3, "neurons": 8, "steps": 180},
            True,
            "Three layers of eight: cuts of cuts of cuts wind round with the arms.",
            lambda trace: _end(trace, "right") > 95,
        ),
        Recipe(
            "Learning the noise",
            _NOISY,
            False,
            "The training loss falls and falls while the test loss rises: single points get bays.",
            lambda trace: _end(trace, "test") > 2 * trace.arrays["test_t"].min(),
        ),
        Recipe(
            "The same, kept small",
            {**_NOISY, "regularise": L2, "strength": 0.01},
            True,
            "L2 holds the weights small, so the boundary stays smooth and the test loss low.",
            lambda trace: _end(trace, "test") < 1.2 * trace.arrays["test_t"].min(),
        ),
        Recipe(
            "Rate too high",
            {"rate": 1.0, "layers": 3, "neurons": 8, "activation": RELU},
            False,
            "The first steps throw a layer below 0: ReLU is flat there, so nothing moves on.",
            lambda trace: _end(trace, "right") < 60,
        ),
    ),
    code=code,
    answer="train_t",
)
