"""Playground: a line that finds the points."""

from core.playground.linear_regression import LINEAR_REGRESSION, THREE_RATES
from ui.playground.lesson_page import show_lesson
from ui.playground.panels import Contour, Figure, Lines, Path, Series, Surface, Surface3d
from ui.playground.stage import Scene

HILLS: Surface = {
    "surface": "hills_rc",
    "x": "a1_c",
    "y": "a2_r",
    "x_label": "a₁ slope",
    "y_label": "a₂",
}
TITLES = {"low": "too low", "right": "right", "high": "too high"}

show_lesson(
    LINEAR_REGRESSION,
    Scene(
        panels=(
            Lines(
                "The line and the points",
                series=(
                    Series("y_n", "x_n", "points", "dots", -1),
                    Series("true_k", "ends_k", "true line", "dashed", 1),
                    Series("line_tk", "ends_k", "a₁ x + a₂"),
                ),
                x_label="x",
                y_label="y",
                x_range=(-1.1, 1.1),
                y_range=(-4, 8),
                height_px=300,
            ),
            Contour("The loss, seen from above", paths=(Path("a_t2"),), height_px=300, **HILLS),
            Lines(
                "The loss",
                series=(Series("loss_t", label="mean squared error"),),
                x_label="step",
                log_y=True,
            ),
            Surface3d("The loss as a valley", paths=(Path("a_t2"),), **HILLS),
            *(
                Contour(
                    f"Rate {rate:g}: {TITLES[name]}",
                    paths=(Path(f"{name}_t2"),),
                    height_px=170,
                    span=2,
                    **HILLS,
                )
                for name, rate in THREE_RATES.items()
            ),
        ),
        figures=(
            Figure("Loss", "loss_t"),
            Figure("a₁", "a1_t"),
            Figure("a₂", "a2_t"),
            Figure("Epochs", "epoch_t"),
        ),
    ),
)
