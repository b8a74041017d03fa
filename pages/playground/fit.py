"""Playground: a curve that bends too little, or too much."""

from core.playground.fit import FIT
from ui.playground.lesson_page import show_lesson
from ui.playground.panels import Figure, Lines, Series
from ui.playground.stage import Scene

show_lesson(
    FIT,
    Scene(
        panels=(
            Lines(
                "The curve and the points",
                series=(
                    Series("check_y_n", "check_x_n", "validation points", "dots", 1),
                    Series("train_y_n", "train_x_n", "training points", "dots", -1),
                    Series("true_k", "dense_k", "without noise", "dashed", -1),
                    Series("end_k", "dense_k", "trained to the end", "dashed", 2),
                    Series("fit_tk", "dense_k", "at this step"),
                ),
                x_label="x",
                y_label="y",
                x_range=(-1.02, 1.02),
                y_range=(-2.5, 3),
                span=6,
                height_px=320,
            ),
            Lines(
                "As epochs go by",
                series=(
                    Series("train_t", label="training error", colour=-1),
                    Series("validation_t", label="validation error", colour=1),
                ),
                x_label="step: 1, 2, 3, 4, 6, 8 … 2048 epochs, then the end",
                log_y=True,
            ),
            Lines(
                "As the capacity grows, trained to the end",
                series=(
                    Series("seen_c", "capacity_c", "training error", colour=-1),
                    Series("unseen_c", "capacity_c", "validation error", colour=1),
                    Series("both_d", "here_d", "the capacity that is set", "dots", 0),
                ),
                x_label="capacity",
                log_y=True,
            ),
        ),
        figures=(
            Figure("Training error", "train_t"),
            Figure("Validation error", "validation_t"),
            Figure("Largest weight", "weight_t"),
        ),
    ),
)
