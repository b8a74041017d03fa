"""Playground: three sliders, a loss, and the slope of each."""

from core.playground.quadratic import NAMES, QUADRATIC
from ui.playground.lesson_page import show_lesson
from ui.playground.panels import Figure, Lines, Matrix, Series, Steer
from ui.playground.stage import Scene

show_lesson(
    QUADRATIC,
    Scene(
        panels=(
            Lines(
                "The curve and the points",
                series=(
                    Series("y_n", "x_n", "points", "dots", -1),
                    Series("true_k", "dense_k", "3x² + 2x + 1", "dashed", 1),
                    Series("fit_tk", "dense_k", "a x² + b x + c"),
                ),
                x_label="x",
                y_label="y",
                x_range=(-2.1, 2.1),
                y_range=(-4, 20),
                height_px=320,
            ),
            Lines(
                "The loss",
                series=(Series("loss_t", label="the error that is minimised"),),
                x_label="step",
                log_y=True,
                height_px=320,
            ),
            Matrix(
                "The slope of the loss: calculated, and by trying",
                values="table_trc",
                rows=NAMES,
                columns=("value", "gradient", "by nudging 0.0001", "push on it"),
                span=6,
            ),
        ),
        figures=(Figure("Mean squared", "squared_t"), Figure("Mean absolute", "absolute_t")),
        steers=tuple(Steer(name, f"{name}_t", f"slope_{name}_t") for name in NAMES),
    ),
)
