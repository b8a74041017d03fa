"""Optimisers race: six ways to take a step, on the same surface, from the same point."""

from __future__ import annotations

import numpy as np

from core.playground.lesson import Lesson, Recipe, Trace
from core.playground.parameters import Choice, Numbers, Slider, Values
from core.playground.racers import CONSTANT, COSINE, ONE_CYCLE, RISE, RULES, race, schedule
from core.playground.surfaces import BOWL, RAVINE, ROSENBROCK, SADDLE, SURFACES, VALLEYS

EDGE = 4.5
GRID = np.linspace(-EDGE, EDGE, 61)
FLOOR = 1e-6
"""Losses below look the same: else one that is 0 would squeeze the others together."""


def run(values: Values, seed: int) -> Trace:
    height, _, _ = SURFACES[values["surface"]]
    at_to2 = race(values, seed)
    loss_to = height(at_to2[..., 0], at_to2[..., 1])
    hills_rc = np.log1p(height(GRID[None, :], GRID[:, None]))
    share_t = schedule(values["schedule"], values["steps"])
    arrays = {
        "x_c": GRID,
        "y_r": GRID,
        "hills_rc": hills_rc,
        "x_d": GRID[::2],
        "y_s": GRID[::2],
        "land_sd": hills_rc[::2, ::2],
        "loss_to": loss_to,
        "share_t": np.append(share_t, share_t[-1]),
        **{f"{rule.name}_t2": at_to2[:, k] for k, rule in enumerate(RULES)},
        **{f"loss_{rule.name}_t": loss_to[:, k] for k, rule in enumerate(RULES)},
        **{f"seen_{rule.name}_t": np.maximum(loss_to[:, k], FLOOR) for k, rule in enumerate(RULES)},
    }
    return Trace(arrays, _sentences(loss_to, at_to2), _diverged(at_to2, loss_to))


def _sentences(loss_to: np.ndarray, at_to2: np.ndarray) -> tuple[str, ...]:
    start = at_to2[0, 0]
    sentences = [f"All six start at ({start[0]:.3g}, {start[1]:.3g}), {loss_to[0, 0]:.3g} high."]
    long_to = np.linalg.norm(np.diff(at_to2, axis=0), axis=2)
    for step, (before_o, now_o, long_o) in enumerate(
        zip(loss_to, loss_to[1:], long_to, strict=False), start=1
    ):
        first, last = int(now_o.argmin()), int(now_o.argmax())
        last_step = f"a step of {long_o[last]:.2g}" if long_o[last] else "no step"
        sentences.append(
            f"Step {step}: {RULES[first].label} is lowest, because it {RULES[first].why}: from "
            f"{before_o[first]:.3g} to {now_o[first]:.3g} in a step of {long_o[first]:.2g}. "
            f"{RULES[last].label} is highest, at {now_o[last]:.3g} after {last_step}."
        )
    return tuple(sentences)


def _diverged(at_to2: np.ndarray, loss_to: np.ndarray) -> str | None:
    far_o = np.abs(at_to2[-1]).max(axis=1) > 20
    lost_o = far_o | (loss_to[-1] > 10 * np.maximum(loss_to[0], 1.0))
    if not lost_o.any():
        return None
    names = ", ".join(rule.label for rule, lost in zip(RULES, lost_o, strict=True) if lost)
    return f"Flown off: {names}. Each step overshot further than the last. Lower the rate."


def code(values: Values, seed: int) -> str:
    steps, beta, x_y = values["steps"], values["beta"], values["start"]
    betas = f"({beta:.6g}, 0.999)"
    plain, scaled = f"{values['rate']:.6g}", f"{values['rate_scaled']:.6g}"
    scheduler = {
        CONSTANT: "ConstantLR(optimizer, factor=1.0)",
        COSINE: f"CosineAnnealingLR(optimizer, T_max={steps})",
        ONE_CYCLE: f"""OneCycleLR(optimizer, optimizer.defaults["lr"], {steps},
        pct_start={RISE}, div_factor=25, final_div_factor=4000, cycle_momentum=False)""",
    }[values["schedule"]]
    return f"""import numpy as np, torch
from torch.optim import SGD, Adam, AdamW, RMSprop, lr_scheduler as schedules
height = lambda x, y: {SURFACES[values["surface"]][2]}
noise = {values["noise"]:.6g} * np.random.default_rng({seed}).normal(size=({steps}, 2))
loss_to = []
for make in [lambda p: SGD(p, {plain}), lambda p: SGD(p, {plain}, {beta:.6g}),
             lambda p: SGD(p, {plain}, {beta:.6g}, nesterov=True),
             lambda p: RMSprop(p, {scaled}, alpha=0.9), lambda p: Adam(p, {scaled}, {betas}),
             lambda p: AdamW(p, {scaled}, {betas}, weight_decay={values["decay"]:.6g})]:
    at = torch.tensor([{x_y[0]:.6g}, {x_y[1]:.6g}], dtype=torch.double, requires_grad=True)
    optimizer, losses = make([at]), [height(*at).item()]
    schedule = schedules.{scheduler}
    for jolt in torch.tensor(noise):
        optimizer.zero_grad()
        height(*at).backward()
        at.grad += jolt
        optimizer.step()
        schedule.step()
        losses.append(height(*at).item())
    loss_to.append(losses)
loss_to = np.transpose(loss_to)
"""


def _ends(trace: Trace) -> dict[str, float]:
    return {rule.name: float(trace.arrays[f"loss_{rule.name}_t"][-1]) for rule in RULES}


OPTIMIZERS = Lesson(
    id="optimizers",
    title="Optimisers race",
    question="Six ways to go downhill: which one is first at the bottom, and why?",
    parameters=(
        Choice("surface", "Surface", tuple(SURFACES), RAVINE),
        Slider("rate", "Rate: SGD, Momentum, Nesterov", 1e-5, 1.0, 0.1, log=True),
        Slider("rate_scaled", "Rate: RMSProp, Adam, AdamW", 1e-3, 1.0, 0.15, log=True),
        Slider("beta", "Momentum", 0.1, 0.99, 0.9, 0.01, help="Share of the velocity kept."),
        Slider("decay", "AdamW's weight decay", 0.0, 0.5, 0.05, 0.01),
        Slider("noise", "Noise in the gradient", 0.0, 2.0, 0.0, 0.1, help="As batches have it."),
        Choice("schedule", "Schedule of the rate", (CONSTANT, ONE_CYCLE, COSINE), CONSTANT),
        Slider("steps", "Steps", 10, 200, 80, 10),
        Numbers("start", "The start", -EDGE, EDGE, (-2.4, 2.0), 2, 2),
    ),
    run=run,
    recipes=(
        Recipe(
            "A ravine",
            {"surface": RAVINE, "start": (-4.0, 2.0)},
            True,
            "SGD crawls along the flat floor. Momentum gathers speed; RMSProp and Adam divide by "
            "the usual slope, so flat directions get steps as long as steep ones.",
            lambda trace: _ends(trace)["sgd"] > 100 * _ends(trace)["adam"],
        ),
        Recipe(
            "Rate too high",
            {"surface": RAVINE, "start": (-4.0, 2.0), "rate": 0.36, "steps": 50},
            False,
            "SGD bears this rate. Nesterov, with its momentum on top, overshoots ever further.",
            lambda trace: trace.diverged is not None and "Nesterov" in trace.diverged,
        ),
        Recipe(
            "A banana valley",
            {"surface": ROSENBROCK, "start": (-1.5, 2.0), "steps": 200},
            True,
            "All fall into the bend at once. Along its nearly flat floor Adam is far ahead of SGD.",
            lambda trace: _ends(trace)["sgd"] > 3 * _ends(trace)["adam"],
        ),
        Recipe(
            "Stuck on a saddle",
            {"surface": SADDLE, "start": (-4.0, 0.0)},
            False,
            "From exactly here the slope points to the saddle, and there it is 0: all stay.",
            lambda trace: min(_ends(trace).values()) > 1.99,
        ),
        Recipe(
            "Noise sets them free",
            {"surface": SADDLE, "start": (-4.0, 0.0), "noise": 0.3},
            True,
            "Small batches make gradients noisy: a push to the side is enough to leave the saddle.",
            lambda trace: max(_ends(trace).values()) < 0.2,
        ),
        Recipe(
            "The nearest of many valleys",
            {
                "surface": VALLEYS,
                "start": (-3.6, 2.6),
                "rate": 0.02,
                "rate_scaled": 0.02,
                "beta": 0.5,
            },
            False,
            "Short steps end in the first dip they meet, far from the lowest one in the middle.",
            lambda trace: min(_ends(trace).values()) > 0.9,
        ),
        Recipe(
            "Long steps over small valleys",
            {"surface": VALLEYS, "start": (-3.5, 2.2), "rate": 0.02, "rate_scaled": 0.4},
            True,
            "Adam's steps are longer than a dip is wide: it feels the whole bowl, and finds 0.",
            lambda trace: _ends(trace)["adam"] < 0.001,
        ),
        Recipe(
            "Noise, and the rate stays",
            {"surface": BOWL, "rate": 0.3, "noise": 2.0},
            False,
            "At the bottom every noisy gradient throws SGD out again: it never comes to rest.",
            lambda trace: _ends(trace)["sgd"] > 1,
        ),
        Recipe(
            "Noise, and the rate falls",
            {"surface": BOWL, "rate": 0.3, "noise": 2.0, "schedule": ONE_CYCLE},
            True,
            "One-cycle ends with tiny steps, so the noise averages out: SGD settles at the bottom.",
            lambda trace: _ends(trace)["sgd"] < 0.1,
        ),
    ),
    code=code,
    answer="loss_to",
)
