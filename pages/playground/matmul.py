"""Playground: a row meets a column, and a layer is many of them."""

from core.playground.matmul import MATMUL, SIDE
from ui.playground.lesson_page import show_lesson
from ui.playground.panels import Figure, Matrix, Net
from ui.playground.stage import Scene

show_lesson(
    MATMUL,
    Scene(
        panels=(
            Matrix(
                "A row meets a column",
                values="terms_tki",
                rows=("row of inputs", "column of weights", "products"),
                known="filled_t",
            ),
            Matrix(
                "Weights: a column for each unit",
                values="weights_iu",
                column="column_t",
                edits="weights",
                row_length=SIDE,
            ),
            Matrix(
                "Inputs: a row for each example",
                values="inputs_ri",
                row="row_t",
                edits="inputs",
                row_length=SIDE,
            ),
            Matrix(
                "Inputs × weights",
                values="product_ru",
                row="row_t",
                column="column_t",
                known="known_t",
            ),
            Net(
                "The same as a layer: the example goes in on the left, its activations come out",
                weights=("weights_ui",),
                activations=("example_ti", "units_tu"),
                height_px=190,
                span=6,
            ),
        ),
        figures=(Figure("Sum of the products", "sum_t", digits=4),),
    ),
)
