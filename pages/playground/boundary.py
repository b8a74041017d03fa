"""Playground: points in a plane, a net, and the boundary that it draws."""

from core.playground.boundary import BOUNDARY, DEEPEST
from ui.playground.lesson_page import show_lesson
from ui.playground.panels import Contour, Figure, Lines, Net, Series
from ui.playground.stage import Scene

show_lesson(
    BOUNDARY,
    Scene(
        panels=(
            Contour(
                "Boundary (click: orange, Shift: green)",
                surface="sure_trc",
                x="side_c",
                y="side_r",
                dots=("x_n", "y_n", "green_n"),
                look="sides",
                log=False,
                height_px=340,
                edits="own",
                x_label="x",
                y_label="y",
            ),
            *(
                Net(
                    "The weights, from the inputs to the answer",
                    weights=tuple(f"w{k + 1}_toi" for k in range(layers + 1)),
                    labels=("x", "y"),
                    height_px=340,
                    only_if=("layers", layers),
                )
                for layers in range(1, DEEPEST + 1)
            ),
            Lines(
                "Training and test loss",
                series=(
                    Series("train_t", "done_t", "training"),
                    Series("test_t", "done_t", "test", colour=1),
                ),
                x_label="step",
                log_y=True,
                span=6,
                height_px=200,
            ),
        ),
        figures=(
            Figure("Training loss", "train_t"),
            Figure("Test loss", "test_t"),
            Figure("Test points right, %", "right_t"),
            Figure("Steps done", "done_t"),
        ),
    ),
)
