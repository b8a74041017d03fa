"""Surfaces to walk down: their height and slopes at x, y; none goes lower than 0.

Rosenbrock's is divided by 200, Beale's by 100, Rastrigin's (many valleys, flatter ones) by 10: so
the same rates suit all of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

BOWL, RAVINE, SADDLE = "bowl", "ravine", "saddle"
ROSENBROCK, BEALE, VALLEYS = "Rosenbrock", "Beale", "many valleys"
Slopes = tuple[np.ndarray, np.ndarray]
Height = Callable[[np.ndarray, np.ndarray], np.ndarray]
Surface = tuple[Height, Callable[[np.ndarray, np.ndarray], Slopes], str]


def _beale(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    return np.asarray((a**2 + b**2 + c**2) / 100)


def _beale_slopes(x: np.ndarray, y: np.ndarray) -> Slopes:
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    return (
        (a * (y - 1) + b * (y**2 - 1) + c * (y**3 - 1)) / 50,
        x * (a + 2 * y * b + 3 * y**2 * c) / 50,
    )


def _valleys(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    waves = np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)
    return np.asarray(0.1 * (2 + x**2 + y**2 - waves))


SURFACES: dict[str, Surface] = {
    BOWL: (
        lambda x, y: 0.5 * x**2 + 0.5 * y**2,
        lambda x, y: (x, y),
        "0.5 * x**2 + 0.5 * y**2",
    ),
    RAVINE: (
        lambda x, y: 0.05 * x**2 + 2 * y**2,
        lambda x, y: (0.1 * x, 4 * y),
        "0.05 * x**2 + 2 * y**2",
    ),
    SADDLE: (
        lambda x, y: 0.5 * x**2 - 0.5 * y**2 + y**4 / 32 + 2,
        lambda x, y: (x, y**3 / 8 - y),
        "0.5 * x**2 - 0.5 * y**2 + y**4 / 32 + 2",
    ),
    ROSENBROCK: (
        lambda x, y: (1 - x) ** 2 / 200 + (y - x**2) ** 2 / 2,
        lambda x, y: ((x - 1) / 100 - 2 * x * (y - x**2), y - x**2),
        "(1 - x) ** 2 / 200 + (y - x**2) ** 2 / 2",
    ),
    BEALE: (
        _beale,
        _beale_slopes,
        "sum((k - x + x * y**n) ** 2 for n, k in ((1, 1.5), (2, 2.25), (3, 2.625))) / 100",
    ),
    VALLEYS: (
        _valleys,
        lambda x, y: (
            0.2 * x + 0.2 * np.pi * np.sin(2 * np.pi * x),
            0.2 * y + 0.2 * np.pi * np.sin(2 * np.pi * y),
        ),
        "0.1 * sum(v**2 + 1 - torch.cos(2 * np.pi * v) for v in (x, y))",
    ),
}
"""A surface: its height, its slopes along x and y, and its height in PyTorch."""
