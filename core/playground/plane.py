"""Points in a plane, of two kinds: four patterns, and those that a person sets."""

from __future__ import annotations

import numpy as np

from core.playground.parameters import Values

CIRCLE, XOR, SPIRALS, CLOUDS, OWN = "circle", "xor", "spirals", "clouds", "own points"
PLAIN, SQUARES, SINES = "x, y", "and squares", "and sines"
TRAINED, HELD_BACK = 100, 60
Points = tuple[np.ndarray, np.ndarray]
"""Places (n, 2) within -1..1, and which are green (1) and which are orange (0)."""


def points(values: Values, seed: int) -> tuple[Points, Points]:
    """To train on, and held back for the test; one's own points are both."""
    if values["data"] == OWN:
        rows = np.array(values["own"]).reshape(-1, 3)
        own = rows[:, :2], (rows[:, 2] > 0.5).astype(float)
        return own, own
    n = TRAINED + HELD_BACK
    rng = np.random.default_rng(seed)
    y_n = (np.arange(n) % 2).astype(float)
    u_n, v_n, noise_n2 = rng.uniform(size=n), rng.uniform(size=n), rng.normal(size=(n, 2))
    x_n2 = placed(values["data"], y_n, u_n, v_n) + 0.3 * values["noise"] * noise_n2
    x_n2 = np.clip(x_n2, -1, 1)
    return (x_n2[:TRAINED], y_n[:TRAINED]), (x_n2[TRAINED:], y_n[TRAINED:])


def placed(data: str, y_n: np.ndarray, u_n: np.ndarray, v_n: np.ndarray) -> np.ndarray:
    """Where points of each side are without noise (n, 2); u and v are 0..1, at random."""
    if data == CIRCLE:
        radius, turn = np.where(y_n > 0, 0.45 * u_n, 0.65 + 0.25 * u_n), 2 * np.pi * v_n
    elif data == SPIRALS:
        radius, turn = 0.08 + 0.84 * u_n, 1.4 * 2 * np.pi * u_n + np.pi * y_n
    elif data == CLOUDS:
        radius, turn = 0.25 * u_n, 2 * np.pi * v_n
        shift = np.where(y_n > 0, 0.45, -0.45)[:, None]
        return shift + np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)
    else:
        left = np.sign(u_n - 0.5)
        x, y = 0.08 + 0.84 * np.abs(2 * u_n - 1), 0.08 + 0.84 * v_n
        return np.stack([left * x, left * y * np.where(y_n > 0, 1.0, -1.0)], axis=1)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)


def inputs(x_n2: np.ndarray, kind: str) -> np.ndarray:
    """What the net is given: x and y, and on demand their squares and product, or their sines."""
    x, y = x_n2[:, 0], x_n2[:, 1]
    more = {
        PLAIN: [],
        SQUARES: [x**2, y**2, x * y],
        SINES: [np.sin(np.pi * x), np.sin(np.pi * y)],
    }[kind]
    return np.stack([x, y, *more], axis=1)


PLACED = {
    CIRCLE: "r, t = np.where(side, 0.45 * u, 0.65 + 0.25 * u), 2 * np.pi * v\n"
    "x = np.stack([r * np.cos(t), r * np.sin(t)], axis=1)",
    XOR: "x, y = 0.08 + 0.84 * np.abs(2 * u - 1), (0.08 + 0.84 * v) * np.where(side, 1, -1)\n"
    "x = np.stack([np.sign(u - 0.5) * x, np.sign(u - 0.5) * y], axis=1)",
    SPIRALS: "r, t = 0.08 + 0.84 * u, 2.8 * np.pi * u + np.pi * side\n"
    "x = np.stack([r * np.cos(t), r * np.sin(t)], axis=1)",
    CLOUDS: "r, t, shift = 0.25 * u, 2 * np.pi * v, np.where(side, 0.45, -0.45)\n"
    "x = np.stack([shift + r * np.cos(t), shift + r * np.sin(t)], axis=1)",
}
"""How `placed` places them, as the code shows it."""


def code_of_points(values: Values, seed: int) -> str:
    """The points to train on as PyTorch's users make them: x, y and `green`."""
    if values["data"] == OWN:
        own = ", ".join(f"{number:.4g}" for number in values["own"])
        return f"""x, y, side = np.array([{own}]).reshape(-1, 3).T
green = torch.tensor((side > 0.5) * 1.0)"""
    n = TRAINED + HELD_BACK
    return f"""rng, side = np.random.default_rng({seed}), np.arange({n}) % 2
u, v, noise = rng.uniform(size={n}), rng.uniform(size={n}), rng.normal(size=({n}, 2))
{PLACED[values["data"]]}
x, y = np.clip(x + {0.3 * values["noise"]:.6g} * noise, -1, 1)[:{TRAINED}].T
green = torch.tensor(side[:{TRAINED}] * 1.0)"""
