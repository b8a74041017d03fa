"""Convolution: a small kernel slides over a picture.

As in every deep learning library it is a cross-correlation: the kernel is not turned over.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.playground.lesson import Lesson, Recipe, Trace
from core.playground.parameters import Choice, Numbers, Slider, Values

SIDE = 16
"""Pixels of the picture along each side."""
KERNEL = 3
OWN = "your own"
HOUSE = [((3, 14), (3, 7)), ((3, 7), (8, 2)), ((8, 2), (13, 7)), ((13, 7), (13, 14))]
HOUSE += [((13, 14), (3, 14)), ((8, 14), (8, 10))]
PICTURES = {
    "seven": (((3, 3), (12, 3)), ((12, 3), (7, 13)), ((6, 8), (11, 8))),
    "house": tuple(HOUSE),
    "square": (((4, 4), (11, 4)), ((11, 4), (11, 11)), ((11, 11), (4, 11)), ((4, 11), (4, 4))),
    "cross": (((3, 3), (12, 12)), ((12, 3), (3, 12))),
}
"""Strokes from (x, y) to (x, y), in pixels."""
KERNELS = {
    "vertical edges": (-1, 0, 1, -2, 0, 2, -1, 0, 1),
    "horizontal edges": (-1, -2, -1, 0, 0, 0, 1, 2, 1),
    "outline": (-1, -1, -1, -1, 8, -1, -1, -1, -1),
    "blur": (0.0625, 0.125, 0.0625, 0.125, 0.25, 0.125, 0.0625, 0.125, 0.0625),
    "sharpen": (0, -1, 0, -1, 5, -1, 0, -1, 0),
    "identity": (0, 0, 0, 0, 1, 0, 0, 0, 0),
}
"""Row by row. The first two are Sobel's."""


def clean_picture(name: str) -> np.ndarray:
    """Soft strokes on black: shape (16, 16), 0 to 1."""
    y_hw, x_hw = np.mgrid[:SIDE, :SIDE].astype(float)
    nearest_hw = np.full((SIDE, SIDE), np.inf)
    for (x0, y0), (x1, y1) in PICTURES[name]:
        dx, dy = x1 - x0, y1 - y0
        along_hw = np.clip(((x_hw - x0) * dx + (y_hw - y0) * dy) / (dx**2 + dy**2), 0, 1)
        away_hw = np.hypot(x_hw - x0 - along_hw * dx, y_hw - y0 - along_hw * dy)
        nearest_hw = np.minimum(nearest_hw, away_hw)
    return np.clip(1.5 - nearest_hw, 0, 1)


def picture(values: Values, seed: int, own_hw: np.ndarray | None = None) -> np.ndarray:
    """The picture with its noise: shape (16, 16)."""
    noise_hw = np.random.default_rng(seed).normal(size=(SIDE, SIDE))
    clean_hw = clean_picture(values["picture"]) if values["picture"] in PICTURES else own_hw
    return clean_hw + values["noise"] * noise_hw


def windows(padded_hw: np.ndarray, stride: int) -> np.ndarray:
    """What the kernel sees at each place: shape (rows, columns, 3, 3) of the output."""
    return np.lib.stride_tricks.sliding_window_view(padded_hw, (KERNEL, KERNEL))[::stride, ::stride]


def run(values: Values, seed: int, own_hw: np.ndarray | None = None) -> Trace:
    """Step 0 is before the first place; then the kernel goes from place to place, row by row."""
    stride, padding = values["stride"], values["padding"]
    kernel_rc = np.array(values["kernel"], dtype=float).reshape(KERNEL, KERNEL)
    padded_hw = np.pad(picture(values, seed, own_hw), padding)
    windows_hwrc = windows(padded_hw, stride)
    output_hw = (windows_hwrc * kernel_rc).sum(axis=(2, 3))
    window_trc = np.concatenate([windows_hwrc[:1, 0], windows_hwrc.reshape(-1, KERNEL, KERNEL)])
    places_t2 = np.indices(output_hw.shape).reshape(2, -1).T
    arrays = {
        "padded_hw": padded_hw,
        "kernel_rc": kernel_rc,
        "output_hw": output_hw,
        "window_trc": window_trc,
        "products_trc": window_trc * kernel_rc,
        "known_t": np.arange(output_hw.size + 1),
        "filled_t": np.minimum(np.arange(output_hw.size + 1), 1) * KERNEL**2,
        "window_t4": _boxes(np.concatenate([[[0, 0]], places_t2 * stride]), KERNEL),
        "pixel_t4": np.concatenate([np.zeros((1, 4)), _boxes(places_t2, 1)]),
        "value_t": np.concatenate([[0.0], output_hw.ravel()]),
    }
    sentences = [
        _sentence_at((row, column), output_hw, values) for row, column in places_t2.tolist()
    ]
    return Trace(arrays, (_start(values, output_hw.shape[0]), *sentences))


def _boxes(places_t2: np.ndarray, side: int) -> np.ndarray:
    """Rows of (row, column, height, width)."""
    return np.concatenate([places_t2, np.full(places_t2.shape, side)], axis=1)


def _start(values: Values, side: int) -> str:
    stride, padding = values["stride"], values["padding"]
    return (
        f"The window fits {side} × {side} times: ({SIDE} + 2 × {padding} − {KERNEL}) / {stride} + 1"
        f"{', rounded down,' if (SIDE + 2 * padding - KERNEL) % stride else ''} is {side}."
    )


def _sentence_at(position: tuple[int, int], output_hw: np.ndarray, values: Values) -> str:
    at = np.array(position) * values["stride"] - values["padding"]
    inside = np.clip(np.minimum(at + KERNEL, SIDE) - np.maximum(at, 0), 0, None).prod()
    rim = f" {KERNEL**2 - inside} of them lie in the padding: 0." if inside < KERNEL**2 else ""
    value = f"{output_hw[position] + 0.0:.3g}".replace("-", "−")
    return (
        f"Row {position[0] + 1}, column {position[1] + 1}: nine pixels times nine weights add up "
        f"to {value}.{rim}"
    )


def code(values: Values, seed: int) -> str:
    kernel = ", ".join(f"{number:.8g}" for number in values["kernel"])
    strokes = ", ".join(str(stroke) for stroke in PICTURES.get(values["picture"], ()))
    return f"""import numpy as np, torch
from torch.nn.functional import conv2d
y, x = np.mgrid[:{SIDE}, :{SIDE}].astype(float)
away = np.full(x.shape, np.inf)
strokes = [{strokes}]
for (x0, y0), (x1, y1) in strokes:
    dx, dy = x1 - x0, y1 - y0
    along = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx**2 + dy**2), 0, 1)
    away = np.minimum(away, np.hypot(x - x0 - along * dx, y - y0 - along * dy))
noise = {values["noise"]:.8g} * np.random.default_rng({seed}).normal(size=x.shape)
picture = torch.tensor(np.clip(1.5 - away, 0, 1) + noise)
kernel = torch.tensor([{kernel}]).double().reshape({KERNEL}, {KERNEL})
# conv2d takes batches and channels: shapes (1, 1, height, width)
output = conv2d(picture[None, None], kernel[None, None],
                stride={values["stride"]}, padding={values["padding"]})
output_hw = output[0, 0]
print(output_hw.shape)
"""


def _named(name: str) -> tuple[float, ...]:
    return tuple(map(float, KERNELS[name]))


def _output(trace: Trace) -> np.ndarray:
    return trace.arrays["output_hw"]


def _flat_noise(trace: Trace) -> float:
    """How much the output trembles in the corner of the square's picture, where nothing is."""
    return float(_output(trace)[1:3].std())


CONVOLUTION = Lesson(
    id="convolution",
    title="Convolution",
    question="How can nine numbers find the edges in a picture?",
    parameters=(
        Slider("stride", "Stride", 1, 3, 1, 1, help="How many pixels the window moves each time."),
        Slider("padding", "Padding", 0, 2, 1, 1, help="Rings of zeros around the picture."),
        Slider("noise", "Noise", 0.0, 0.5, 0.0, 0.05),
        Choice("picture", "Picture", tuple(PICTURES), "seven"),
        Numbers(
            "kernel",
            "Kernel",
            -20.0,
            20.0,
            _named("vertical edges"),
            KERNEL**2,
            KERNEL**2,
            help="Its nine numbers can be typed in, too.",
            presets=tuple((name, _named(name)) for name in KERNELS),
        ),
    ),
    run=run,
    recipes=(
        Recipe(
            "Edges that lie",
            {"kernel": _named("horizontal edges"), "picture": "square"},
            True,
            "The kernel takes what is above from what is below: it answers to the square's top and "
            "bottom, and is silent along its sides.",
            lambda trace: abs(_output(trace)[8]).max() < 1e-9 < abs(_output(trace)[:, 8]).max(),
        ),
        Recipe(
            "Every second place",
            {"stride": 2, "kernel": _named("blur"), "picture": "house"},
            True,
            "A stride of 2 halves each side: a quarter of the numbers, and still a house. Nets "
            "shrink pictures this way.",
            lambda trace: _output(trace).shape == (8, 8) and _output(trace).max() > 0.5,
        ),
        Recipe(
            "Blur against noise",
            {"noise": 0.25, "kernel": _named("blur"), "picture": "square"},
            True,
            "A mean of nine pixels trembles less than each of them: noise fades, edges soften.",
            lambda trace: _flat_noise(trace) < 0.5 * trace.arrays["padded_hw"][1:4].std(),
        ),
        Recipe(
            "Outlines of noise",
            {"noise": 0.25, "kernel": _named("outline"), "picture": "square"},
            False,
            "A kernel that looks for differences finds them in noise, and makes them larger: the "
            "square drowns.",
            lambda trace: _flat_noise(trace) > 3 * 0.25,
        ),
        Recipe(
            "Steps too big, no padding",
            {"stride": 3, "padding": 0, "picture": "cross"},
            False,
            "Of 16 × 16 pixels 5 × 5 places are left, and the last column is never seen.",
            lambda trace: _output(trace).shape == (5, 5),
        ),
    ),
    code=code,
    answer="output_hw",
)


def lesson_on(own_hw: np.ndarray) -> Lesson:
    """The lesson with one more picture: grey levels (16, 16), 0 to 1. The code shown has none of
    its strokes: it is black there.
    """
    parameters = tuple(
        replace(p, choices=(*p.choices, OWN)) if isinstance(p, Choice) else p
        for p in CONVOLUTION.parameters
    )
    return replace(
        CONVOLUTION, parameters=parameters, run=lambda values, seed: run(values, seed, own_hw)
    )
