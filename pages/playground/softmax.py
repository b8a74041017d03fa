"""Playground: from a net's scores to an answer and a loss."""

from core.playground.softmax import COLUMNS, LABELS, SOFTMAX
from ui import state
from ui.playground.lesson_page import show_lesson
from ui.playground.own_answers import show_own_answers
from ui.playground.panels import Bars, Figure, Lines, Matrix, Series
from ui.playground.stage import Scene

show_lesson(
    SOFTMAX,
    Scene(
        panels=(
            Bars(
                "Probabilities",
                values="p_k",
                labels=LABELS,
                low=0,
                high=1,
                height_px=140,
                span=3,
            ),
            Matrix(
                "Scores: type your own, from −5 to 5",
                values="score_k1",
                rows=LABELS,
                edits="scores",
                span=3,
            ),
            Matrix(
                "From scores to probabilities",
                values="table_kc",
                rows=LABELS,
                columns=COLUMNS,
                row="row_t",
                column="column_t",
                span=6,
            ),
            Lines(
                "Why a confident error costs most",
                series=(
                    Series("loss_c", "probability_c", "loss = −log probability"),
                    Series("loss_d", "here_d", "this answer", "dots", 1),
                ),
                x_label="probability of the right answer",
                y_label="loss",
                x_range=(-0.02, 1.02),
                span=6,
            ),
        ),
        figures=(
            Figure("Largest probability", "answer_t"),
            Figure("Of the right answer", "right_t"),
            Figure("Loss", "loss_t"),
        ),
    ),
)
show_own_answers(state.workspace(), state.catalog())
