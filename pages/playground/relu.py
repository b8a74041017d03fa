"""Playground: pieces that bend once, and their sum."""

from core.playground.relu import HAND, RELU
from ui.playground.lesson_page import show_lesson
from ui.playground.panels import Figure, Lines, Series, Steer
from ui.playground.stage import Scene

show_lesson(
    RELU,
    Scene(
        panels=(
            Lines(
                "The sum (draw your own curve here)",
                series=(
                    Series("y_n", "x_n", "curve to fit", "dashed", 1),
                    Series("fit_tn", "x_n", "sum of the units"),
                ),
                x_label="x",
                y_label="y",
                x_range=(-1, 1),
                y_range=(-1.7, 1.7),
                height_px=320,
                edits="drawn",
            ),
            Lines(
                "Each unit (the 16 that matter most)",
                series=(Series("pieces_tkm", "x_m", "what a unit adds to the sum", colour=2),),
                x_label="x",
                y_label="y",
                x_range=(-1, 1),
                y_range=(-1.7, 1.7),
                height_px=320,
            ),
            Lines(
                "The loss",
                series=(Series("loss_t", "done_t", "mean squared error"),),
                x_label="step",
                log_y=True,
                span=6,
                height_px=190,
            ),
        ),
        figures=(
            Figure("Loss", "loss_t"),
            Figure("Bends", "bends_t"),
            Figure("Numbers to find", "numbers_t", 4),
            Figure("Steps done", "done_t"),
        ),
        steers=tuple(Steer(name, f"{name}_t", f"slope_{name}_t") for name in HAND),
    ),
)
