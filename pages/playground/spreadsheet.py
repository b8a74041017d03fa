"""Playground: a small net on twelve flowers, with every number in sight."""

from core.playground.spreadsheet import COLUMNS, COUNT, SPREADSHEET
from ui.playground.lesson_page import show_lesson
from ui.playground.panels import Contour, Figure, Lines, Matrix, Series
from ui.playground.stage import Scene

UNITS = ("hidden 1", "hidden 2", "output")
WEIGHTS = ("weight 1", "weight 2", "bias")
ROWS = tuple(str(row + 1) for row in range(COUNT))

show_lesson(
    SPREADSHEET,
    Scene(
        panels=(
            Contour(
                "Virginica (green) or versicolor (orange)?",
                surface="sides_trc",
                x="lengths_c",
                y="widths_r",
                dots=("length_n", "width_n", "right_n"),
                look="sides",
                x_label="petal length in cm",
                y_label="petal width in cm",
            ),
            Lines(
                "The loss",
                series=(Series("loss_t"),),
                x_label="step",
                y_label="mean of all losses",
            ),
            Matrix("Weights at this step", values="weights_trc", rows=UNITS, columns=WEIGHTS),
            Matrix("Gradient at this step", values="gradient_trc", rows=UNITS, columns=WEIGHTS),
            Matrix(
                "Forward: from each flower to its loss",
                values="forward_trc",
                rows=ROWS,
                columns=COLUMNS,
                row="row_t",
                digits=2,
                span=6,
            ),
            Matrix(
                "The table: type your own",
                values="table_rc",
                rows=ROWS,
                columns=("length cm", "width cm", "virginica"),
                edits="table",
                row="row_t",
            ),
            Matrix(
                "The weights it starts from: type your own",
                values="start_rc",
                rows=UNITS,
                columns=WEIGHTS,
                edits="start",
            ),
        ),
        figures=(Figure("Loss", "loss_t"), Figure("Correct, of 12", "correct_t")),
    ),
)
